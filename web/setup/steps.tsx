// The steps of the first set-up, which are there later to change what they set.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../src/api";
import type { KeyTest } from "../src/api";
import * as board from "./board";
import type { Board, Seen } from "./board";
import { Outcome, Secret, t, useTask, Whose } from "./parts";

/** `open`: what there is to do; otherwise what is so, and a way to change it. */
export function Step(props: {
  id: string;
  number: number;
  title: string;
  done: boolean;
  may: boolean;
  summary: ComponentChildren;
  children: (close: (said?: string) => void) => ComponentChildren;
}) {
  const [again, setAgain] = useState(false);
  const [said, say] = useState<string>();
  const open = props.may && (!props.done || again);
  return (
    <li class={"plate step" + (props.done ? " done" : "")} id={props.id}>
      <header class="plate-head">
        <h2>
          <span class="number" aria-hidden="true">
            {props.done ? "✓" : props.number}
          </span>
          {props.title}
          {props.done && <span class="hear"> ({t("done")})</span>}
        </h2>
        {props.may && props.done && !open && (
          <button type="button" class="small" aria-label={`${t("change")}: ${props.title}`} onClick={() => setAgain(true)}>
            {t("change")}
          </button>
        )}
      </header>
      {open
        ? props.children((text) => {
            setAgain(false);
            say(text);
          })
        : props.done && <p>{said ?? props.summary}</p>}
    </li>
  );
}

export function PasswordForm({ refresh, close }: { refresh: () => Promise<void>; close: () => void }) {
  const [said, run] = useTask();
  const field = useRef<HTMLInputElement>(null);
  const submit = (e: Event) => {
    e.preventDefault();
    const password = field.current?.value ?? "";
    void run(async () => {
      await api.call("POST", "board/password", { password });
      await api.logIn(password);
      close();
      await refresh();
      return t("password_set");
    });
  };
  return (
    <form onSubmit={submit}>
      <p class="note">{t("password_why")}</p>
      <Whose />
      <Secret
        id="new-password"
        label={t("password_new")}
        name="password"
        autoComplete="new-password"
        field={field}
        minLength={8}
        maxLength={127}
        required
      />
      <p class="actions">
        <button type="submit" class="primary" disabled={said?.kind === "busy"}>
          {t("save")}
        </button>
      </p>
      <Outcome said={said} />
    </form>
  );
}

export function Login(props: { board: Board; refresh: () => Promise<void> }) {
  const [said, run] = useTask();
  const field = useRef<HTMLInputElement>(null);
  const submit = (e: Event) => {
    e.preventDefault();
    void run(async () => {
      try {
        await api.logIn(field.current?.value ?? "");
      } catch (error) {
        field.current?.select();
        if (error instanceof api.ApiError && error.error === "wrong_password") throw new api.ApiError(401, "", t("wrong_password"));
        throw error;
      }
      await props.refresh();
      return "";
    });
  };
  return (
    <section class="plate">
      <h2>{t("log_in")}</h2>
      <form onSubmit={submit}>
        <Whose />
        <Secret id="password" label={t("password")} name="password" autoComplete="current-password" field={field} required />
        <p class="actions">
          <button type="submit" class="primary" disabled={said?.kind === "busy"}>
            {t("log_in")}
          </button>
        </p>
        <Outcome said={said} />
        <p class="note">{t("forgotten", { pin: board.buttonOf(props.board) })}</p>
      </form>
    </section>
  );
}

/** Four bars in words for those who hear: the value itself. */
function Strength({ rssi }: { rssi: number }) {
  const bars = rssi > -55 ? 4 : rssi > -65 ? 3 : rssi > -75 ? 2 : 1;
  return (
    <span class="strength">
      <svg viewBox="0 0 16 12" aria-hidden="true">
        {[1, 2, 3, 4].map((n) => (
          <rect key={n} x={4 * n - 4} y={12 - 3 * n} width="3" height={3 * n} class={n <= bars ? "on" : ""} />
        ))}
      </svg>
      <small class="num">{rssi} dBm</small>
    </span>
  );
}

const OTHER = "";

export function WifiForm({ refresh, close }: { refresh: () => Promise<void>; close: () => void }) {
  const [said, run, say] = useTask();
  const [looking, setLooking] = useState(true);
  const [seen, setSeen] = useState<Seen[]>([]);
  const [chosen, choose] = useState<string>();
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);

  const look = async () => {
    setLooking(true);
    setSeen(await board.networks().catch(() => []));
    setLooking(false);
  };
  useEffect(() => void look(), []);

  const other = chosen === OTHER || (!looking && seen.length === 0);
  const open = seen.find((s) => s.ssid === chosen)?.open ?? false;
  const submit = (e: Event) => {
    e.preventDefault();
    const ssid = other ? (name.current?.value ?? "") : (chosen ?? "");
    void run(async () => {
      const joined = await board.join(ssid, open ? "" : (password.current?.value ?? ""));
      if (!joined) throw new api.ApiError(200, "", t("wifi_no_news"));
      close();
      await refresh();
      return "";
    }, t("wifi_trying"));
  };
  return (
    <form onSubmit={submit}>
      <fieldset>
        <legend class="hear">{t("wifi_network")}</legend>
        {looking && <p class="note" role="status">{t("wifi_looking")}</p>}
        {!looking && seen.length === 0 && <p class="note">{t("wifi_none")}</p>}
        <ul class="networks">
          {[...seen, { ssid: OTHER, rssi: 0, open: false }].map((s) => (
            <li key={s.ssid}>
              <label>
                <input
                  type="radio"
                  name="network"
                  value={s.ssid}
                  checked={s.ssid === OTHER ? other : s.ssid === chosen}
                  onChange={() => {
                    choose(s.ssid);
                    say(undefined);
                  }}
                />
                <span class="ssid">{s.ssid === OTHER ? t("wifi_other") : s.ssid}</span>
                {s.open && <small>{t("wifi_open")}</small>}
                {s.ssid !== OTHER && <Strength rssi={s.rssi} />}
              </label>
            </li>
          ))}
        </ul>
      </fieldset>
      {other && (
        <>
          <label for="ssid">{t("wifi_name")}</label>
          <input id="ssid" ref={name} maxLength={32} autoComplete="off" autoCapitalize="none" spellcheck={false} required />
        </>
      )}
      {!open && (other || chosen !== undefined) && (
        <Secret
          id="wifi-password"
          label={t("wifi_password")}
          name="wifi-password"
          autoComplete="off"
          field={password}
          maxLength={64}
          required={!other}
        />
      )}
      <p class="actions">
        <button type="submit" class="primary" disabled={said?.kind === "busy" || !(other || chosen !== undefined)}>
          {t("wifi_join")}
        </button>
        <button type="button" disabled={looking || said?.kind === "busy"} onClick={() => void look()}>
          {t("wifi_again")}
        </button>
      </p>
      <Outcome said={said} />
    </form>
  );
}

export function wifiSummary(b: Board): ComponentChildren {
  return t("wifi_joined", { name: `http://${b.hostname}.local/`, address: `http://${b.address}/` });
}

export function KeyForm({ refresh, close }: { refresh: () => Promise<void>; close: (said: string) => void }) {
  const [said, run] = useTask();
  const [untried, setUntried] = useState("");
  const field = useRef<HTMLInputElement>(null);

  const keep = async (key: string, text: string) => {
    await api.call("PATCH", "config", { "meter.meter.key": key });
    setUntried("");
    close(text);
    await refresh();
    return text;
  };
  const submit = (e: Event) => {
    e.preventDefault();
    const key = field.current?.value ?? "";
    setUntried("");
    void run(async () => {
      const { result, form = "" } = await api.call<KeyTest>("POST", "key-test", { meter: "meter", key });
      if (result === "ok") return keep(key, t("key_kept", { form }));
      if (result === "no_answer") setUntried(key);
      throw new api.ApiError(200, result, t(result === "refused" ? "key_refused" : "key_no_answer", { form }));
    }, t("key_trying"));
  };
  return (
    <form onSubmit={submit}>
      <Secret id="key" label={t("key_label")} name="key" autoComplete="off" field={field} shown required />
      <p class="actions">
        <button type="submit" class="primary" disabled={said?.kind === "busy"}>
          {t("key_try")}
        </button>
        {untried !== "" && (
          <button type="button" onClick={() => void run(() => keep(untried, t("key_kept_untried")))}>
            {t("key_keep")}
          </button>
        )}
      </p>
      <Outcome said={said} />
    </form>
  );
}
