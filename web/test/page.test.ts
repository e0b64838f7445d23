import assert from "node:assert/strict";
import { test } from "node:test";
import type { Setting } from "../src/api";
import { query } from "../src/api";
import * as form from "../src/form";
import { texts, fill, type T } from "../src/i18n";
import { netPower, phasesOf } from "../src/reading";
import { parseRoute } from "../src/route";
import { eventParser, type ServerEvent } from "../src/sse";

const t: T = (key, values) => fill(texts.en[key], values);

test("addresses say page, the rest, and the meter", () => {
  assert.deepEqual(parseRoute(""), { page: "now", rest: [], meter: undefined });
  assert.deepEqual(parseRoute("#/?meter=garage"), { page: "now", rest: [], meter: "garage" });
  assert.deepEqual(parseRoute("#/history/day/2026-11-23?meter=a%20b"), {
    page: "history",
    rest: ["day", "2026-11-23"],
    meter: "a b",
  });
  assert.equal(parseRoute("#/nowhere").page, undefined);
  assert.equal(parseRoute("#/%E0%A4%A").page, undefined);
});

test("queries leave out what is not there, and keep the commas of lists", () => {
  assert.equal(query("latest", { meter: undefined }), "latest");
  assert.equal(query("history", { meter: "a&b", at: "1,2" }), "history?meter=a%26b&at=1,2");
});

test("events are put together from pieces as they come", () => {
  const got: ServerEvent[] = [];
  const take = eventParser((e) => got.push(e));
  const text = ": hello\n\nevent: reading\ndata: {\"a\":1}\n\nevent:link\r\ndata: one\r\ndata: two\r\n\r\ndata: bare\n\n";
  for (const char of text) take(char);
  assert.deepEqual(got, [
    { event: "reading", data: '{"a":1}' },
    { event: "link", data: "one\ntwo" },
    { event: "message", data: "bare" },
  ]);
});

test("net power is import less export, and unknown if the meter tells neither", () => {
  assert.equal(netPower({ power_import_w: 5, power_export_w: 0 }), 5);
  assert.equal(netPower({ power_import_l2_w: 0, power_export_l2_w: 70 }, "l2"), -70);
  assert.equal(netPower({ power_import_w: 5 }), 5);
  assert.equal(netPower({ voltage_l1_mv: 5 }), undefined);
  assert.equal(netPower(undefined), undefined);
});

test("a single-phase meter has one phase, and a dead phase of three is shown", () => {
  const zero = { voltage_l2_mv: 0, current_l2_ma: 0, voltage_l3_mv: 0, current_l3_ma: 0 };
  assert.deepEqual(phasesOf({ voltage_l1_mv: 230000, ...zero }), ["l1"]);
  assert.deepEqual(phasesOf({ voltage_l1_mv: 230000, ...zero, voltage_l3_mv: 230000 }), ["l1", "l2", "l3"]);
  assert.deepEqual(phasesOf({ voltage_l1_mv: 230000 }), ["l1"]);
  assert.deepEqual(phasesOf({ power_import_w: 1 }), []);
});

const integer: Setting = { key: "x.s", type: "integer", text: "", value: 5, min: 1, max: 10 };
const decimal: Setting = { key: "cost.import", type: "decimal", text: "", value: 2.45 };
const secret: Setting = { key: "mqtt.password", type: "string", text: "", secret: true, set: true };

test("settings: numbers are judged before they are sent", () => {
  assert.equal(form.problemOf(integer, "11", t), "1 to 10 is accepted.");
  assert.equal(form.problemOf(integer, "1.5", t), texts.en.bad_integer);
  assert.equal(form.problemOf(integer, "ten", t), texts.en.bad_number);
  assert.equal(form.problemOf(integer, "10", t), undefined);
  assert.equal(form.problemOf(integer, "", t), undefined);
  assert.equal(form.problemOf(decimal, "0,25", t), undefined);
});

test("settings: what is typed becomes what the API takes", () => {
  assert.equal(form.valueOf(integer, "7"), 7);
  assert.equal(form.valueOf(integer, " "), null);
  assert.equal(form.valueOf(decimal, "0,25"), 0.25);
  assert.equal(form.valueOf({ ...integer, type: "bool" }, false), false);
  assert.equal(form.valueOf({ ...integer, type: "string" }, ""), "");
  assert.equal(form.valueOf(secret, null), null);
});

test("settings: only changes are sent, and an empty secret is none", () => {
  assert.equal(form.isChange(integer, "5"), false);
  assert.equal(form.isChange(integer, "6"), true);
  assert.equal(form.isChange({ ...integer, type: "bool", value: true }, true), false);
  assert.equal(form.isChange(secret, ""), false);
  assert.equal(form.isChange(secret, "new"), true);
  assert.equal(form.isChange(secret, null), true);
  assert.equal(form.isChange({ ...secret, set: false }, null), false);
});

test("settings: meters first, then what is general; each meter is a group", () => {
  const s = (key: string): Setting => ({ key, type: "string", text: "" });
  const all = ["http.listen", "data", "mqtt.url", "strange.key", "language", "log.level", "meter.a.uri", "meter.b.uri", "meter.a.key"];
  assert.deepEqual(
    form.groups(all.map(s)).map((g) => [g.id, g.settings.length]),
    [
      ["meter.a", 2],
      ["meter.b", 1],
      ["general", 2],
      ["http", 1],
      ["history", 1],
      ["mqtt", 1],
      ["strange", 1],
    ],
  );
});

test("settings: a new meter can be told what the others can, with defaults and no secret", () => {
  const like: Setting[] = [
    { key: "meter.a.uri", type: "string", text: "where", value: "sim:", default: "" },
    { key: "meter.a.key", type: "string", text: "key", secret: true, set: true, fixed: true },
  ];
  assert.deepEqual(
    form.newMeter("b", like).map((s) => [s.key, s.value, s.set, s.fixed]),
    [
      ["meter.b.uri", "", undefined, undefined],
      ["meter.b.key", undefined, false, undefined],
    ],
  );
  assert.ok(form.newMeter("b", []).some((s) => s.key === "meter.b.key" && s.secret));
  assert.ok(form.isMeterName("a-B_9"));
  for (const wrong of ["", "a.b", "a b", "x".repeat(33), "æ"]) assert.ok(!form.isMeterName(wrong), wrong);
});
