import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import * as format from "../src/format";

beforeEach(() => format.setFormatLang("en"));
const NARROW = "\u202f";
const MINUS = "\u2212";

test("numbers: a true minus, groups of three from five digits on, no minus before zero", () => {
  assert.equal(format.num(-1234), `${MINUS}1234`);
  assert.equal(format.num(1234567.891, 2), `1${NARROW}234${NARROW}567.89`);
  assert.equal(format.num(-0.4), "0");
  assert.equal(format.num(-0.004, 2), "0.00");
  assert.equal(format.num(-0), "0");
  assert.equal(format.num(NaN), format.NONE);
});

test("decimals have a comma in Danish and German", () => {
  for (const lang of ["da", "de"] as const) {
    format.setFormatLang(lang);
    assert.equal(format.num(62164.403, 3), `62${NARROW}164,403`);
  }
});

test("powers change to kW before they get too long", () => {
  assert.deepEqual(format.power(842), { value: "842", unit: "W" });
  assert.deepEqual(format.power(-9999), { value: `${MINUS}9999`, unit: "W" });
  assert.deepEqual(format.power(12345), { value: "12.35", unit: "kW" });
  assert.deepEqual(format.power(-27600), { value: `${MINUS}27.60`, unit: "kW" });
});

test("energies keep about four digits", () => {
  assert.deepEqual(format.energy(0), { value: "0.00", unit: "kWh" });
  assert.deepEqual(format.energy(12440), { value: "12.44", unit: "kWh" });
  assert.deepEqual(format.energy(327400), { value: "327.4", unit: "kWh" });
  assert.deepEqual(format.energy(62164403), { value: `62${NARROW}164`, unit: "kWh" });
  assert.deepEqual(format.energy(2.5e9), { value: "2500.00", unit: "MWh" });
});

test("values take the unit that is in their name", () => {
  const text = (name: string, value: number) => format.join(format.measured(name, value)).replace("\u00a0", " ");
  assert.equal(text("voltage_l1_mv", 228312), "228.3 V");
  assert.equal(text("current_l3_ma", 814), "0.81 A");
  assert.equal(text("frequency_mhz", 49997), "50.00 Hz");
  assert.equal(text("power_factor_l1_permille", -970), `${MINUS}0.97 `);
  assert.equal(text("reactive_import_var", 551), "551 var");
  assert.equal(text("apparent_power_va", 10586), "10.59 kVA");
  assert.equal(text("energy_import_wh", 62164403), `62${NARROW}164.403 kWh`);
});

test("ages grow in steps that stay readable", () => {
  const text = (ms: number) => format.age(ms).replace("\u00a0", " ");
  assert.deepEqual([-5, 400, 9940, 12000, 119000, 180000, 7200000, 200000000].map(text), [
    "0.0 s",
    "0.4 s",
    "9.9 s",
    "12 s",
    "119 s",
    "3 min",
    "2 h",
    "2 d",
  ]);
});

test("numbers are read with a point or a comma, and nothing else is a number", () => {
  assert.equal(format.parseNumber(" 2,45 "), 2.45);
  assert.equal(format.parseNumber(`${MINUS}0.5`), -0.5);
  assert.equal(format.parseNumber(`10${NARROW}000`), 10000);
  assert.equal(format.parseNumber(".5"), 0.5);
  for (const wrong of ["", "1e3", "1,2,3", "two", "-", "0x10", "1.2.3"]) assert.equal(format.parseNumber(wrong), undefined, wrong);
});
