// Numbers and times as people read them. Digits are grouped by a narrow space in
// every language, since "1.240" is one number in Danish and another in English.

export type Lang = "en" | "da" | "de";

const NARROW = "\u202f";
const MINUS = "\u2212";
export const NONE = "\u2013";

let lang: Lang = "en";
export const setFormatLang = (l: Lang) => {
  lang = l;
};

export function num(value: number, decimals = 0): string {
  if (!Number.isFinite(value)) return NONE;
  const fixed = Math.abs(value).toFixed(decimals);
  const [whole = "", part] = fixed.split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, NARROW) : whole;
  const sign = value < 0 && Number(fixed) !== 0 ? MINUS : "";
  return sign + grouped + (part ? (lang === "en" ? "." : ",") + part : "");
}

export interface Quantity {
  value: string;
  unit: string;
}

/** A power in W, or in kW when it is long: "842 W", "12.35 kW". */
export function power(w: number, unit = "W"): Quantity {
  return Math.abs(w) < 9999.5 ? { value: num(w), unit } : { value: num(w / 1000, 2), unit: "k" + unit };
}

export function energy(wh: number): Quantity {
  const kwh = Math.abs(wh) / 1000;
  if (kwh >= 99999.5) return { value: num(wh / 1e6, 2), unit: "MWh" };
  return { value: num(wh / 1000, kwh < 100 ? 2 : kwh < 10000 ? 1 : 0), unit: "kWh" };
}

/** A register as the meter's display has it. */
export const register = (wh: number): Quantity => ({ value: num(wh / 1000, 3), unit: "kWh" });

export const join = (q: Quantity) => `${q.value}\u00a0${q.unit}`;

export function money(value: number, currency: string): string {
  return `${num(value, 2)}\u00a0${currency}`;
}

/** A value under its name in the data model, whose end is its unit: "voltage_l1_mv". */
export function measured(name: string, value: number): Quantity {
  const unit = name.slice(name.lastIndexOf("_") + 1);
  switch (unit) {
    case "w":
      return power(value);
    case "va":
      return power(value, "VA");
    case "var":
      return power(value, "var");
    case "mv":
      return { value: num(value / 1000, 1), unit: "V" };
    case "ma":
      return { value: num(value / 1000, 2), unit: "A" };
    case "mhz":
      return { value: num(value / 1000, 2), unit: "Hz" };
    case "permille":
      return { value: num(value / 1000, 2), unit: "" };
    case "wh":
      return register(value);
    case "varh":
      return { value: num(value / 1000, 3), unit: "kvarh" };
    case "s":
      return { value: num(value), unit: "s" };
    default:
      return { value: num(value), unit: "" };
  }
}

/** How long ago: "0.4 s", "12 s", "3 min", "5 h", "2 d". */
export function age(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 9.95) return `${num(s, 1)}\u00a0s`;
  if (s < 119.5) return `${num(s)}\u00a0s`;
  if (s < 7170) return `${num(s / 60)}\u00a0min`;
  if (s < 172800) return `${num(s / 3600)}\u00a0h`;
  return `${num(s / 86400)}\u00a0d`;
}

const two = (n: number) => String(n).padStart(2, "0");
const date = (t: number) => new Date(t * 1000);

/** "14:05", and with seconds "14:05:09". */
export function clock(t: number, withSeconds = false): string {
  const d = date(t);
  return `${two(d.getHours())}:${two(d.getMinutes())}${withSeconds ? ":" + two(d.getSeconds()) : ""}`;
}

const LOCALE: Record<Lang, string> = { en: "en-GB", da: "da-DK", de: "de-DE" };

function intl(t: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(LOCALE[lang], options).format(date(t));
}

export const dayText = (t: number) => intl(t, { weekday: "short", day: "numeric", month: "long", year: "numeric" });
export const dayShort = (t: number) => intl(t, { day: "numeric", month: "short" });
export const monthText = (t: number) => intl(t, { month: "long", year: "numeric" });
export const monthShort = (t: number) => intl(t, { month: "short" });
export const yearText = (t: number) => String(date(t).getFullYear());

/** A moment: the clock today, and else with its date. */
export function moment(t: number, now: number): string {
  return date(t).toDateString() === date(now).toDateString() ? clock(t, true) : `${dayShort(t)}, ${clock(t)}`;
}

/** A number as a person typed it, with a point or a comma; undefined if it is none. */
export function parseNumber(text: string): number | undefined {
  const t = text.trim().replace(MINUS, "-").replace(/[\s\u202f\u00a0]/g, "").replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(t) ? Number(t) : undefined;
}
