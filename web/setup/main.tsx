// The board's page for set-up and recovery: all in one file, so that it works when nothing else does.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as api from "../src/api";
import "../src/style/base.css";
import "./setup.css";
import { buttonOf, look, type Board } from "./board";
import { lang, t } from "./parts";
import { Service } from "./service";
import { KeyForm, Login, PasswordForm, Step, WifiForm, wifiSummary } from "./steps";

const EVERY_MS = 4000;

function State({ board }: { board: Board }) {
  const { network } = board;
  const where =
    network.state === "online"
      ? t("online", { address: board.address })
      : t("offline") + (network.problem && ": " + network.problem);
  return (
    <>
      <p class="note" role="status">
        {t("version", { version: board.version })}, {where}
      </p>
      {board.probation && <p class="banner">{t("probation")}</p>}
    </>
  );
}

function Page() {
  const [board, setBoard] = useState<Board>();
  const [login, setLogin] = useState(false);
  const [lost, setLost] = useState(false);

  const refresh = async () => {
    try {
      setBoard(await look());
      setLogin((await api.whoAmI()).login);
      setLost(false);
    } catch {
      setLost(true);
    }
  };
  useEffect(() => {
    void refresh();
    const timer = setInterval(() => document.hidden || void refresh(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);

  if (!board)
    return (
      <p class="note" role="status">
        {t(lost ? "no_answer" : "asking")}
      </p>
    );
  const online = board.network.state === "online";
  const first = !board.password_set && board.in_hand;
  const ready = board.password_set && board.key_set && online;
  return (
    <>
      <State board={board} />
      {lost && (
        <p class="banner" role="alert">
          {t("no_answer")}
        </p>
      )}
      {!board.password_set && !board.in_hand && <p class="banner">{t("not_in_hand", { pin: buttonOf(board) })}</p>}
      {board.password_set && !login && <Login board={board} refresh={refresh} />}
      {(first || login) && (
        <ol class="steps">
          <Step
            id="step-password"
            number={1}
            title={t("step_password")}
            done={board.password_set}
            may={first || login}
            summary={t("password_set")}
          >
            {(close) => <PasswordForm refresh={refresh} close={close} />}
          </Step>
          {board.network.radio && (
            <Step id="step-wifi" number={2} title={t("step_wifi")} done={online} may={login} summary={wifiSummary(board)}>
              {(close) => <WifiForm refresh={refresh} close={close} />}
            </Step>
          )}
          <Step
            id="step-key"
            number={board.network.radio ? 3 : 2}
            title={t("step_key")}
            done={board.key_set}
            may={login}
            summary={t("key_set")}
          >
            {(close) => <KeyForm refresh={refresh} close={close} />}
          </Step>
        </ol>
      )}
      {board.password_set && (
        <p class="go">
          {ready && login && <b>{t("all_done")}</b>}
          <a class={"button" + (ready && login ? " primary" : "")} href="/">
            {t("to_dashboard")}
          </a>
          {ready && login && board.network.access_point && <small>{t("go_home")}</small>}
        </p>
      )}
      <Service board={board} login={login} refresh={refresh} />
    </>
  );
}

function dress(dark: boolean): void {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", (e) => dress(e.matches));
dress(dark.matches);
document.documentElement.lang = lang;
document.title = `MEPlink: ${t("title")}`;
render(
  <>
    <header class="top">
      <span class="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M4 20h6l4-11 4 15 3-8h7" />
        </svg>
        MEPlink
      </span>
      <h1>{t("title")}</h1>
    </header>
    <main>
      <Page />
    </main>
  </>,
  document.getElementById("app")!,
);
