// The HTTP API: its shapes (docs/api/README.md) and how it is called.

export type Source = "meter" | "sample";
export type Point = [time: number, value: number, source: Source];

/** Flat, in the data model's names; what the meter does not have is absent. */
export type Reading = Record<string, number | string | undefined>;

export interface MeterListed {
  id: string;
  serial?: string;
  manufacturer?: string;
  model?: string;
  firmware?: string;
  link: string;
  age_ms?: number;
}

export interface Link {
  link: string;
  text: string;
  causes?: string;
  line?: string;
  age_ms?: number;
  quality_percent?: number;
  retry_rule?: string;
  read_limit?: number;
  counters?: Record<string, number>;
}

export interface Info {
  id: string;
  serial?: string;
  manufacturer?: string;
  model?: string;
  firmware?: string;
  program_id?: string;
  mep_port?: number;
  alert_flags?: number;
  ct?: boolean;
  values?: { name: string; unit?: string }[];
  history?: { state: string; problem?: string; interval_s?: number; intervals?: number };
}

export interface Series {
  name: string;
  unit: string;
  kind: "total" | "mean";
  points: (Point | null)[];
}

export interface Field {
  name: string;
  value?: number | string | boolean;
  unit?: string;
  offset?: number;
  secret?: boolean;
}

export interface TableListed {
  table: string;
  number: number;
  title: string;
  page?: number;
}

export interface TableRead extends TableListed {
  bytes: number;
  size: number;
  values: Field[];
}

export interface Part {
  name: string;
  hex: string;
  meaning?: string;
}

export interface Exchange {
  age_ms: number;
  duration_ms?: number;
  table?: string;
  outcome: string;
  request: Part[];
  response: Part[];
  values?: Field[];
}

export interface Ui {
  software: string;
  version: string;
  language: string;
  currency: string;
  cost_import: number;
  cost_export: number;
  cost_fixed: number;
}

export interface Setting {
  key: string;
  type: "string" | "bool" | "integer" | "decimal" | "choice" | "password";
  text: string;
  default?: string | number | boolean;
  value?: string | number | boolean;
  min?: number;
  max?: number;
  choices?: string[];
  secret?: boolean;
  set?: boolean;
  restart?: boolean;
  fixed?: boolean;
}

export interface Session {
  login: boolean;
  password_set: boolean;
  public: boolean;
  csrf?: string;
}

export interface KeyTest {
  result: "ok" | "refused" | "no_answer";
  form?: string;
  message: string;
}

export interface Health {
  status: string;
  version: string;
  uptime_s: number;
  mqtt: string;
  mqtt_problem?: string;
  store: string;
}

/** What the server said is wrong; status 0: it did not answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    message: string,
    readonly key?: string,
    readonly body?: Record<string, unknown>,
  ) {
    super(message);
  }
}

let csrf = "";
let loginWanted = () => {};

/** Called when the server says that a login is needed and there is none any more. */
export function onLoginWanted(fn: () => void): void {
  loginWanted = fn;
}

const BASE = "api/v1/";

export async function failure(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const error = typeof body.error === "string" ? body.error : "error";
  if (response.status === 401 && error !== "wrong_password") loginWanted();
  return new ApiError(
    response.status,
    error,
    typeof body.message === "string" ? body.message : `${response.status} ${response.statusText}`,
    typeof body.key === "string" ? body.key : undefined,
    body,
  );
}

async function send(method: string, path: string, body: string | undefined, type: string, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = type;
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  let response: Response;
  try {
    response = await fetch(BASE + path, { method, headers, body, cache: "no-store", signal });
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new ApiError(0, "unreachable", "");
  }
  if (!response.ok) throw await failure(response);
  return response;
}

export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return (await (await send(method, path, text, "application/json", signal)).json()) as T;
}

/** The same with a body that is no JSON. */
export async function post(path: string, text: string): Promise<void> {
  await send("POST", path, text, "text/plain");
}

/** A file, however large; `progress` is told the share that is gone. */
export function upload(path: string, file: Blob, progress: (share: number) => void): Promise<void> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = (e) => progress(e.loaded / e.total);
    request.onload = () => {
      if (request.status === 200) done();
      else failure(new Response(request.response as string, { status: request.status })).then(failed, failed);
    };
    request.onerror = () => failed(new ApiError(0, "unreachable", ""));
    request.open("POST", BASE + path);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-CSRF-Token", csrf);
    request.send(file);
  });
}

export const get = <T>(path: string, signal?: AbortSignal) => call<T>("GET", path, undefined, signal);

/** "latest" -> "latest?meter=house&..." */
export function query(path: string, params: Record<string, string | number | undefined>): string {
  const text = Object.entries(params)
    .filter(([, v]) => v !== undefined && v !== "")
    .map(([k, v]) => `${k}=${encodeURIComponent(String(v)).replace(/%2C/g, ",")}`)
    .join("&");
  return text ? `${path}?${text}` : path;
}

export const events = (meter: string | undefined, signal: AbortSignal) =>
  fetch(BASE + query("events", { meter }), { headers: { Accept: "text/event-stream" }, cache: "no-store", signal });

async function session(method: string, body?: unknown): Promise<Session> {
  const s = await call<Session>(method, "session", body);
  csrf = s.csrf ?? "";
  return s;
}

export const whoAmI = () => session("GET");
export const logIn = (password: string) => session("POST", { password });
export const logOut = () => session("DELETE");
