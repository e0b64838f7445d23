// Days, months and years as they are where the browser is: a day may have 23, 24
// or 25 hours. All times are seconds since 1970.

export const QUARTER = 900;

const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
export const dateOf = (t: number) => new Date(t * 1000);

/** Local midnight that begins the day of t, or of the day `days` later. */
export function dayStart(t: number, days = 0): number {
  const d = dateOf(t);
  return seconds(new Date(d.getFullYear(), d.getMonth(), d.getDate() + days));
}

export function monthStart(t: number, months = 0): number {
  const d = dateOf(t);
  return seconds(new Date(d.getFullYear(), d.getMonth() + months, 1));
}

export function yearStart(t: number, years = 0): number {
  return seconds(new Date(dateOf(t).getFullYear() + years, 0, 1));
}

export type Span = "day" | "month" | "year";

export function spanStart(span: Span, t: number, by = 0): number {
  return span === "day" ? dayStart(t, by) : span === "month" ? monthStart(t, by) : yearStart(t, by);
}

/** Midnights of the days of t's month, and the one after; or first days of the months of t's year. */
export function boundaries(span: "month" | "year", t: number): number[] {
  const start = spanStart(span, t);
  const end = spanStart(span, t, 1);
  const times = [start];
  for (let i = 1, at = start; at < end; i++) {
    at = span === "month" ? dayStart(start, i) : monthStart(start, i);
    times.push(at);
  }
  return times;
}

/** Full hours of t's day on the wall clock, each `step`th, and the day's end. */
export function hourTicks(t: number, step: number): number[] {
  const d = dateOf(dayStart(t));
  const ticks: number[] = [];
  for (let h = 0; h <= 24; h += step) ticks.push(seconds(new Date(d.getFullYear(), d.getMonth(), d.getDate(), h)));
  return ticks;
}

/**
 * The same time on the wall clock, of the day that begins at `start`: yesterday's
 * 18:00 falls on today's 18:00 also when an hour was put in or left out between.
 */
export function onDay(t: number, start: number): number {
  const d = dateOf(t);
  const s = dateOf(start);
  return seconds(
    new Date(s.getFullYear(), s.getMonth(), s.getDate(), d.getHours(), d.getMinutes(), d.getSeconds()),
  );
}

const two = (n: number) => String(n).padStart(2, "0");

/** "2026-11-23", "2026-11", "2026": what is in addresses and date fields. */
export function spanName(span: Span, t: number): string {
  const d = dateOf(t);
  const parts = [String(d.getFullYear()), two(d.getMonth() + 1), two(d.getDate())];
  return parts.slice(0, span === "day" ? 3 : span === "month" ? 2 : 1).join("-");
}

/** The beginning of what spanName named; undefined if it is none. */
export function spanOf(span: Span, name: string): number | undefined {
  const m = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(name);
  if (!m) return undefined;
  const t = seconds(new Date(Number(m[1]), m[2] ? Number(m[2]) - 1 : 0, m[3] ? Number(m[3]) : 1));
  return spanName(span, t) === name ? t : undefined;
}
