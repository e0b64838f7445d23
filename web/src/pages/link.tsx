import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import type { Exchange, Health, Part } from "../api";
import { useCell } from "../cell";
import * as format from "../format";
import { trOr, useT } from "../i18n";
import { Login } from "./login";
import { Facts, Failure, Section, useLoaded } from "../parts";
import { route } from "../route";
import * as state from "../state";
import { fieldText } from "./meter";

export const linkText = (l: api.Link) => trOr("link_" + l.link, l.text);
export const linkCauses = (l: api.Link) => trOr("causes_" + l.link, l.causes ?? "");

/** Well, so so, or bad; said by shape and word too. */
export const gradeOf = (word: string) => (word === "ok" ? "good" : word === "starting" ? "so-so" : "bad");

export function Mark({ grade }: { grade: string }) {
  const d =
    grade === "good" ? "m4.5 8.3 2.4 2.4 4.6-5" : grade === "bad" ? "M8 4.2v4.6M8 11.4v.2" : "M5 8h.1M8 8h.1M11 8h.1";
  return (
    <svg class={"mark " + grade} viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="7.2" />
      <path d={d} />
    </svg>
  );
}

function State() {
  const t = useT();
  const { meter } = useCell(route);
  const live = useCell(state.link);
  const loaded = useLoaded((signal) => api.get<api.Link>(api.query("link", { meter }), signal), [meter]);
  const health = useLoaded((signal) => api.get<Health>("health", signal).catch((e: unknown) => {
    // 503 has the same shape.
    if (e instanceof api.ApiError && e.status === 503 && e.body && "status" in e.body) return e.body as unknown as Health;
    throw e;
  }), []);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.hidden) return;
      loaded.again();
      health.again();
    }, 3000);
    return () => clearInterval(timer);
  }, []);
  // The state itself is newest in the stream, the counts in what was asked for.
  const l = live && loaded.value ? { ...loaded.value, link: live.link, text: live.text, causes: live.causes } : (live ?? loaded.value);
  if (!l) return <Failure error={loaded.error} again={loaded.again} />;
  const grade = gradeOf(l.link);
  const h = health.value;
  const rule = l.retry_rule === "next" ? t("rule_next") : l.retry_rule === "same" ? t("rule_same") : undefined;
  return (
    <>
      <Section title={t("link_state")} id="link-state" class={"state " + grade}>
        <p class="verdict" role="status">
          <Mark grade={grade} /> <span>{linkText(l)}</span>
        </p>
        {l.line && (
          <p class="line-problem">
            <b>{t("line_not_open")}:</b> {l.line}
          </p>
        )}
        {linkCauses(l) && (
          <p class="causes">
            <b>{t("likely_causes")}:</b> {linkCauses(l)}
          </p>
        )}
        <Facts
          rows={[
            [
              t("quality"),
              l.quality_percent === undefined || l.quality_percent < 0 ? format.NONE : <span class="num">{l.quality_percent} %</span>,
            ],
            [
              t("last_answer"),
              l.age_ms === undefined || l.age_ms < 0 ? format.NONE : <span class="num">{t("age_ago", { age: format.age(l.age_ms) })}</span>,
            ],
            ...(rule ? ([[t("retry_rule"), rule]] as [string, string][]) : []),
            ...(l.read_limit
              ? ([[t("read_limit"), <span class="num">{`${format.num(l.read_limit)} ${t("bytes")}`}</span>]] as [string, preact.JSX.Element][])
              : []),
            ...(h
              ? ([
                  [
                    t("mqtt_state"),
                    <>
                      {trOr("mqtt_" + h.mqtt, h.mqtt)}
                      {h.mqtt_problem && <small> {h.mqtt_problem}</small>}
                    </>,
                  ],
                  [t("store_state"), trOr("store_" + h.store, h.store)],
                  [t("uptime"), <span class="num">{format.age(h.uptime_s * 1000)}</span>],
                ] as [string, preact.JSX.Element][])
              : []),
          ]}
        />
      </Section>
      <Section title={t("counters")} id="counters" aside={<p class="note">{t("counters_since")}</p>}>
        <Counters counters={l.counters ?? {}} />
      </Section>
    </>
  );
}

function Counters({ counters }: { counters: Record<string, number> }) {
  const rows = Object.entries(counters);
  if (rows.length === 0) return <p class="empty">{format.NONE}</p>;
  return (
    <dl class="counters">
      {rows.map(([name, value]) => (
        <div key={name} class={value === 0 ? "zero" : ""}>
          <dt>{trOr("c_" + name, name.replace(/_/g, " "))}</dt>
          <dd class="num">{format.num(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Bytes({ title, parts }: { title: string; parts: Part[] }) {
  const t = useT();
  return (
    <>
      <h4>{title}</h4>
      {parts.length === 0 ? (
        <p class="empty">{t("no_response")}</p>
      ) : (
        <table class="data parts">
          <thead class="hear">
            <tr>
              <th scope="col">{t("part")}</th>
              <th scope="col">{t("bytes_label")}</th>
              <th scope="col">{t("meaning")}</th>
            </tr>
          </thead>
          <tbody>
            {parts.map((p, i) => (
              <tr key={i}>
                <th scope="row">{p.name}</th>
                <td class="mono hex">{p.hex.replace(/(..)(?=.)/g, "$1 ")}</td>
                <td>{p.meaning}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function OneExchange({ x }: { x: Exchange }) {
  const t = useT();
  return (
    <>
      <Bytes title={t("request")} parts={x.request} />
      <Bytes title={t("response")} parts={x.response} />
      {x.values && x.values.length > 0 && (
        <>
          <h4>{t("content")}</h4>
          <div class="scroll" tabIndex={0} role="region" aria-label={t("content")}>
            <table class="data fields">
              <tbody>
                {x.values.map((f, i) => (
                  <tr key={i}>
                    <th scope="row" class="mono">
                      {f.name}
                    </th>
                    <td class={typeof f.value === "number" ? "num" : "text"}>{fieldText(f)}</td>
                    <td>{f.unit ?? ""}</td>
                    <td class="num offset">{f.offset ?? ""}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </>
  );
}

/** A meter may refuse what it does not have, and tell its sequence number anew. */
const OUTCOME_GRADES: Record<string, string> = {
  ok: "good",
  refused: "so-so",
  sequence: "so-so",
  late: "so-so",
  waiting: "so-so",
};

function Exchanges() {
  const t = useT();
  const { meter } = useCell(route);
  const [paused, setPaused] = useState(false);
  const [open, setOpen] = useState<Set<number>>(new Set());
  const loaded = useLoaded(
    (signal) =>
      api
        .get<{ exchanges: Exchange[] }>(api.query("exchanges", { meter }), signal)
        // When it was sent names an exchange from one answer to the next.
        .then((r) => r.exchanges.map((x) => ({ x, at: Date.now() - x.age_ms - (x.duration_ms ?? 0) }))),
    [meter],
  );
  // What is being read stays where it is.
  const still = paused || open.size > 0;
  useEffect(() => {
    if (still) return undefined;
    const timer = setInterval(() => document.hidden || loaded.again(), 2000);
    return () => clearInterval(timer);
  }, [still, meter]);
  const list = loaded.value ?? [];
  return (
    <Section
      title={t("exchanges")}
      id="exchanges"
      aside={
        <div class="actions">
          <button
            type="button"
            class="small"
            onClick={() => {
              setPaused(!still);
              if (still) setOpen(new Set());
            }}
            aria-pressed={still}
          >
            {t(still ? "resume" : "pause")}
          </button>
          <button
            type="button"
            class="small"
            onClick={() => {
              setOpen(new Set());
              loaded.again();
            }}
          >
            {t("refresh")}
          </button>
        </div>
      }
    >
      <Failure error={loaded.error} again={loaded.again} />
      {list.length === 0 && !loaded.error && <p class="empty">{loaded.loading ? t("loading") : t("no_exchanges")}</p>}
      <ul class="exchanges">
        {list.map(({ x, at }, i) => (
          <li key={still ? i : at}>
            <details
              open={open.has(i)}
              onToggle={(e) => {
                const is = e.currentTarget.open;
                setOpen((was) => {
                  if (was.has(i) === is) return was;
                  const next = new Set(was);
                  if (is) next.add(i);
                  else next.delete(i);
                  return next;
                });
              }}
            >
              <summary>
                <Mark grade={OUTCOME_GRADES[x.outcome] ?? "bad"} />
                <span class="num">{format.clock(at / 1000, true)}</span>
                <b class="mono">{x.table ?? x.request[1]?.meaning ?? ""}</b>
                <span>{trOr("out_" + x.outcome, x.outcome)}</span>
                {x.duration_ms !== undefined && <small class="num">{t("took", { ms: format.num(x.duration_ms) })}</small>}
              </summary>
              {open.has(i) && <OneExchange x={x} />}
            </details>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export function LinkPage() {
  const t = useT();
  const session = useCell(state.session);
  return (
    <>
      <State />
      {session?.login ? (
        <Exchanges />
      ) : (
        <Section title={t("exchanges")} id="exchanges">
          <Login why={t("exchanges_login")} />
        </Section>
      )}
    </>
  );
}
