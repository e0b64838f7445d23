// Light or dark: as the system has it, unless one was chosen here.

import { Cell } from "./cell";
import { keep, kept } from "./kept";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const system = matchMedia("(prefers-color-scheme: dark)");
export const theme = new Cell<Theme>("auto");
/** What is drawn in pixels is drawn anew when this changes. */
export const dark = new Cell(false);

function apply(): void {
  const isDark = theme.value === "dark" || (theme.value === "auto" && system.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  dark.set(isDark);
}

export function setTheme(next: Theme): void {
  keep("theme", next === "auto" ? null : next);
  theme.set(next);
  apply();
}

export function startTheme(): void {
  const was = kept("theme");
  theme.set(THEMES.find((t) => t === was) ?? "auto");
  system.addEventListener("change", apply);
  apply();
}
