// What the pages share: who is logged in, which meters there are, and the newest
// of the meter that is shown.

import type { Info, Link, MeterListed, Reading, Session, Ui } from "./api";
import * as api from "./api";
import { Cell } from "./cell";
import { chooseLang } from "./i18n";
import { kept, keep } from "./kept";

/** A reading and the moment at which it was verified, on performance.now()'s clock and on the wall's. */
export interface Received {
  reading: Reading;
  verifiedAt: number;
  at: number; // seconds since 1970
}

export const session = new Cell<Session | undefined>(undefined);
/** A login ended by itself: it is said once, where one can log in again. */
export const sessionEnded = new Cell(false);
export const ui = new Cell<Ui | undefined>(undefined);
/** It is the board that serves this page: it has one meter, and a page of its own for the rest. */
export const isBoard = (u: Ui | undefined) => u?.software === "meplink";
export const meters = new Cell<MeterListed[]>([]);
export const info = new Cell<Info | undefined>(undefined);
export const latest = new Cell<Received | undefined>(undefined);
/** With the time of the newest verified answer, in seconds since 1970. */
export const link = new Cell<(Link & { at?: number }) | undefined>(undefined);
/** Rises when the history may hold more than before. */
export const historyNews = new Cell(0);

export interface Lost {
  since: number; // Date.now()
  message: string; // the server's own words, if it said some
}
export const lost = new Cell<Lost | undefined>(undefined);

/** The time that lately passed between two readings, as a rule, in ms. */
export const pace = new Cell(1000);

/** After that much more than the usual time between readings a value is old. */
const STALE_MS = 15000;
export const staleAfter = (paceMs: number) => STALE_MS + 1.5 * paceMs;

export function ageOf(received: Received | undefined, now = performance.now()): number | undefined {
  return received ? Math.max(0, now - received.verifiedAt) : undefined;
}

/** Whether what is shown must not be taken for what is. */
export function isStale(received: Received | undefined, linkWord: string | undefined, isLost: boolean): boolean {
  const age = ageOf(received);
  if (age === undefined) return false;
  if (age > staleAfter(pace.value)) return true;
  // Known to have ended: a few seconds are enough.
  const ended = isLost || (linkWord !== undefined && linkWord !== "ok" && linkWord !== "damaged");
  return ended && age > 5000 + pace.value;
}

export function setSession(next: Session): void {
  session.set(next);
  if (next.login) sessionEnded.set(false);
}

export async function loadUi(): Promise<void> {
  const got = await api.get<Ui>("ui");
  ui.set(got);
  chooseLang(kept("lang"), got.language);
}

export function setLang(code: string): void {
  keep("lang", code);
  chooseLang(code, ui.value?.language ?? "auto");
}

export async function loadMeters(): Promise<void> {
  meters.set((await api.get<{ meters: MeterListed[] }>("meters")).meters);
}

export async function loadInfo(meter: string | undefined): Promise<void> {
  info.set(await api.get<Info>(api.query("info", { meter })));
}
