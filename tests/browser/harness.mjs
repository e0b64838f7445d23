// What the browser's tests and the pictures share: a mepsim with two meters and a mepd,
// or a board without its chip, and a Chromium of their own, all on loopback, in a folder
// that goes with them.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const web = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = web("playwright-core");

const BIN = resolve(process.env.MEPLINK_BIN ?? "build/release/bin");
export const KEY = "simulated-basic!"; // mepsim's default MBK
export const PASSWORD = "correct horse";

/** Waits for a condition; the limit is generous, since the machine may be busy. */
export async function until(what, condition, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function end(child, signal = "SIGTERM") {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
}

/** A Chromium that looks at this.base, in this.folder. */
class Visited {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "meplink-browser-"));
  }

  /** A new page. `requests` and `errors` are of all pages of this context. */
  async open(options = {}) {
    this.requests ??= [];
    this.errors ??= [];
    this.browser ??= await chromium.launchPersistentContext(join(this.folder, "profile"), {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      headless: true,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
      viewport: { width: 1280, height: 900 },
      locale: "en-GB",
      ...options,
    });
    const page = await this.browser.newPage();
    page.setDefaultTimeout(60000);
    page.on("request", (r) => this.requests.push(r.url()));
    page.on("pageerror", (e) => this.errors.push(`page: ${e.message}`));
    page.on("console", (m) => {
      // That an answer is 401 is said by the browser itself, and is no fault of the page.
      if (m.type() === "error" && !m.text().startsWith("Failed to load resource")) this.errors.push(m.text());
    });
    await page.goto(this.base);
    return page;
  }

  async close() {
    await this.browser?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class House extends Visited {
  constructor() {
    super();
    this.line = join(this.folder, "meter");
    this.truthFile = join(this.folder, "truth");
    this.config = join(this.folder, "mepd.conf");
    this.log = "";
  }

  async begin(settings = "", simOptions = [], env = {}) {
    this.simOptions = simOptions;
    this.env = { ...process.env, ...env };
    this.port = await freePort();
    this.base = `http://127.0.0.1:${this.port}/`;
    writeFileSync(
      this.config,
      `http.listen = 127.0.0.1:${this.port}\ndata = ${this.folder}\n${settings}` +
        ["house", "garage"].map((name, i) => `[meter ${name}]\nuri = ${this.line}${i}\nkey = ${KEY}\n`).join(""),
    );
    const set = spawnSync(join(BIN, "mepd"), ["--config", this.config, "--set-password"], { input: PASSWORD + "\n" });
    if (set.status !== 0) throw new Error(`mepd --set-password: ${set.stderr}`);
    await this.plug();
    await this.start();
  }

  run(program, options, stdio) {
    return spawn(join(BIN, program), options, { stdio, env: this.env });
  }

  /** The meters, on the lines that mepd knows. */
  async plug() {
    const options = ["--pty", this.line, "--meters", "2", "--truth", this.truthFile, ...this.simOptions];
    this.sim = this.run("mepsim", options, ["ignore", "ignore", "inherit"]);
    await until("mepsim", () => existsSync(`${this.line}0`) && existsSync(`${this.line}1`));
  }

  async unplug() {
    await end(this.sim);
  }

  async start() {
    this.mepd = this.run("mepd", ["--config", this.config], ["ignore", "ignore", "pipe"]);
    this.mepd.stderr.on("data", (text) => (this.log += text));
    await until(`mepd (${this.log})`, () => fetch(this.base).then((r) => r.ok, () => false));
  }

  async stop() {
    await end(this.mepd);
  }

  /** What a meter really had at each read of BT28, oldest first. */
  truth(meter = 0) {
    return readFileSync(this.truthFile, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line))
      .filter((x) => x.meter === meter && x.read === "BT28" && x.power_import_w !== undefined);
  }

  /** All of both meters' memory is in the store: for a while nothing is added to it. */
  async remembered() {
    let last = "";
    let since = Date.now();
    await until(
      "all of the meters' memory",
      async () => {
        const all = await Promise.all(["house", "garage"].map((m) => this.api(`info?meter=${m}`)));
        const now = JSON.stringify(all.map((i) => i.history));
        if (now !== last || all.some((i) => i.history?.state !== "current")) since = Date.now();
        last = now;
        return Date.now() - since > 5000;
      },
      900,
    );
  }

  api(path) {
    return fetch(`${this.base}api/v1/${path}`).then((r) => r.json());
  }

  async close() {
    await this.browser?.close();
    await this.stop();
    await this.unplug();
    await super.close();
  }
}

/** tests/firmware/board/board.c. */
export class Board extends Visited {
  async begin(...options) {
    const port = await freePort();
    this.base = `http://127.0.0.1:${port}/`;
    this.board = spawn(join(BIN, "test_board"), [String(port), ...options], { stdio: ["ignore", "pipe", "inherit"] });
    await once(this.board.stdout, "data");
  }

  state() {
    return fetch(`${this.base}api/v1/board`).then((r) => r.json());
  }

  async close() {
    await this.browser?.close();
    await end(this.board);
    await super.close();
  }
}

/** "−1 234 W" or "12.35 kW" as watts, with their sign. */
export function watts(text) {
  const m = /(\u2212?)([\d.,\u202f]+)\s*(k?)W/.exec(text.replace(/\u00a0/g, " "));
  if (!m) return undefined;
  const value = Number(m[2].replace(/\u202f/g, "").replace(",", "."));
  return (m[1] ? -1 : 1) * value * (m[3] ? 1000 : 1);
}

export async function logIn(page, password = PASSWORD) {
  await page.fill("#password", password);
  await page.press("#password", "Enter");
}

export const axeSource = () => readFileSync(web.resolve("axe-core/axe.min.js"), "utf8");
