// The pictures of docs/pictures/, taken anew: cd web && npm run pictures, or those of
// one alone: npm run pictures -- board. Look at each of them before committing it.
// Wants Debian's faketime and pngquant.
import { spawnSync } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { Board, House, KEY, logIn, PASSWORD, until } from "./harness.mjs";

const OUT = "docs/pictures";
const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const LIMIT = 150000;

// Always the same moment: the sun shines, and half of the day's curve is there.
const MOMENT = Date.parse("2026-06-18T11:32:00Z");
const begun = Date.now();
const moment = () => new Date(MOMENT + Date.now() - begun);
const timezoneId = "Europe/Copenhagen";

mkdirSync(OUT, { recursive: true });

async function take(page, name, options = {}) {
  const path = `${OUT}/${name}.png`;
  await page.screenshot({ path, ...options });
  // Fewer colours: these are plain areas and text.
  spawnSync("pngquant", ["--force", "--ext", ".png", "--speed", "1", "--strip", "128", path]);
  const { size: bytes } = statSync(path);
  console.log(`${path} ${bytes}`);
  if (bytes > LIMIT) process.exitCode = 1;
}

async function dashboard(house) {
  await house.begin("cost.currency = DKK\ncost.import = 2.45\ncost.export = 0.6\ncost.fixed = 30\n", ["--seed", "3"], {
    TZ: "UTC",
    LD_PRELOAD: "/usr/$LIB/faketime/libfaketimeMT.so.1",
    FAKETIME: "@" + new Date(MOMENT).toISOString().replace("T", " ").slice(0, 19),
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  });
  const page = await house.open({ timezoneId, deviceScaleFactor: 1 });
  await house.remembered();
  const picture = async (name, route, size, colorScheme, prepare) => {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    await page.clock.setFixedTime(moment());
    await page.goto(`${house.base}#/${route}`);
    await page.reload();
    await page.locator(".plate").first().waitFor();
    await until("loaded", async () => !/Loading/.test(await page.locator("body").innerText()));
    await prepare?.();
    await page.waitForTimeout(800);
    await take(page, name);
  };
  await picture("dashboard-light", "", WIDE, "light");
  await picture("dashboard-dark", "", WIDE, "dark");
  await picture("phone-light", "", PHONE, "light");
  await picture("phone-dark", "", PHONE, "dark");
  await picture("history-month", "history/month", WIDE, "light");
  await picture("meter", "meter/BT23", WIDE, "light", () => page.locator(".fields").waitFor());
  await page.goto(`${house.base}#/settings`);
  await logIn(page);
  await page.locator(".setting").first().waitFor();
  await picture("settings", "settings", WIDE, "light");
  await picture("link", "link", WIDE, "dark", async () => {
    await page.locator(".exchanges li").nth(2).locator("summary").click();
    await page.locator("#exchanges").scrollIntoViewIfNeeded();
    await page.evaluate(() => scrollTo(0, document.querySelector("#exchanges").getBoundingClientRect().top + scrollY - 16));
  });
  await picture("silent", "", PHONE, "light", async () => {
    house.sim.kill("SIGSTOP");
    await page.locator(".face.old").waitFor();
    await page.clock.setFixedTime(moment());
  });
  house.sim.kill("SIGCONT");
}

/** The first set-up, as a phone sees it. */
async function setup(board) {
  await board.begin();
  const page = await board.open({ timezoneId, viewport: PHONE, deviceScaleFactor: 1 });
  const step = (name) => page.locator(`#step-${name}`);
  await page.locator("#new-password").waitFor();
  await take(page, "board-password");
  await page.fill("#new-password", PASSWORD);
  await page.press("#new-password", "Enter");
  await step("wifi").getByText("Home").click();
  await page.fill("#wifi-password", "correct horse");
  await take(page, "board-wifi");
  await page.press("#wifi-password", "Enter");
  await step("wifi").and(page.locator(".done")).waitFor();
  await page.fill("#key", KEY);
  await page.press("#key", "Enter");
  await page.getByText("The board is set up.").waitFor();
  await take(page, "board-done");
}

const all = { dashboard: [new House(), dashboard], board: [new Board(), setup] };
for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(all)) {
  const [visited, pictures] = all[name];
  try {
    await pictures(visited);
  } finally {
    await visited.close();
  }
}
