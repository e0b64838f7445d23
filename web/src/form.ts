// The settings page's figures: what was typed, whether it can be, and what is sent.

import type { Setting } from "./api";
import * as format from "./format";
import type { T } from "./i18n";

/** What was typed for a key, not yet saved; null: back to the default, or for a secret none. */
export type Typed = string | boolean | null;
export type Edits = Record<string, Typed>;

export type Value = string | number | boolean | null;

/** The value as it stands in a field. */
export function shown(s: Setting): string {
  if (s.value === undefined || s.value === null) return "";
  return typeof s.value === "number" ? plain(s.value) : String(s.value);
}

/** Ungrouped, as one types it. */
const plain = (value: number) => format.num(value, decimalsOf(value)).replace(/\u202f/g, "").replace("\u2212", "-");
const decimalsOf = (value: number) => (String(value).split(".")[1] ?? "").length;

/** What is wrong with it, as far as can be told here; the server has the last word. */
export function problemOf(s: Setting, typed: Typed, t: T): string | undefined {
  if (typeof typed !== "string" || (s.type !== "integer" && s.type !== "decimal") || typed.trim() === "") return undefined;
  const n = format.parseNumber(typed);
  if (n === undefined) return t("bad_number");
  if (s.type === "integer" && !Number.isInteger(n)) return t("bad_integer");
  if ((s.min !== undefined && n < s.min) || (s.max !== undefined && n > s.max))
    return t("bad_range", { min: s.min ?? format.NONE, max: s.max ?? format.NONE });
  return undefined;
}

/** What is sent for it. An empty number is the default; an empty secret is no change and not in edits. */
export function valueOf(s: Setting, typed: Typed): Value {
  if (typed === null || typeof typed === "boolean") return typed;
  if (s.type !== "integer" && s.type !== "decimal") return typed;
  return typed.trim() === "" ? null : (format.parseNumber(typed) ?? null);
}

/** Whether an edit leaves all as it is. */
export function isChange(s: Setting, typed: Typed): boolean {
  if (s.secret || s.type === "password") return typed === null ? s.set === true : typed !== "";
  if (typed === null) return true;
  return String(typed) !== shown(s);
}

export interface Group {
  id: string;
  /** Of a meter: its name. */
  meter?: string;
  settings: Setting[];
}

const GROUPS: Record<string, string> = { language: "general", log: "general", data: "history" };
const ORDER = ["general", "http", "cost", "history", "mqtt", "wifi", "net", "time"];

/** Settings by what they are about; each meter has its own. */
export function groups(settings: Setting[]): Group[] {
  const found = new Map<string, Group>();
  for (const s of settings) {
    const [head = "", name] = s.key.split(".");
    const meter = head === "meter" ? name : undefined;
    const id = meter !== undefined ? `meter.${meter}` : (GROUPS[head] ?? head);
    const group = found.get(id) ?? { id, meter, settings: [] };
    group.settings.push(s);
    found.set(id, group);
  }
  const place = (g: Group) => (g.meter !== undefined ? -1 : (ORDER.indexOf(g.id) + 100) % 100);
  return [...found.values()].sort((a, b) => place(a) - place(b));
}

/** What a new meter can be told, if there is none yet whose declarations could be taken. */
const METER: Omit<Setting, "text">[] = [
  { key: "uri", type: "string", default: "" },
  { key: "key", type: "string", secret: true, set: false },
  { key: "encrypt", type: "bool", default: false },
  { key: "period_s", type: "integer", default: 1, min: 1, max: 3600 },
];
const METER_TEXT: Record<string, string> = {
  uri: "Where the meter is: /dev/ttyUSB0, /dev/ttyUSB0?baud=9600, tcp://host:port, or sim: for a simulated one",
  key: "The meter's access key: 16 or 20 characters, 32 or 40 hex digits, or @FILE with it",
  encrypt: "Whether requests and answers are encrypted on the line to the meter",
  period_s: "Seconds between readings",
};

export function newMeter(name: string, settings: Setting[]): Setting[] {
  const other = settings.find((s) => s.key.startsWith("meter."))?.key.split(".")[1];
  const like: Setting[] =
    other !== undefined
      ? settings
          .filter((s) => s.key.startsWith(`meter.${other}.`))
          .map((s) => ({ ...s, key: s.key.slice(`meter.${other}.`.length) }))
      : METER.map((s) => ({ ...s, text: METER_TEXT[s.key]! }));
  return like.map((s) => ({
    ...s,
    key: `meter.${name}.${s.key}`,
    value: s.secret ? undefined : s.default,
    set: s.secret ? false : undefined,
    fixed: undefined,
  }));
}

export const isMeterName = (name: string) => /^[A-Za-z0-9_-]{1,32}$/.test(name);
