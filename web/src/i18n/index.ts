import { setFormatLang, type Lang } from "../format";
import { Cell, useCell } from "../cell";
import { da } from "./da";
import { de } from "./de";
import { en, type Key } from "./en";
import { settingTexts } from "./settings";

export type { Key, Lang };
export const LANGS: Record<Lang, string> = { en: "English", da: "Dansk", de: "Deutsch" };
export const texts: Record<Lang, Record<Key, string>> = { en, da, de };

export const isLang = (l: string): l is Lang => l in texts;

/** The language of the page: chosen here, else the server's, else the browser's. */
export const lang = new Cell<Lang>("en");

export function chooseLang(chosen: string | null, server: string): void {
  const wanted = [chosen ?? "", server, ...navigator.languages.map((l) => l.slice(0, 2))];
  const found = wanted.find(isLang) ?? "en";
  setFormatLang(found);
  document.documentElement.lang = found;
  lang.set(found);
}

export function fill(text: string, values: Record<string, string | number> = {}): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
}

export type T = (key: Key, values?: Record<string, string | number>) => string;

export const tr: T = (key, values) => fill(texts[lang.value][key], values);

/** tr, of a component that is drawn anew when the language changes. */
export function useT(): T {
  useCell(lang);
  return tr;
}

/** The text of a word that the server sends, if we know it: trOr("link_" + word, its own text). */
export function trOr(key: string, otherwise: string): string {
  return (texts[lang.value] as Record<string, string>)[key] ?? otherwise;
}

/** "meter.house.key" is about "key". */
export function settingText(key: string, otherwise: string): string {
  if (lang.value === "en") return otherwise;
  return settingTexts[lang.value][key.replace(/^meter\.[^.]+\./, "")] ?? otherwise;
}
