// What is asked of /api/v1/history, and how.

import type { Info, Point, Reading, Series } from "./api";
import * as api from "./api";
import { bars, powers, type Bar, type Step, type Total, toNow } from "./energy";
import { boundaries, dayStart, monthStart, QUARTER, yearStart } from "./time";

export const IMPORT = "energy_import_wh";
export const EXPORT = "energy_export_wh";

interface History {
  series: Series[];
}

const pointsOf = (history: History, name: string): (Point | null)[] | undefined =>
  history.series.find((s) => s.name === name)?.points;

/** What this meter counts, of import and export; before that is known, both. */
export function totalsOf(info: Info | undefined): string {
  const names = info?.values?.map((v) => v.name);
  return names && names.length > 0 && !names.includes(EXPORT) ? IMPORT : `${IMPORT},${EXPORT}`;
}

/** A register up to this much before a boundary stands for it. */
const NEAR_S = 6 * 3600;

export const nowSeconds = () => Math.floor(Date.now() / 1000);

/**
 * Mean powers of a day. Steps begin a second after a quarter, so that the register
 * of the quarter's end is the last in its step.
 */
export async function dayPowers(meter: string | undefined, names: string, day: number, signal: AbortSignal): Promise<Step[]> {
  const history = await api.get<History>(
    api.query("history", { meter, name: names, from: day + 1 - QUARTER, to: dayStart(day, 1) + 1, resolution: QUARTER }),
    signal,
  );
  const end = dayStart(day, 1);
  return powers(pointsOf(history, IMPORT) ?? [], pointsOf(history, EXPORT) ?? []).filter(
    (s) => s.to > day && s.from < end,
  );
}

interface Registers {
  import?: Point | null;
  export?: Point | null;
}

/** The registers at some times, none of them later than now. */
async function registersAt(meter: string | undefined, names: string, times: number[], signal: AbortSignal) {
  const history = await api.get<History>(
    api.query("history", { meter, name: names, at: times.join(","), resolution: NEAR_S }),
    signal,
  );
  const none = times.map(() => null);
  return { import: pointsOf(history, IMPORT) ?? none, export: pointsOf(history, EXPORT) };
}

/** The oldest registers between two times. */
async function firstRegisters(meter: string | undefined, names: string, from: number, to: number, signal: AbortSignal) {
  const history = await api.get<History>(
    api.query("history", { meter, name: names, from, to, resolution: 86400 }),
    signal,
  );
  const first = (name: string) => pointsOf(history, name)?.find((p): p is Point => p !== null);
  return { import: first(IMPORT), export: first(EXPORT) };
}

export interface Starts {
  day: number;
  today: Registers;
  yesterday: Registers;
  month: Registers;
  year: Registers;
  first: { import?: Point; export?: Point };
}

/** The registers at the beginnings of yesterday, today, this month and this year. */
export async function starts(meter: string | undefined, names: string, now: number, signal: AbortSignal): Promise<Starts> {
  const day = dayStart(now);
  const times = [day, dayStart(now, -1), monthStart(now), yearStart(now)];
  const [at, first] = await Promise.all([
    registersAt(meter, names, times, signal),
    firstRegisters(meter, names, yearStart(now), now, signal),
  ]);
  const registers = times.map((_, i) => ({ import: at.import[i], export: at.export?.[i] }));
  return {
    day,
    today: registers[0]!,
    yesterday: registers[1]!,
    month: registers[2]!,
    year: registers[3]!,
    first,
  };
}

export function totalsNow(s: Starts, reading: Reading | undefined): Record<"today" | "month" | "year", Total> {
  const value = (name: string) => (typeof reading?.[name] === "number" ? (reading[name] as number) : undefined);
  const now = { import: value(IMPORT), export: value(EXPORT) };
  const total = (from: number, at: Registers) => toNow(from, at, s.first, now);
  return {
    today: total(s.day, s.today),
    month: total(monthStart(s.day), s.month),
    year: total(yearStart(s.day), s.year),
  };
}

/** Energies of the days of a month or the months of a year, up to now. */
export async function energyBars(
  meter: string | undefined,
  names: string,
  span: "month" | "year",
  t: number,
  signal: AbortSignal,
): Promise<Bar[]> {
  const now = nowSeconds();
  const times = boundaries(span, t);
  const known = times.map((time) => Math.min(time, now));
  const [at, first] = await Promise.all([
    registersAt(meter, names, known, signal),
    firstRegisters(meter, names, times[0]!, Math.min(times.at(-1)!, now), signal),
  ]);
  return bars(times, at.import, at.export, first).map((bar) =>
    bar.from >= now ? { ...bar, importWh: null, exportWh: null, source: undefined } : bar,
  );
}

/** The same of one day. */
export async function dayTotal(meter: string | undefined, names: string, day: number, signal: AbortSignal): Promise<Bar[]> {
  const now = nowSeconds();
  const times = [day, dayStart(day, 1)];
  const [at, first] = await Promise.all([
    registersAt(meter, names, [day, Math.min(times[1]!, now)], signal),
    firstRegisters(meter, names, day, Math.min(times[1]!, now), signal),
  ]);
  return bars(times, at.import, at.export, first);
}

/** Means of a day, of values that are not totals. */
export async function dayMeans(meter: string | undefined, names: string[], day: number, step: number, signal: AbortSignal) {
  const history = await api.get<History>(
    api.query("history", { meter, name: names.join(","), from: day, to: dayStart(day, 1), resolution: step }),
    signal,
  );
  return history.series.filter((s) => s.points.length > 0);
}
