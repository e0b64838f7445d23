// What the parts of the set-up page share: texts, forms that say how it went, sections.

import type { ComponentChildren, RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { ApiError } from "../src/api";
import type { Lang } from "../src/format";
import { texts, type Key } from "./texts";

const isLang = (l: string): l is Lang => l in texts;

/** The browser's language; the page is over before anybody would choose one. */
export const lang = navigator.languages.map((l) => l.slice(0, 2)).find(isLang) ?? "en";

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return texts[lang][key].replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
}

export function sayError(e: unknown): string {
  if (!(e instanceof ApiError)) return String(e);
  const why = e.message || t("no_answer");
  return typeof e.body?.line === "number" ? t("line", { line: e.body.line, why }) : why;
}

/** How something that was asked of the board goes. */
export type Said = { kind: "busy" | "good" | "bad"; text: string } | undefined;

export function useTask(): [Said, (task: () => Promise<string>, meanwhile?: string) => Promise<void>, (said: Said) => void] {
  const [said, say] = useState<Said>();
  const run = async (task: () => Promise<string>, meanwhile = t("busy")) => {
    say({ kind: "busy", text: meanwhile });
    try {
      say({ kind: "good", text: await task() });
    } catch (e) {
      say({ kind: "bad", text: sayError(e) });
    }
  };
  return [said, run, say];
}

export function Outcome({ said }: { said: Said }) {
  return (
    <p class={"said " + (said?.kind ?? "")} role="status">
      {said?.text}
    </p>
  );
}

/** A password, or a key: it can be looked at while it is typed. */
export function Secret(props: {
  id: string;
  label: string;
  name: string;
  autoComplete: string;
  field: RefObject<HTMLInputElement>;
  shown?: boolean;
  minLength?: number;
  maxLength?: number;
  required?: boolean;
}) {
  const { label, field, shown, ...rest } = props;
  const [seen, see] = useState(shown ?? false);
  return (
    <>
      <label for={props.id}>{label}</label>
      <div class="row">
        <input {...rest} ref={field} type={seen ? "text" : "password"} autoCapitalize="none" spellcheck={false} />
        <button type="button" aria-pressed={seen} onClick={() => see(!seen)}>
          {t(seen ? "hide" : "show")}
        </button>
      </div>
    </>
  );
}

/** For password managers, which want to know whose it is. */
export const Whose = () => <input type="text" name="username" value="meplink" autoComplete="username" hidden readOnly />;

/** A file and a button; `act` gets what was chosen. */
export function FileForm(props: {
  id: string;
  label: string;
  button: string;
  said: Said;
  required?: boolean;
  children?: ComponentChildren;
  act: (file: File | undefined) => Promise<void>;
}) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        void props.act(field.current?.files?.[0]);
      }}
    >
      {props.children}
      <label for={props.id}>{props.label}</label>
      <input id={props.id} ref={field} type="file" required={props.required ?? true} />
      <p class="actions">
        <button type="submit" disabled={props.said?.kind === "busy"}>
          {props.button}
        </button>
      </p>
      <Outcome said={props.said} />
    </form>
  );
}
