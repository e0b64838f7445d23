// From registers, which only count up, to powers, energies and costs.

import type { Point, Source } from "./api";

export interface Step {
  from: number;
  to: number;
  /** Mean power from the grid; negative: to it. */
  w: number;
  source: Source;
}

type Points = readonly (Point | null)[];

/** What was counted between two registers; null: one is not known, or it began anew. */
export function difference(a: Point | null | undefined, b: Point | null | undefined): number | null {
  if (!a || !b || b[1] < a[1] || b[0] < a[0]) return null;
  return b[1] - a[1];
}

/**
 * Mean powers between registers. A meter without export has no export points at
 * all; where it has them, both registers must be of one time. Longer than
 * `gap` seconds apart, nothing is claimed about what was between.
 */
export function powers(imported: Points, exported: Points, gap = 7200): Step[] {
  const out = new Map<number, Point>();
  for (const p of exported) if (p) out.set(p[0], p);
  const steps: Step[] = [];
  let last: Point | undefined;
  for (const p of imported) {
    if (!p || (out.size > 0 && !out.has(p[0]))) continue;
    if (last && p[0] <= last[0]) continue;
    const inWh = last ? difference(last, p) : null;
    const outWh = last && out.size > 0 ? difference(out.get(last[0]), out.get(p[0])) : 0;
    if (last && inWh !== null && outWh !== null && p[0] - last[0] <= gap)
      steps.push({
        from: last[0],
        to: p[0],
        w: ((inWh - outWh) * 3600) / (p[0] - last[0]),
        source: p[2] === "meter" && last[2] === "meter" ? "meter" : "sample",
      });
    last = p;
  }
  return steps;
}

export interface Energy {
  importWh: number | null;
  exportWh: number | null;
}

export interface Bar extends Energy {
  /** Boundaries as wanted; since: when the registers really begin, if that is later. */
  from: number;
  to: number;
  since?: number;
  source?: Source;
}

/**
 * Energies between boundaries, each with the registers up to it. `first`: the
 * oldest registers there are; the bar in which they fall begins with them.
 */
export function bars(
  times: readonly number[],
  imported: Points,
  exported: Points | undefined,
  first?: { import?: Point; export?: Point },
): Bar[] {
  const result: Bar[] = [];
  for (let i = 0; i + 1 < times.length; i++) {
    const from = times[i]!;
    const to = times[i + 1]!;
    let a = imported[i];
    let b = exported?.[i];
    let since: number | undefined;
    if (!a && first?.import && first.import[0] > from && first.import[0] < to) {
      a = first.import;
      b = first.export;
      since = a[0];
    }
    const end = imported[i + 1];
    result.push({
      from,
      to,
      since,
      importWh: difference(a, end),
      exportWh: exported ? difference(b, exported[i + 1]) : null,
      source: a && end ? (a[2] === "meter" && end[2] === "meter" ? "meter" : "sample") : undefined,
    });
  }
  return result;
}

/** The sum of what is known; null if nothing is. */
export function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((v): v is number => v !== null);
  return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null;
}

export interface Tariff {
  cost_import: number;
  cost_export: number;
  cost_fixed: number;
}

/** What an energy costs with the fixed price of so many months; null if import is not known. */
export function cost(energy: Energy, tariff: Tariff, months = 0): number | null {
  if (energy.importWh === null) return null;
  return (
    (energy.importWh / 1000) * tariff.cost_import -
    ((energy.exportWh ?? 0) / 1000) * tariff.cost_export +
    months * tariff.cost_fixed
  );
}

export const hasTariff = (t: Tariff) => t.cost_import !== 0 || t.cost_export !== 0 || t.cost_fixed !== 0;

/** A round number, 1, 2 or 5 times a power of ten, that is not less. */
export function niceCeil(value: number): number {
  if (!(value > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((n) => n * unit).find((n) => n >= value * 0.9999)!;
}

/** Round values from min to max, about `count` of them, zero among them if it is between. */
export function ticks(min: number, max: number, count: number): number[] {
  const step = niceCeil((max - min) / Math.max(1, count));
  const result: number[] = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++) result.push(i === 0 ? 0 : i * step);
  return result;
}

export interface Total extends Energy {
  since?: number;
}

/** From the registers at `from` (or the first known after it) to those now. */
export function toNow(
  from: number,
  at: { import?: Point | null; export?: Point | null },
  first: { import?: Point; export?: Point } | undefined,
  now: { import?: number; export?: number },
): Total {
  const late = !at.import && first?.import && first.import[0] >= from ? first : undefined;
  const a = late ?? at;
  const count = (p: Point | null | undefined, v: number | undefined) =>
    p && v !== undefined && v >= p[1] ? v - p[1] : null;
  return {
    importWh: count(a.import, now.import),
    exportWh: count(a.export, now.export),
    since: late ? late.import![0] : undefined,
  };
}
