// What a board that is set up is served with: updates, backup, certificates, diagnostics.

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import * as api from "../src/api";
import { fetchUpdate, type Board } from "./board";
import { FileForm, Outcome, t, useTask } from "./parts";

function Fold({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return (
    <details class="plate" id={id}>
      <summary>
        <h2>{title}</h2>
      </summary>
      {children}
    </details>
  );
}

function Update() {
  const [said, run] = useTask();
  const [fetched, runFetch, sayFetch] = useTask();
  const [share, setShare] = useState<number>();
  const older = useRef<HTMLInputElement>(null);
  const url = useRef<HTMLInputElement>(null);
  const install = (file: File | undefined) =>
    run(async () => {
      setShare(0);
      try {
        await api.upload("board/update" + (older.current?.checked ? "?older=yes" : ""), file!, setShare);
      } catch (e) {
        if (e instanceof api.ApiError && e.status === 0) throw new api.ApiError(0, "", t("update_broke"));
        throw e;
      } finally {
        setShare(undefined);
      }
      return t("update_starts");
    });
  const fetchIt = (e: Event) => {
    e.preventDefault();
    void runFetch(async () => {
      await fetchUpdate(url.current?.value ?? "", older.current?.checked ?? false, (bytes) =>
        sayFetch({ kind: "busy", text: t("update_bytes", { bytes }) }),
      );
      return t("update_starts");
    });
  };
  return (
    <Fold id="update" title={t("update")}>
      <label class="check">
        <input type="checkbox" ref={older} /> {t("update_older")}
      </label>
      <FileForm id="image" label={t("update_file")} button={t("update_install")} said={said} act={install}>
        {share !== undefined && <progress max="1" value={share} aria-label={t("update")} />}
      </FileForm>
      <form onSubmit={fetchIt}>
        <label for="url">{t("update_url")}</label>
        <input id="url" ref={url} type="url" maxLength={255} placeholder="https://" required />
        <p class="actions">
          <button type="submit" disabled={fetched?.kind === "busy"}>
            {t("update_fetch")}
          </button>
        </p>
        <Outcome said={fetched} />
      </form>
    </Fold>
  );
}

function Settings({ refresh }: { refresh: () => Promise<void> }) {
  const [said, run] = useTask();
  return (
    <Fold id="settings" title={t("settings")}>
      <p class="links">
        <a href="/#/settings">{t("all_settings")}</a>
        <a href="/api/v1/board/backup" download="meplink.conf">
          {t("backup")}
        </a>
        <a href="/api/v1/board/backup?secrets=yes" download="meplink-with-secrets.conf">
          {t("backup_secrets")}
        </a>
      </p>
      <FileForm
        id="backup"
        label={t("restore_file")}
        button={t("restore")}
        said={said}
        act={(file) =>
          run(async () => {
            await api.post("board/restore", await file!.text());
            await refresh();
            return t("restored");
          })
        }
      />
    </Fold>
  );
}

const PEMS = [
  ["mqtt.ca", "pem_ca"],
  ["mqtt.cert", "pem_cert"],
  ["mqtt.key", "pem_key"],
] as const;

function Certificates({ board, refresh }: { board: Board; refresh: () => Promise<void> }) {
  const [said, run] = useTask();
  const [which, choose] = useState<string>(PEMS[0][0]);
  const store = (text: string, done: string) =>
    run(async () => {
      await api.post("board/certificate?name=" + which, text);
      await refresh();
      return done;
    });
  return (
    <Fold id="certificates" title={t("certificates")}>
      <p class="note">{t("certificates_why")}</p>
      <FileForm
        id="pem"
        label={t("pem_file")}
        button={t("pem_store")}
        said={said}
        act={async (file) => store(await file!.text(), t("stored"))}
      >
        <label for="which">{t("pem_which")}</label>
        <select id="which" value={which} onChange={(e) => choose(e.currentTarget.value)}>
          {PEMS.map(([name, text]) => (
            <option key={name} value={name}>
              {board.certificates[name] ? t("pem_stored", { what: t(text) }) : t(text)}
            </option>
          ))}
        </select>
        {board.certificates[which] && (
          <p class="actions">
            <button type="button" onClick={() => void store("", t("removed"))}>
              {t("pem_remove")}
            </button>
          </p>
        )}
      </FileForm>
    </Fold>
  );
}

function Restart() {
  const [said, run] = useTask();
  const act = (what: string) =>
    run(async () => {
      await api.call("POST", "board/" + what);
      return t("restarts");
    });
  return (
    <Fold id="restart" title={t("restart_title")}>
      <p class="actions">
        <button type="button" onClick={() => void act("restart")}>
          {t("restart")}
        </button>
        <button type="button" onClick={() => confirm(t("forget_sure")) && void act("forget")}>
          {t("forget")}
        </button>
      </p>
      <Outcome said={said} />
    </Fold>
  );
}

const kb = (bytes: number) => Math.floor(bytes / 1024);

function facts(b: Board): [string, string][] {
  const link = b.meter_link;
  const reasons = Object.entries(b.starts).filter(([reason, n]) => typeof n === "number" && reason !== "all" && n > 0);
  const bridged = t("d_bridged", { wrong: link.bridge_wrong, bytes: link.bridge_bytes });
  return [
    [t("d_uptime"), t("d_hours", { h: Math.floor(b.uptime_s / 3600), m: Math.floor(b.uptime_s / 60) % 60 })],
    [t("d_last"), b.starts.last],
    [t("d_starts"), `${b.starts.all}: ${reasons.map(([reason, n]) => `${reason} ${n}`).join(", ")}`],
    [t("d_brown_outs"), String(b.starts.brown_out ?? 0)],
    [t("d_memory"), t("d_least", { free: kb(b.heap.free), least: kb(b.heap.least) })],
    ...(b.rssi !== 0 ? [[t("d_signal"), `${b.rssi} dBm`] as [string, string]] : []),
    [t("d_link"), link.bridged ? bridged : t(link.transceiver && link.enable ? "d_on" : "d_off")],
    [t("d_recovery"), t("d_cycles", { enable: link.enable_cycles, supply: Math.max(0, link.supply_cycles - 1) }) /* the start is none */],
    [t("d_slot"), `${b.slot}, ${b.chip}, ESP-IDF ${b.idf}`],
  ];
}

function Diagnostics({ board, login, refresh }: { board: Board; login: boolean; refresh: () => Promise<void> }) {
  const [said, run] = useTask();
  return (
    <Fold id="diagnostics" title={t("diagnostics")}>
      <dl>
        {facts(board).map(([name, value]) => (
          <div key={value}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="links">
        {login && <a href="/api/v1/board/log">{t("log")}</a>}
        <a href="/api/v1/board">{t("all_facts")}</a>
        {login && board.core_dump && (
          <>
            <a href="/api/v1/board/core" download="core.elf">
              {t("core")}
            </a>
            <button
              type="button"
              class="small"
              onClick={() =>
                void run(async () => {
                  await api.call("DELETE", "board/core");
                  await refresh();
                  return t("removed");
                })
              }
            >
              {t("core_delete")}
            </button>
          </>
        )}
      </p>
      <Outcome said={said} />
    </Fold>
  );
}

export function Service(props: { board: Board; login: boolean; refresh: () => Promise<void> }) {
  return (
    <>
      {props.login && (
        <>
          <Update />
          <Settings refresh={props.refresh} />
          <Certificates board={props.board} refresh={props.refresh} />
          <Restart />
        </>
      )}
      <Diagnostics {...props} />
    </>
  );
}
