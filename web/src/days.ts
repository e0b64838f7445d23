// Two days side by side.

import type { Step } from "./energy";
import { dayStart, onDay, QUARTER } from "./time";

/** The steps of another day, moved onto this one's clock. */
export function moved(steps: Step[], start: number): Step[] {
  const end = dayStart(start, 1);
  return steps.map((s) => {
    const from = onDay(s.from, start);
    const to = onDay(s.to, start);
    return { ...s, from, to: to > from ? to : Math.min(end, from + (s.to - s.from)) };
  });
}

export interface Row {
  from: number;
  to: number;
  own?: Step;
  other?: Step;
}

/** Two days' steps by the quarter in which they begin, within a minute; samples come when they come. */
export function sideBySide(own: Step[], other: Step[]): Row[] {
  const quarter = (s: Step) => Math.floor((s.from + 60) / QUARTER);
  const rows = new Map<number, Row>();
  for (const s of other) rows.set(quarter(s), { from: s.from, to: s.to, other: s });
  for (const s of own) rows.set(quarter(s), { from: s.from, to: s.to, own: s, other: rows.get(quarter(s))?.other });
  return [...rows.entries()].sort((a, b) => a[0] - b[0]).map((entry) => entry[1]);
}
