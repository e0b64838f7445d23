// The stream of events of one meter, for as long as the page is open.

import type { Link, Reading } from "./api";
import * as api from "./api";
import { eventParser, type ServerEvent } from "./sse";
import * as state from "./state";

/** The server sends a comment every 15 s at least. */
const SILENT_MS = 25000;
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000, 15000];

let arrivals: number[] = [];

function onReading(reading: Reading): void {
  const now = performance.now();
  const age = typeof reading.age_ms === "number" ? reading.age_ms : 0;
  arrivals = [...arrivals.slice(-5), now];
  const between = arrivals.slice(1).map((t, i) => t - arrivals[i]!).sort((a, b) => a - b);
  // The middle one: a gap is no rule.
  state.pace.set(Math.max(1000, between[between.length >> 1] ?? 0));
  state.latest.set({ reading, verifiedAt: now - age, at: (Date.now() - age) / 1000 });
}

function onEvent({ event, data }: ServerEvent, meter: string | undefined): void {
  if (event === "reading") onReading(JSON.parse(data) as Reading);
  else if (event === "link") {
    const link = JSON.parse(data) as Link;
    const known = link.age_ms !== undefined && link.age_ms >= 0;
    state.link.set({ ...link, at: known ? (Date.now() - link.age_ms!) / 1000 : undefined });
  }
  if (event === "info") {
    state.loadInfo(meter).catch(() => {});
    state.loadMeters().catch(() => {});
    state.historyNews.set(state.historyNews.value + 1);
  }
}

const wait = (ms: number, signal: AbortSignal) =>
  new Promise<void>((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()));
    // Somebody looks at the page again: not a moment to wait.
    addEventListener("online", () => done(), { once: true, signal });
  });

/** One connection, to its end. */
async function stream(meter: string | undefined, outer: AbortSignal, alive: () => void): Promise<void> {
  const abort = new AbortController();
  const end = () => abort.abort();
  outer.addEventListener("abort", end);
  let timer = setTimeout(end, SILENT_MS);
  try {
    const response = await api.events(meter, abort.signal);
    if (!response.ok) throw await api.failure(response);
    if (!response.body) throw new Error("no body");
    alive();
    const take = eventParser((event) => onEvent(event, meter));
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(end, SILENT_MS);
      take(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", end);
    abort.abort();
  }
}

/** While the meter's memory is read, there is more to show every now and then. */
const READING_MS = 4000;
const RARELY = 10;

function watchHistory(meter: string | undefined, signal: AbortSignal): void {
  let turn = 0;
  const timer = setInterval(async () => {
    const before = state.info.value?.history;
    if (document.hidden || (before?.state !== "reading" && ++turn % RARELY !== 0)) return;
    await state.loadInfo(meter).catch(() => {});
    const now = state.info.value?.history;
    if (now?.state === "reading" || now?.state !== before?.state || now?.intervals !== before?.intervals)
      state.historyNews.set(state.historyNews.value + 1);
  }, READING_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
}

/** Follows a meter until the signal; what is shown of another one goes. */
export async function follow(meter: string | undefined, signal: AbortSignal): Promise<void> {
  arrivals = [];
  state.latest.set(undefined);
  state.link.set(undefined);
  state.info.set(undefined);
  watchHistory(meter, signal);
  let failures = 0;
  while (!signal.aborted) {
    const begin = () => {
      if (failures > 0 || state.lost.value) state.historyNews.set(state.historyNews.value + 1);
      failures = 0;
      arrivals = [];
      state.lost.set(undefined);
      state.loadInfo(meter).catch(() => {});
    };
    let message = "";
    try {
      await stream(meter, signal, begin);
    } catch (e) {
      if (signal.aborted) return;
      if (e instanceof api.ApiError) {
        if (e.status === 401) return; // whoever logs in starts it again
        message = e.message;
      }
    }
    if (signal.aborted) return;
    if (!state.lost.value || message !== state.lost.value.message)
      state.lost.set({ since: state.lost.value?.since ?? Date.now(), message });
    await wait(BACKOFF_MS[Math.min(failures++, BACKOFF_MS.length - 1)]!, signal);
  }
}
