import assert from "node:assert/strict";
import { test } from "node:test";
import type { Point, Source } from "../src/api";
import * as energy from "../src/energy";
import { moved, sideBySide } from "../src/days";

const p = (time: number, value: number, source: Source = "meter"): Point => [time, value, source];

test("power is the energy between two registers over the time between them", () => {
  const steps = energy.powers([p(0, 1000), p(900, 1250), p(1800, 1250)], [p(0, 50), p(900, 50), p(1800, 150)]);
  assert.deepEqual(steps, [
    { from: 0, to: 900, w: 1000, source: "meter" },
    { from: 900, to: 1800, w: -400, source: "meter" },
  ]);
});

test("registers come when they come: the time between them counts, not the step", () => {
  const [step] = energy.powers([p(0, 0), p(600, 100, "sample")], []);
  assert.deepEqual(step, { from: 0, to: 600, w: 600, source: "sample" });
});

test("a step is the meter's only if both its registers are", () => {
  const steps = energy.powers([p(0, 0), p(900, 1, "sample"), p(1800, 2), p(2700, 3)], []);
  assert.deepEqual(
    steps.map((s) => s.source),
    ["sample", "sample", "meter"],
  );
});

test("nothing is claimed about a long gap, and what follows it begins at its end", () => {
  const steps = energy.powers([p(0, 0), p(900, 100), p(90000, 5000), p(90900, 5100)], []);
  assert.deepEqual(
    steps.map((s) => [s.from, s.to]),
    [
      [0, 900],
      [90000, 90900],
    ],
  );
});

test("a register that began anew gives no power", () => {
  const steps = energy.powers([p(0, 99999), p(900, 10), p(1800, 260)], []);
  assert.deepEqual(
    steps.map((s) => s.w),
    [1000],
  );
});

test("where there is export, import without the export of the same time is left out", () => {
  const steps = energy.powers([p(0, 0), p(900, 100), p(1800, 200)], [p(0, 0), p(1800, 0)]);
  assert.deepEqual(steps, [{ from: 0, to: 1800, w: 400, source: "meter" }]);
});

test("points that are not there or come twice are passed over", () => {
  const steps = energy.powers([null, p(0, 0), p(0, 0), null, p(900, 250)], []);
  assert.equal(steps.length, 1);
  assert.equal(steps[0]!.w, 1000);
});

test("bars are differences at boundaries; unknown ones stay unknown", () => {
  const bars = energy.bars([0, 10, 20, 30], [p(0, 100), p(10, 150), null, p(30, 300)], [p(0, 1), p(10, 2), null, p(30, 9)]);
  assert.deepEqual(
    bars.map((b) => [b.importWh, b.exportWh]),
    [
      [50, 1],
      [null, null],
      [null, null],
    ],
  );
});

test("the bar in which the oldest register falls begins with it, and says so", () => {
  const bars = energy.bars([0, 10, 20], [null, p(10, 150), p(20, 170)], [null, p(10, 20), p(20, 25)], {
    import: p(4, 120),
    export: p(4, 15),
  });
  assert.deepEqual([bars[0]!.importWh, bars[0]!.exportWh, bars[0]!.since], [30, 5, 4]);
  assert.deepEqual([bars[1]!.importWh, bars[1]!.since], [20, undefined]);
});

test("a meter without export has bars of import alone", () => {
  const [bar] = energy.bars([0, 10], [p(0, 1), p(10, 3)], undefined);
  assert.deepEqual([bar!.importWh, bar!.exportWh], [2, null]);
});

test("sums are of what is known, and of nothing are not zero", () => {
  assert.equal(energy.sum([1, null, 2]), 3);
  assert.equal(energy.sum([null, null]), null);
  assert.equal(energy.sum([]), null);
});

test("up to now: from the boundary, else from the oldest register after it, else unknown", () => {
  const now = { import: 500, export: 50 };
  assert.deepEqual(energy.toNow(0, { import: p(0, 100), export: p(0, 10) }, undefined, now), {
    importWh: 400,
    exportWh: 40,
    since: undefined,
  });
  assert.deepEqual(energy.toNow(0, {}, { import: p(7, 300), export: p(7, 30) }, now), {
    importWh: 200,
    exportWh: 20,
    since: 7,
  });
  assert.equal(energy.toNow(0, {}, undefined, now).importWh, null);
  assert.equal(energy.toNow(10, {}, { import: p(7, 300) }, now).importWh, null, "the oldest is before it, and not near");
  assert.equal(energy.toNow(0, { import: p(0, 900) }, undefined, now).importWh, null, "began anew");
  assert.equal(energy.toNow(0, { import: p(0, 100) }, undefined, {}).importWh, null, "no reading");
});

test("cost: energy times price, less what export earns, and the fixed price of months", () => {
  const tariff = { cost_import: 2.5, cost_export: 0.5, cost_fixed: 30 };
  assert.equal(energy.cost({ importWh: 4000, exportWh: 2000 }, tariff), 9);
  assert.equal(energy.cost({ importWh: 4000, exportWh: null }, tariff, 2), 70);
  assert.equal(energy.cost({ importWh: 0, exportWh: 1000 }, tariff), -0.5);
  assert.equal(energy.cost({ importWh: null, exportWh: 1 }, tariff, 1), null);
});

test("round numbers for scales", () => {
  assert.deepEqual([0, 1, 1.1, 3, 7, 10, 1400, 0.03].map(energy.niceCeil), [1, 1, 2, 5, 10, 10, 2000, 0.05]);
  assert.deepEqual(energy.ticks(-1000, 3000, 4), [-1000, 0, 1000, 2000, 3000]);
  assert.ok(energy.ticks(-950, 2300, 5).includes(0));
  assert.deepEqual(energy.ticks(0, 0.5, 5), [0, 0.1, 0.2, 0.30000000000000004, 0.4, 0.5]);
});

test("another day's steps lie beside today's, also when the clocks changed between", () => {
  const day = Date.parse("2026-03-29T00:00:00+01:00") / 1000;
  const before = Date.parse("2026-03-28T00:00:00+01:00") / 1000;
  const step = (from: number): energy.Step => ({ from, to: from + 900, w: 1, source: "meter" });
  const own = [step(day), step(Date.parse("2026-03-29T12:00:00+02:00") / 1000)];
  const other = moved([step(before), step(before + 12 * 3600), step(before + 23.75 * 3600)], day);
  const rows = sideBySide(own, other);
  assert.equal(rows.length, 3);
  assert.ok(rows[0]!.own && rows[0]!.other);
  assert.ok(rows[1]!.own && rows[1]!.other, "noon beside noon");
  assert.equal(rows[2]!.to, Date.parse("2026-03-30T00:00:00+02:00") / 1000);
});

test("samples that come a few seconds early belong to the quarter they end", () => {
  const rows = sideBySide(
    [{ from: 899 * 900 + 890, to: 901 * 900 - 3, w: 1, source: "sample" }],
    [{ from: 900 * 900, to: 901 * 900, w: 2, source: "meter" }],
  );
  assert.equal(rows.length, 1);
});
