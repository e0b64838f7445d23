// Small pieces that every page is made of.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "./api";
import { useCell } from "./cell";
import * as format from "./format";
import * as state from "./state";
import { useT } from "./i18n";

export type Way = "import" | "export" | "idle";
export const wayOf = (w: number): Way => (w > 0 ? "import" : w < 0 ? "export" : "idle");

/** Down into the house, up to the grid. */
export function Arrow({ way }: { way: Way }) {
  const d = { import: "M8 2v11M3.5 8.5 8 13l4.5-4.5", export: "M8 14V3M3.5 7.5 8 3l4.5 4.5", idle: "M3 8h10" }[way];
  return (
    <svg class={"arrow " + way} viewBox="0 0 16 16" aria-hidden="true">
      <path d={d} />
    </svg>
  );
}

/** A power with its direction: arrow, sign and, for those who hear, the word. */
export function Watts({ w }: { w: number }) {
  const t = useT();
  const way = wayOf(Math.round(w));
  return (
    <span class={"watts " + way}>
      <Arrow way={way} />
      <span class="num">{format.join(format.power(w))}</span>
      {way !== "idle" && <span class="hear"> {t(way)}</span>}
    </span>
  );
}

export function Num({ q }: { q: format.Quantity }) {
  return (
    <span class="num">
      {q.value}
      {q.unit && <span class="unit">{"\u00a0" + q.unit}</span>}
    </span>
  );
}

/** Draws anew now and then, for what shows an age. */
export function useTick(ms: number): void {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || tick((n) => n + 1), ms);
    return () => clearInterval(timer);
  }, [ms]);
}

export function useMedia(query: string): boolean {
  const [is, set] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const change = () => set(media.matches);
    media.addEventListener("change", change);
    return () => media.removeEventListener("change", change);
  }, [query]);
  return is;
}

/** How far the meter's memory is read, while it is not all. */
export function HistoryNote() {
  const t = useT();
  const h = useCell(state.info)?.history;
  if (h?.state === "reading") return <p class="note">{t("history_reading", { count: format.num(h.intervals ?? 0) })}</p>;
  if (h?.state === "none") return <p class="note">{t("history_none", { why: h.problem ?? "" })}</p>;
  return null;
}

export function Section(props: {
  title: ComponentChildren;
  id: string;
  class?: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class={"plate " + (props.class ?? "")} aria-labelledby={props.id}>
      <header class="plate-head">
        <h2 id={props.id}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

export type Loaded<V> = { value?: V; error?: ApiError; loading: boolean };

/** What load() gives, anew when one of `by` changes; the old value stays until then. */
export function useLoaded<V>(load: (signal: AbortSignal) => Promise<V>, by: unknown[]): Loaded<V> & { again: () => void } {
  const [state, set] = useState<Loaded<V>>({ loading: true });
  const [turn, next] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    set((s) => ({ ...s, loading: true }));
    load(abort.signal).then(
      (value) => !abort.signal.aborted && set({ value, loading: false }),
      (e: unknown) => {
        if (abort.signal.aborted) return;
        const error = e instanceof ApiError ? e : new ApiError(0, "error", String(e));
        set((s) => ({ value: s.value, error, loading: false }));
      },
    );
    return () => abort.abort();
  }, [...by, turn]);
  return { ...state, again: () => next((n) => n + 1) };
}

/** The server's one line. */
export function Failure({ error, again }: { error: ApiError | undefined; again?: () => void }) {
  const t = useT();
  if (!error) return null;
  return (
    <p class="failure" role="alert">
      <span>{error.message || t("unreachable")}</span>
      {again && (
        <button type="button" class="small" onClick={again}>
          {t("retry")}
        </button>
      )}
    </p>
  );
}

export function Facts({ rows }: { rows: [ComponentChildren, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value], i) => (
        <div key={i}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
