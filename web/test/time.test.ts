import assert from "node:assert/strict";
import { test } from "node:test";
import * as time from "../src/time";

const at = (text: string) => Date.parse(text) / 1000;
const HOUR = 3600;

test("the zone of these tests changes its clocks", () => {
  assert.notEqual(new Date(2026, 0, 1).getTimezoneOffset(), new Date(2026, 6, 1).getTimezoneOffset());
});

test("days begin at local midnight, and have 23 or 25 hours when the clocks change", () => {
  const spring = time.dayStart(at("2026-03-29T12:00:00+02:00"));
  assert.equal(spring, at("2026-03-29T00:00:00+01:00"));
  assert.equal(time.dayStart(spring, 1) - spring, 23 * HOUR);
  const autumn = time.dayStart(at("2026-10-25T12:00:00+01:00"));
  assert.equal(autumn, at("2026-10-25T00:00:00+02:00"));
  assert.equal(time.dayStart(autumn, 1) - autumn, 25 * HOUR);
  assert.equal(time.dayStart(autumn, -1), at("2026-10-24T00:00:00+02:00"));
});

test("the last second belongs to its day, the next one not", () => {
  const day = at("2026-10-25T00:00:00+02:00");
  assert.equal(time.dayStart(at("2026-10-25T23:59:59+01:00")), day);
  assert.equal(time.dayStart(at("2026-10-26T00:00:00+01:00")), day + 25 * HOUR);
});

test("boundaries of a month are its midnights and the next month's first", () => {
  const october = time.boundaries("month", at("2026-10-10T10:00:00Z"));
  assert.equal(october.length, 32);
  assert.equal(october[0], at("2026-10-01T00:00:00+02:00"));
  assert.equal(october[25], at("2026-10-26T00:00:00+01:00"));
  assert.equal(october[31], at("2026-11-01T00:00:00+01:00"));
  const days = october.slice(1).map((t, i) => (t - october[i]!) / HOUR);
  assert.deepEqual([...new Set(days)].sort(), [24, 25]);
  assert.equal(time.boundaries("month", at("2028-02-29T10:00:00Z")).length, 30);
  assert.ok(october.length <= 64, "the API takes that many");
});

test("boundaries of a year are its months' first days and the next year's", () => {
  const year = time.boundaries("year", at("2026-06-01T00:00:00Z"));
  assert.equal(year.length, 13);
  assert.equal(year[0], at("2026-01-01T00:00:00+01:00"));
  assert.equal(year[6], at("2026-07-01T00:00:00+02:00"));
  assert.equal(year[12], at("2027-01-01T00:00:00+01:00"));
});

test("a month later is the first of the next one, also from the 31st and over a year's end", () => {
  assert.equal(time.monthStart(at("2026-01-31T12:00:00Z"), 1), at("2026-02-01T00:00:00+01:00"));
  assert.equal(time.monthStart(at("2026-12-31T12:00:00Z"), 1), at("2027-01-01T00:00:00+01:00"));
  assert.equal(time.monthStart(at("2026-01-31T12:00:00Z"), -1), at("2025-12-01T00:00:00+01:00"));
});

test("hours on the axis stand where the wall clock shows them", () => {
  const ticks = time.hourTicks(at("2026-03-29T12:00:00Z"), 3);
  assert.equal(ticks.length, 9);
  assert.equal(ticks[1]! - ticks[0]!, 2 * HOUR); // 00:00 to 03:00, an hour of which was not
  assert.equal(ticks[8], at("2026-03-30T00:00:00+02:00"));
  assert.deepEqual(
    ticks.slice(0, -1).map((t) => time.dateOf(t).getHours()),
    [0, 3, 6, 9, 12, 15, 18, 21],
  );
});

test("yesterday's clock falls on today's", () => {
  const today = at("2026-03-29T00:00:00+01:00");
  assert.equal(time.onDay(at("2026-03-28T18:00:00+01:00"), today), at("2026-03-29T18:00:00+02:00"));
  assert.equal(time.onDay(at("2026-03-28T01:15:00+01:00"), today), at("2026-03-29T01:15:00+01:00"));
});

test("names of spans are read as they are written, and nothing else is", () => {
  const t = at("2026-10-25T12:00:00Z");
  for (const span of ["day", "month", "year"] as const)
    assert.equal(time.spanOf(span, time.spanName(span, t)), time.spanStart(span, t));
  assert.equal(time.spanName("day", t), "2026-10-25");
  for (const wrong of ["2026-02-30", "2026-13-01", "2026-1-1", "", "now", "2026", "2026-10"])
    assert.equal(time.spanOf("day", wrong), undefined, wrong);
});
