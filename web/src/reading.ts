// Out of a reading, which is flat and has what the meter has.

import type { Reading } from "./api";

export const number = (reading: Reading | undefined, name: string): number | undefined => {
  const v = reading?.[name];
  return typeof v === "number" ? v : undefined;
};

/** Import less export; undefined if the meter tells neither. */
export function netPower(reading: Reading | undefined, phase = ""): number | undefined {
  const p = phase && phase + "_";
  const imported = number(reading, `power_import_${p}w`);
  const exported = number(reading, `power_export_${p}w`);
  return imported === undefined && exported === undefined ? undefined : (imported ?? 0) - (exported ?? 0);
}

/**
 * The phases that there are. A single-phase meter gives zeros for the two others; a
 * meter of three phases of which one is dead shows it.
 */
export function phasesOf(reading: Reading): string[] {
  const of = (phase: string) =>
    [`voltage_${phase}_mv`, `current_${phase}_ma`, `power_import_${phase}_w`].map((name) => number(reading, name));
  const told = ["l1", "l2", "l3"].filter((phase) => of(phase).some((v) => v !== undefined));
  const single = ["l2", "l3"].every((phase) => of(phase).every((v) => !v));
  return single ? told.slice(0, 1) : told;
}
