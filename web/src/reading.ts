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
