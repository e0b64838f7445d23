// What stands around the pages: who and where, whether all is well, and the way
// from one to another.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "./api";
import { useCell } from "./cell";
import * as format from "./format";
import { chooseLang, lang, LANGS, useT, type Key } from "./i18n";
import { kept } from "./kept";
import { follow } from "./live";
import { History } from "./pages/history";
import { LinkPage, linkCauses, linkText, Mark } from "./pages/link";
import { Login } from "./pages/login";
import { Meter } from "./pages/meter";
import { Now } from "./pages/now";
import { Settings } from "./pages/settings";
import { Section, useTick } from "./parts";
import { href, PAGES, replace, route, type Page } from "./route";
import * as state from "./state";
import { setTheme, theme, THEMES, type Theme } from "./theme";

const VIEWS: Record<Page, () => JSX.Element | null> = {
  now: Now,
  history: History,
  meter: Meter,
  link: LinkPage,
  settings: Settings,
};

const ICONS: Record<Page, string> = {
  now: "M3.5 15a8.5 8.5 0 1 1 17 0M12 15l4.2-5.4M5 19h14",
  history: "M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6",
  meter: "M5 3.5h14v17H5zM8 7h8v4H8zM8 15h3M13 15h3",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8v4.4M9 14.8v4.4",
};

function Icon({ d }: { d: string }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={d} />
    </svg>
  );
}

function Nav({ page }: { page: Page | undefined }) {
  const t = useT();
  return (
    <nav aria-label={t("nav")}>
      <ul>
        {PAGES.map((p) => (
          <li key={p}>
            <a href={href(p)} aria-current={p === page ? "page" : undefined}>
              <Icon d={ICONS[p]} />
              <span>{t(p)}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function WhichMeter() {
  const t = useT();
  const meters = useCell(state.meters);
  const { meter, page, rest } = useCell(route);
  // One that was taken out, or an old address.
  const here = meters.find((m) => m.id === meter || m.serial === meter);
  const known = meter === undefined || meters.length === 0 || here !== undefined;
  useEffect(() => {
    if (!known && page) replace(href(page, rest, ""));
  }, [known, page]);
  if (meters.length < 2)
    return meters[0] ? <span class="meter-name">{meters[0].serial || meters[0].id}</span> : null;
  return (
    <span class="meter-name">
      <select
        aria-label={t("which_meter")}
        value={(here ?? meters[0]!).id}
        onChange={(e) => (location.hash = href(page ?? "now", [], e.currentTarget.value))}
      >
        {meters.map((m) => (
          <option key={m.id} value={m.id}>
            {m.id}
            {m.serial ? ` · ${m.serial}` : ""}
          </option>
        ))}
      </select>
    </span>
  );
}

/** In a word whether what is shown is what is; details are in the banner. */
function Pulse() {
  const t = useT();
  const received = useCell(state.latest);
  const link = useCell(state.link);
  const lost = useCell(state.lost);
  useTick(1000);
  const stale = state.isStale(received, link?.link, lost !== undefined);
  const live = received !== undefined && !stale && !lost;
  return (
    <span class={"pulse " + (live ? "live" : "old-pulse")}>
      <i aria-hidden="true" />
      {live ? t("live") : received ? t("stale") : format.NONE}
    </span>
  );
}

/** What is wrong, and since when; nothing while all is well. */
function Banner() {
  const t = useT();
  const received = useCell(state.latest);
  const link = useCell(state.link);
  const lost = useCell(state.lost);
  const page = useCell(route).page;
  useTick(1000);
  const now = Date.now();
  let text = "";
  let causes = "";
  if (lost && now - lost.since > 1500) {
    // It may have something to say against being asked.
    text = lost.message || t("server_lost", { time: format.moment(lost.since / 1000, now / 1000) });
  } else if (!lost && link && link.link !== "ok") {
    const why = link.line ? `${t("line_not_open")}: ${link.line}` : linkText(link);
    const at = received?.at ?? link.at;
    if (link.link === "damaged" && received && !state.isStale(received, link.link, false)) text = t("link_trouble", { why });
    else if (at !== undefined) text = t("no_reading_because", { time: format.moment(at, now / 1000), why });
    else text = t("no_reading_ever_because", { why });
    causes = linkCauses(link);
  } else if (!lost && received && state.isStale(received, link?.link, false)) {
    text = t("no_reading_since", { time: format.moment(received.at, now / 1000) });
  }
  return (
    <div role="status" class={text ? "banner" : ""} data-link={link?.link}>
      {text && (
        <>
          <Mark grade={link?.link === "starting" && !lost ? "so-so" : "bad"} />
          <p>
            <strong>{text}</strong>
            {causes && page !== "link" && (
              <>
                {" "}
                <a href={href("link")}>{t("what_is_wrong")}</a>
              </>
            )}
          </p>
        </>
      )}
    </div>
  );
}

const THEME_ICON: Record<Theme, string> = {
  auto: "M12 3.5a8.5 8.5 0 1 0 0 17zM12 3.5a8.5 8.5 0 0 1 0 17",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.8 1.8M17.2 17.2 19 19M19 5l-1.8 1.8M6.8 17.2 5 19",
  dark: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10",
};

function Look() {
  const t = useT();
  const chosen = useCell(theme);
  const language = useCell(lang);
  const names: Record<Theme, Key> = { auto: "theme_auto", light: "theme_light", dark: "theme_dark" };
  return (
    <div class="look">
      <div class="themes" role="radiogroup" aria-label={t("theme")}>
        {THEMES.map((x) => (
          <label key={x} title={t(names[x])}>
            <input type="radio" name="theme" value={x} checked={x === chosen} onChange={() => setTheme(x)} />
            <Icon d={THEME_ICON[x]} />
            <span class="hear">{t(names[x])}</span>
          </label>
        ))}
      </div>
        <select aria-label={t("language")} value={language} onChange={(e) => state.setLang(e.currentTarget.value)}>
          {Object.entries(LANGS).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
    </div>
  );
}

function Footer() {
  const t = useT();
  const ui = useCell(state.ui);
  const session = useCell(state.session);
  const logOut = async () => {
    try {
      state.setSession(await api.logOut());
    } catch {
      state.setSession(await api.whoAmI());
    }
  };
  return (
    <footer>
      <p>
        {ui ? `${ui.software} ${ui.version}` : "MEPlink"}
        {" · "}
        <a href="api/v1/openapi.json">API</a>
      </p>
      {session?.login ? (
        <button type="button" class="small" onClick={() => void logOut().catch(() => {})}>
          {t("log_out")}
        </button>
      ) : (
        session?.password_set && <a href={href("settings")}>{t("log_in")}</a>
      )}
      <Look />
    </footer>
  );
}

/** Asks who we are until the server says so. */
function useStart(): string {
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const start = async () => {
      try {
        const session = await api.whoAmI();
        if (session.public || session.login) await Promise.all([state.loadUi(), state.loadMeters()]);
        else chooseLang(kept("lang"), "auto");
        state.setSession(session);
        setProblem("");
      } catch (e) {
        setProblem(e instanceof api.ApiError && e.message ? e.message : "unreachable");
        timer = setTimeout(() => void start(), 2000);
      }
    };
    chooseLang(kept("lang"), "auto");
    void start();
    api.onLoginWanted(() => {
      const was = state.session.value;
      if (was?.login) state.sessionEnded.set(true);
      if (was) state.session.set({ ...was, login: false, csrf: undefined });
      // It may have become another one's, or the page no longer public.
      api.whoAmI().then(state.setSession, () => {});
    });
    return () => clearTimeout(timer);
  }, []);
  return problem;
}

export function App() {
  const t = useT();
  const problem = useStart();
  const session = useCell(state.session);
  const { page, meter } = useCell(route);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const readable = session !== undefined && (session.public || session.login);

  useEffect(() => {
    if (!readable) return undefined;
    const abort = new AbortController();
    if (!state.ui.value) {
      state.loadUi().catch(() => {});
      state.loadMeters().catch(() => {});
    }
    void follow(meter, abort.signal);
    return () => abort.abort();
  }, [readable, meter]);

  const title = page ? t(page) : t("not_found");
  useEffect(() => {
    document.title = `${title} · MEPlink`;
  }, [title]);
  useEffect(() => {
    // A new page is read from its beginning, also by those who hear it.
    if (!first.current) {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    first.current = false;
  }, [page]);

  const View = page && VIEWS[page];
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(e) => {
          e.preventDefault();
          main.current?.focus();
        }}
      >
        {t("skip")}
      </a>
      <header class="top">
        <a class="brand" href={href("now")}>
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M4 20h6l4-11 4 15 3-8h7" />
          </svg>
          MEPlink
        </a>
        {readable && (
          <>
            <WhichMeter />
            <Nav page={page} />
            <Pulse />
          </>
        )}
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <h1 class="hear">{title}</h1>
        {readable && <Banner />}
        {session === undefined ? (
          <p class="empty" role="status">
            {problem === "" ? t("loading") : problem === "unreachable" ? `${t("unreachable")} ${t("server_retry")}` : problem}
          </p>
        ) : !readable ? (
          <Section title={t("log_in")} id="login">
            <Login why={t("login_for_all")} />
          </Section>
        ) : View ? (
          <View key={page === "settings" ? page : `${page} ${meter ?? ""}`} />
        ) : (
          <p class="empty">{t("not_found")}</p>
        )}
      </main>
      <Footer />
    </>
  );
}
