import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../api";
import type { KeyTest, Setting } from "../api";
import { useCell } from "../cell";
import * as form from "../form";
import type { Edits, Group, Typed } from "../form";
import * as format from "../format";
import { settingText, trOr, useT } from "../i18n";
import { Failure, Section, useLoaded } from "../parts";
import * as state from "../state";
import { Login } from "./login";
import { Mark } from "./link";

const idOf = (key: string) => "s-" + key.replace(/\./g, "-");

interface FieldProps {
  s: Setting;
  typed: Typed | undefined;
  problem: string | undefined;
  edit: (key: string, typed: Typed | undefined) => void;
}

/** Where something secret is typed: it can be looked at while it is. */
function Secret({ s, typed, edit, describedBy, invalid }: FieldProps & { describedBy: string; invalid: boolean }) {
  const t = useT();
  const [seen, setSeen] = useState(false);
  const removed = typed === null;
  return (
    <div class="row">
      <input
        id={idOf(s.key)}
        type={seen ? "text" : "password"}
        value={typeof typed === "string" ? typed : ""}
        disabled={s.fixed || removed}
        autoComplete={s.type === "password" ? "new-password" : "off"}
        spellcheck={false}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        onInput={(e) => edit(s.key, e.currentTarget.value === "" ? undefined : e.currentTarget.value)}
      />
      <button type="button" class="small" aria-pressed={seen} onClick={() => setSeen(!seen)}>
        {t(seen ? "hide_password" : "show_password")}
      </button>
      {s.set && !s.fixed && (
        <button type="button" class="small" onClick={() => edit(s.key, removed ? undefined : null)}>
          {t(removed ? "keep" : "secret_remove")}
        </button>
      )}
    </div>
  );
}

function Field(props: FieldProps) {
  const { s, typed, problem, edit } = props;
  const t = useT();
  const id = idOf(s.key);
  const isSecret = s.secret === true || s.type === "password";
  const number = s.type === "integer" || s.type === "decimal";
  const notes: string[] = [];
  if (s.fixed) notes.push(t("is_fixed"));
  if (isSecret) notes.push(t(typed === null ? "secret_removed" : s.set ? "secret_set" : "secret_unset"));
  if (number && s.min !== undefined && s.max !== undefined) notes.push(t("range", { min: format.num(s.min), max: format.num(s.max) }));
  else if (number && s.min !== undefined) notes.push(t("range_min", { min: format.num(s.min) }));
  if (!isSecret && s.type !== "bool" && s.default !== undefined && s.default !== "" && s.default !== (typed ?? s.value))
    notes.push(t("default_is", { value: form.shown({ ...s, value: s.default }) }));
  if (s.restart) notes.push(t("needs_restart"));
  const describedBy = `${id}-note ${id}-problem`;
  const text = typed === undefined || typed === null ? form.shown(s) : String(typed);
  const common = { id, disabled: s.fixed, "aria-describedby": describedBy, "aria-invalid": problem !== undefined };
  return (
    <div class={"setting" + (typed !== undefined ? " changed" : "") + (problem ? " wrong" : "")}>
      <label for={id}>{settingText(s.key, s.text)}</label>
      <div class="control">
        {isSecret ? (
          <Secret {...props} describedBy={describedBy} invalid={problem !== undefined} />
        ) : s.type === "bool" ? (
          <select {...common} value={text} onChange={(e) => edit(s.key, e.currentTarget.value === "true")}>
            <option value="true">{t("yes")}</option>
            <option value="false">{t("no")}</option>
          </select>
        ) : s.type === "choice" ? (
          <select {...common} value={text} onChange={(e) => edit(s.key, e.currentTarget.value)}>
            {s.choices?.map((c) => <option key={c}>{c}</option>)}
          </select>
        ) : (
          <input
            {...common}
            type="text"
            inputMode={number ? "decimal" : undefined}
            class={number ? "short" : ""}
            value={text}
            spellcheck={false}
            autoComplete="off"
            onInput={(e) => edit(s.key, e.currentTarget.value)}
          />
        )}
        <p class="note" id={`${id}-note`}>
          <code>{s.key}</code>
          {notes.map((n) => (
            <span key={n}>{n}</span>
          ))}
        </p>
        <p class="problem" id={`${id}-problem`}>
          {problem}
        </p>
      </div>
    </div>
  );
}

/** Asks the meter before anything is saved. */
function TestKey({ meter, typed, saved }: { meter: string; typed: Typed | undefined; saved: boolean }) {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<KeyTest>();
  const [error, setError] = useState<api.ApiError>();
  useEffect(() => {
    setResult(undefined);
    setError(undefined);
  }, [typed]);
  if (!saved) return <p class="note">{t("test_after_save")}</p>;
  const test = async () => {
    setBusy(true);
    setResult(undefined);
    setError(undefined);
    try {
      const body = typeof typed === "string" ? { meter, key: typed } : { meter };
      setResult(await api.call<KeyTest>("POST", "key-test", body));
    } catch (e) {
      if (e instanceof api.ApiError) setError(e);
    }
    setBusy(false);
  };
  return (
    <div class="key-test">
      <button type="button" onClick={() => void test()} disabled={busy || typed === null}>
        {t(typeof typed === "string" ? "test_key" : "test_set_key")}
      </button>
      <div role="status">
        {busy && <p>{t("testing")}</p>}
        {result && (
          <p class={"result " + result.result} data-result={result.result}>
            <Mark grade={result.result === "ok" ? "good" : "bad"} />
            <span>
              {trOr("test_" + result.result, result.message)}
              {result.form && <small> {t("test_form", { form: result.form })}</small>}
            </span>
          </p>
        )}
        <Failure error={error} />
      </div>
    </div>
  );
}

function AddMeter({ taken, add }: { taken: string[]; add: (name: string) => void }) {
  const t = useT();
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const submit = () => {
    if (!form.isMeterName(name)) setProblem(t("meter_name_hint"));
    else if (taken.includes(name)) setProblem(t("meter_name_taken"));
    else {
      add(name);
      setName("");
      setProblem("");
    }
  };
  return (
    <div class="plate add-meter">
      <label for="new-meter">{t("meter_name")}</label>
      <div class="row">
        <input
          id="new-meter"
          value={name}
          maxLength={32}
          autoComplete="off"
          spellcheck={false}
          aria-describedby="new-meter-note"
          aria-invalid={problem !== ""}
          onInput={(e) => setName(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key !== "Enter") return;
            e.preventDefault();
            submit();
          }}
        />
        <button type="button" onClick={submit}>
          {t("add_meter")}
        </button>
      </div>
      <p class={problem ? "problem" : "note"} id="new-meter-note" role={problem ? "alert" : undefined}>
        {problem || t("meter_name_hint")}
      </p>
    </div>
  );
}

type Said = { kind: "saved" | "problem"; text: string } | undefined;

function Form({ settings, again }: { settings: Setting[]; again: () => void }) {
  const t = useT();
  const board = state.isBoard(useCell(state.ui));
  const [edits, setEdits] = useState<Edits>({});
  const [added, setAdded] = useState<string[]>([]);
  const [removed, setRemoved] = useState<string[]>([]);
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [said, setSaid] = useState<Said>();
  const [busy, setBusy] = useState(false);
  const focus = useRef<string>();

  const all = [...settings, ...added.flatMap((name) => form.newMeter(name, settings))];
  const of = (key: string) => all.find((s) => s.key === key);
  const isRemoved = (key: string) => removed.some((name) => key.startsWith(`meter.${name}.`));
  const edit = (key: string, typed: Typed | undefined) => {
    setSaid(undefined);
    setProblems(({ [key]: _, ...others }) => others);
    setEdits(({ [key]: _, ...others }) => {
      const s = of(key);
      return typed === undefined || !s || !form.isChange(s, typed) ? others : { ...others, [key]: typed };
    });
  };
  const count = Object.keys(edits).filter((key) => !isRemoved(key)).length + removed.length;

  useEffect(() => {
    if (focus.current) document.getElementById(focus.current)?.focus();
    focus.current = undefined;
  }, [problems, added]);

  // Typed and not saved is not lost unasked.
  useEffect(() => {
    if (count === 0) return undefined;
    const ask = (e: BeforeUnloadEvent) => e.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [count === 0]);

  const fail = (found: Record<string, string>, text: string) => {
    const first = all.find((s) => found[s.key] !== undefined);
    focus.current = first && idOf(first.key);
    setProblems(found);
    setSaid({ kind: "problem", text });
  };

  const save = async (e: Event) => {
    e.preventDefault();
    const found: Record<string, string> = {};
    const body: Record<string, form.Value> = {};
    for (const [key, typed] of Object.entries(edits)) {
      const s = of(key);
      if (!s || isRemoved(key)) continue;
      const problem = form.problemOf(s, typed, t);
      if (problem) found[key] = problem;
      body[key] = form.valueOf(s, typed);
    }
    for (const name of removed) body[`meter.${name}`] = null;
    const wrong = Object.entries(found)[0];
    if (wrong) return fail(found, t("not_saved", { why: wrong[1] }));
    setBusy(true);
    try {
      const result = await api.call<{ restart?: boolean }>("PATCH", "config", body);
      setEdits({});
      setAdded([]);
      setRemoved([]);
      setProblems({});
      setSaid({ kind: "saved", text: t(result.restart ? "saved_restart" : "saved") });
      again();
      state.loadUi().catch(() => {});
      state.loadMeters().catch(() => {});
      api.whoAmI().then(state.setSession, () => {});
    } catch (error) {
      const it = error instanceof api.ApiError ? error : undefined;
      const why = it?.message || t("unreachable");
      fail(it?.key ? { [it.key]: why } : {}, t("not_saved", { why }));
    }
    setBusy(false);
  };

  const meterGroup = (g: Group) => {
    const name = g.meter!;
    const isNew = added.includes(name);
    const gone = removed.includes(name);
    const keyName = `meter.${name}.key`;
    return (
      <Section
        key={g.id}
        id={idOf(g.id)}
        title={t("g_meter", { name })}
        class={"group" + (gone ? " gone" : "")}
        aside={
          !board && (
            <button
              type="button"
              class="small"
              disabled={g.settings.some((s) => s.fixed)}
              onClick={() => {
                setSaid(undefined);
                if (isNew) {
                  setAdded(added.filter((n) => n !== name));
                  setEdits((was) => Object.fromEntries(Object.entries(was).filter(([key]) => !key.startsWith(`meter.${name}.`))));
                } else setRemoved(gone ? removed.filter((n) => n !== name) : [...removed, name]);
              }}
            >
              {t(gone ? "undo" : "remove_meter")}
            </button>
          )
        }
      >
        {gone ? (
          <p class="note">{t("meter_removed")}</p>
        ) : (
          g.settings.map((s) => (
            <>
              <Field key={s.key} s={s} typed={edits[s.key]} problem={problems[s.key]} edit={edit} />
              {s.key === keyName && <TestKey meter={name} typed={edits[keyName]} saved={!isNew} />}
            </>
          ))
        )}
      </Section>
    );
  };

  const list = form.groups(all);
  const meterNames = list.flatMap((g) => (g.meter !== undefined ? [g.meter] : []));
  return (
    <form class="settings" onSubmit={(e) => void save(e)} noValidate autoComplete="off">
      {/* Not asked for: only for those who keep passwords, which want to know whose they are. */}
      <input type="text" name="username" value="meplink" autoComplete="username" hidden readOnly />
      {board && (
        <p class="plate">
          {t("board_has")} <a href="/setup">{t("board_page")}</a>
        </p>
      )}
      {list.filter((g) => g.meter !== undefined).map(meterGroup)}
      {!board && (
        <AddMeter
          taken={meterNames}
          add={(name) => {
            setAdded([...added, name]);
            focus.current = idOf(`meter.${name}.uri`);
          }}
        />
      )}
        {list
          .filter((g) => g.meter === undefined)
          .map((g) => (
            <Section key={g.id} id={idOf(g.id)} title={trOr("g_" + g.id, g.id)} class="group">
              {g.settings.map((s) => (
                <Field key={s.key} s={s} typed={edits[s.key]} problem={problems[s.key]} edit={edit} />
              ))}
            </Section>
          ))}
        <div class={"save-bar" + (count > 0 || said ? " due" : "")}>
          <p role="status" class={said ? said.kind : ""} data-testid="saved">
            {said ? (
              <>
                <Mark grade={said.kind === "saved" ? "good" : "bad"} /> <span>{said.text}</span>
              </>
            ) : count > 0 ? (
              t("changes", { n: count })
            ) : (
              ""
            )}
          </p>
          {count > 0 && (
            <button
              type="button"
              onClick={() => {
                setEdits({});
                setAdded([]);
                setRemoved([]);
                setProblems({});
                setSaid(undefined);
              }}
            >
              {t("discard")}
            </button>
          )}
          <button type="submit" class="primary" disabled={busy || count === 0}>
            {t("save")}
          </button>
        </div>
    </form>
  );
}

function Loaded() {
  const t = useT();
  const config = useLoaded((signal) => api.get<{ settings: Setting[] }>("config", signal), []);
  if (!config.value)
    return config.error ? <Failure error={config.error} again={config.again} /> : <p class="empty">{t("loading")}</p>;
  return <Form settings={config.value.settings} again={config.again} />;
}

export function Settings() {
  const t = useT();
  const session = useCell(state.session);
  if (!session) return <p class="empty">{t("loading")}</p>;
  if (!session.login)
    return (
      <Section title={t("log_in")} id="login">
        <Login why={t("login_for_settings")} />
      </Section>
    );
  return <Loaded />;
}
