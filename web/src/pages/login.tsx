import { useRef, useState } from "preact/hooks";
import * as api from "../api";
import { useCell } from "../cell";
import { useT } from "../i18n";
import * as state from "../state";

export function Login({ why }: { why: string }) {
  const t = useT();
  const session = useCell(state.session);
  const ui = useCell(state.ui);
  const ended = useCell(state.sessionEnded);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);

  if (session && !session.password_set)
    return (
      <div class="login">
        <p>{why}</p>
        <p>
          {t("no_password_set")} {ui && (state.isBoard(ui) ? <a href="/setup">{t("board_page")}</a> : t("no_password_mepd"))}
        </p>
      </div>
    );

  const submit = async (e: Event) => {
    e.preventDefault();
    const password = field.current?.value ?? "";
    setBusy(true);
    setProblem("");
    try {
      state.setSession(await api.logIn(password));
    } catch (error) {
      const said = error instanceof api.ApiError ? error : undefined;
      setProblem(said?.error === "wrong_password" ? t("wrong_password") : said?.message || t("unreachable"));
      field.current?.select();
      field.current?.focus();
    }
    setBusy(false);
  };
  return (
    <form class="login" onSubmit={(e) => void submit(e)}>
      <p>{ended ? t("session_ended") : why}</p>
      {/* For password managers, which want to know whose it is. */}
      <input type="text" name="username" value="meplink" autoComplete="username" hidden readOnly />
      <label for="password">{t("password")}</label>
      <div class="row">
        <input
          id="password"
          ref={field}
          type="password"
          name="password"
          required
          autoComplete="current-password"
          aria-describedby="login-problem"
          aria-invalid={problem !== ""}
        />
        <button type="submit" class="primary" disabled={busy}>
          {t("log_in")}
        </button>
      </div>
      <p id="login-problem" class="problem" role="alert">
        {problem}
      </p>
    </form>
  );
}
