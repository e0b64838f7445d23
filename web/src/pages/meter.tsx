import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "../api";
import type { Field, TableListed, TableRead } from "../api";
import { useCell } from "../cell";
import * as format from "../format";
import { tr, useT } from "../i18n";
import { Facts, Failure, Section, useLoaded } from "../parts";
import { replace, href, route } from "../route";
import * as state from "../state";

type Got = { read?: TableRead; error?: api.ApiError; busy?: boolean };

/** Numbers as the meter has them: nothing is rounded here. */
export function fieldText(f: Field): string {
  if (f.secret || f.value === undefined) return tr("secret");
  if (typeof f.value === "boolean") return tr(f.value ? "yes" : "no");
  return typeof f.value === "number" ? format.num(f.value, Number.isInteger(f.value) ? 0 : 3) : f.value;
}

function Identity() {
  const t = useT();
  const info = useCell(state.info);
  if (!info) return <p class="empty">{t("loading")}</p>;
  const mono = (v: string | undefined) => (v ? <span class="mono">{v}</span> : format.NONE);
  const h = info.history;
  return (
    <Facts
      rows={[
        [t("serial"), mono(info.serial)],
        [t("manufacturer"), info.manufacturer || format.NONE],
        [t("model"), info.model || format.NONE],
        [t("firmware"), mono(info.firmware)],
        [t("program_id"), mono(info.program_id)],
        ...(info.mep_port ? ([[t("mep_port"), String(info.mep_port)]] as [string, string][]) : []),
        [t("alert_flags"), info.alert_flags === undefined ? format.NONE : mono("0x" + info.alert_flags.toString(16).padStart(2, "0"))],
        [t("ct_meter"), t(info.ct ? "yes" : "no")],
        ...(h
          ? ([
              [
                t("load_profile"),
                <>
                  {h.state in { reading: 1, current: 1, none: 1 } ? t(("hs_" + h.state) as "hs_none") : h.state}
                  {h.problem ? `: ${h.problem}` : ""}
                  {h.interval_s ? (
                    <small> {t("load_profile_state", { count: format.num(h.intervals ?? 0), minutes: h.interval_s / 60 })}</small>
                  ) : null}
                </>,
              ],
            ] as [string, preact.JSX.Element][])
          : []),
      ]}
    />
  );
}

function AllValues() {
  const t = useT();
  const received = useCell(state.latest);
  if (!received) return null;
  return (
    <details class="as-table">
      <summary>{t("all_values")}</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("all_values")}>
        <table class="data">
          <tbody>
            {Object.entries(received.reading).map(([name, value]) => (
              <tr key={name}>
                <th scope="row" class="mono">
                  {name}
                </th>
                <td class="num">{typeof value === "number" ? format.num(value) : value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

const matches = (text: string, words: string[]) => words.every((w) => text.includes(w));

function fieldMatches(f: Field, words: string[]): boolean {
  return words.length === 0 || matches(`${f.name} ${f.secret ? "" : fieldText(f)} ${f.unit ?? ""}`.toLowerCase(), words);
}

function Fields({ read, words }: { read: TableRead; words: string[] }) {
  const t = useT();
  const found = read.values.filter((f) => fieldMatches(f, words));
  // A table found by its title shows all it has.
  const shown = found.length > 0 ? found : read.values;
  return (
    <>
      {found.length > 0 && found.length < read.values.length && (
        <p class="note">{t("fields_matching", { n: found.length })}</p>
      )}
      <div class="scroll tall" tabIndex={0} role="region" aria-label={`${read.table} ${read.title}`}>
        <table class="data fields">
          <thead>
            <tr>
              <th scope="col">{t("field")}</th>
              <th scope="col">{t("value")}</th>
              <th scope="col">{t("unit")}</th>
              <th scope="col" class="offset">
                {t("offset")}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((f, i) => (
              <tr key={i}>
                <th scope="row" class="mono">
                  {f.name}
                </th>
                <td class={typeof f.value === "number" ? "num" : "text"}>
                  {f.secret ? <em class="muted">{t("secret")}</em> : fieldText(f)}
                </td>
                <td>{f.unit ?? ""}</td>
                <td class="num offset">{f.offset ?? ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

export function Meter() {
  const t = useT();
  const { rest, meter } = useCell(route);
  const listed = useLoaded((signal) => api.get<{ tables: TableListed[] }>("tables", signal).then((r) => r.tables), []);
  const [got, setGot] = useState<Record<string, Got>>({});
  const [text, setText] = useState("");
  const [progress, setProgress] = useState<number | null>(null);
  const stop = useRef<AbortController>();
  const detail = useRef<HTMLElement>(null);
  const tables = listed.value ?? [];
  const chosen = tables.find((x) => x.table === rest[0]);

  const read = async (table: string, signal?: AbortSignal) => {
    setGot((g) => ({ ...g, [table]: { ...g[table], busy: true, error: undefined } }));
    try {
      const value = await api.get<TableRead>(api.query(`tables/${encodeURIComponent(table)}`, { meter }), signal);
      setGot((g) => ({ ...g, [table]: { read: value } }));
    } catch (e) {
      const error = e instanceof api.ApiError ? e : undefined;
      setGot((g) => ({ ...g, [table]: { ...g[table], busy: false, error } }));
    }
  };

  useEffect(() => {
    setGot({});
    return () => stop.current?.abort();
  }, [meter]);
  useEffect(() => {
    if (chosen && !got[chosen.table]?.read && !got[chosen.table]?.busy) void read(chosen.table);
    // On a phone the table is below the list.
    if (chosen && matchMedia("(max-width: 760px)").matches) detail.current?.scrollIntoView({ block: "start" });
  }, [chosen?.table, meter]);

  const readAll = async () => {
    const abort = (stop.current = new AbortController());
    for (const [i, x] of tables.entries()) {
      if (abort.signal.aborted) break;
      setProgress(i);
      await read(x.table, abort.signal);
    }
    setProgress(null);
  };

  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = useMemo(
    () =>
      tables.filter(
        (x) =>
          matches(`${x.table} ${x.number} ${x.title}`.toLowerCase(), words) ||
          got[x.table]?.read?.values.some((f) => fieldMatches(f, words)),
      ),
    [tables, text, got],
  );
  const shown = chosen ? got[chosen.table] : undefined;

  return (
    <>
      <Section title={t("identity")} id="identity">
        <Identity />
        <AllValues />
      </Section>
      <Section title={t("tables")} id="tables" class="tables">
        <Failure error={listed.error} again={listed.again} />
        <div class="search">
          <label for="search">{t("search_tables")}</label>
          <input
            id="search"
            type="search"
            value={text}
            autoComplete="off"
            aria-describedby="search-hint"
            onInput={(e) => setText(e.currentTarget.value)}
          />
          {progress === null ? (
            <button type="button" onClick={() => void readAll()} disabled={tables.length === 0}>
              {t("read_all")}
            </button>
          ) : (
            <button type="button" onClick={() => stop.current?.abort()}>
              {t("read_stop")}
            </button>
          )}
          <p class="note" id="search-hint">
            {progress === null ? t("search_hint") : t("read_all_progress", { n: progress, total: tables.length })}
          </p>
        </div>
        <p class="hear" role="status">
          {words.length > 0 ? t("tables_found", { n: found.length, total: tables.length }) : ""}
        </p>
        <div class="split">
          <ul class="list" aria-label={t("tables")}>
            {found.map((x) => (
              <li key={x.table}>
                <a
                  href={href("meter", [x.table])}
                  aria-current={x.table === chosen?.table ? "true" : undefined}
                  onClick={(e) => {
                    // Not a page of its own: the focus stays in the list.
                    e.preventDefault();
                    replace(href("meter", [x.table]));
                  }}
                >
                  <b class="mono">{x.table}</b> <span>{x.title}</span>
                  {got[x.table]?.error && <small class="bad-text">!</small>}
                  {got[x.table]?.read && <small>{got[x.table]!.read!.values.length}</small>}
                </a>
              </li>
            ))}
            {found.length === 0 && tables.length > 0 && <li class="empty">{t("no_match")}</li>}
          </ul>
          <article class="detail" ref={detail} aria-live="off">
            {chosen ? (
              <>
                <header class="plate-head">
                  <h3>
                    <span class="mono">{chosen.table}</span> {chosen.title}
                  </h3>
                  {shown?.read && (
                    <button type="button" class="small" onClick={() => void read(chosen.table)} disabled={shown.busy}>
                      {t("read_again")}
                    </button>
                  )}
                </header>
                <Failure error={shown?.error} again={() => void read(chosen.table)} />
                {shown?.busy && !shown.read && (
                  <p class="empty" role="status">
                    {t("reading_table", { table: chosen.table })}
                  </p>
                )}
                {shown?.read && (
                  <>
                    <p class="note">
                      {t("table_bytes", {
                        bytes: format.num(shown.read.bytes),
                        size: format.num(shown.read.size),
                        page: shown.read.page ?? format.NONE,
                      })}
                    </p>
                    <Fields read={shown.read} words={words} />
                  </>
                )}
              </>
            ) : (
              <p class="empty">{t("select_table")}</p>
            )}
          </article>
        </div>
      </Section>
    </>
  );
}
