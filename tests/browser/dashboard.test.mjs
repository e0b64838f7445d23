// The dashboard in a real browser, against mepd and a simulated meter.
//
//     node tests/browser/dashboard.test.mjs
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeSource, House, KEY, logIn, until, watts } from "./harness.mjs";

const house = new House();
let page;

before(async () => {
  await house.begin();
  page = await house.open();
});
after(() => house.close());

const at = (route) => page.goto(`${house.base}#/${route}`);
const bodyText = () => page.locator("body").innerText();
const shownWatts = async () => watts(await page.getByTestId("power").innerText());
const netOf = (x) => x.power_import_w - x.power_export_w;

test("the first reading is shown, with its direction in words, and it is the meter's", async () => {
  await page.getByTestId("power").waitFor();
  const seen = await until("a value of the meter's", async () => {
    const shown = await shownWatts();
    return house.truth().some((x) => netOf(x) === shown) && { shown };
  });
  const direction = await page.locator(".direction").innerText();
  assert.match(direction, seen.shown > 0 ? /Import from the grid/ : seen.shown < 0 ? /Export to the grid/ : /Neither/);
  for (const phase of ["L1", "L2", "L3"]) await page.locator("table.phases th", { hasText: phase }).waitFor();
  const phases = await page.locator("table.phases tbody").innerText();
  assert.match(phases, /2[0-9][0-9]\.\d\sV/);
  assert.match(phases, /\d\.\d\d\sA/);
  assert.match(await bodyText(), /(49|50)\.\d\d\sHz/);
});

test("a change of the meter is shown within 1.5 s", async () => {
  await page.evaluate(() => {
    window.seen = [];
    const el = document.querySelector("[data-testid=power]");
    new MutationObserver(() => window.seen.push([Date.now(), el.innerText])).observe(el, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  // From the read before the one that first had the new value: it changed after that.
  const delays = () =>
    page
      .evaluate(() => window.seen)
      .then((seen) => {
        const truth = house.truth();
        return seen.flatMap(([ms, text]) => {
          const w = watts(text);
          let i = truth.findLastIndex((x) => x.unix_ms <= ms && netOf(x) === w);
          while (i > 0 && netOf(truth[i - 1]) === w) i--;
          return i > 0 ? [ms - truth[i - 1].unix_ms] : [];
        });
      });
  const last = await until(
    "ten changes in a row, each shown within 1.5 s of it",
    async () => {
      const ten = (await delays()).slice(-10);
      return ten.length === 10 && ten.every((ms) => ms <= 1500) && ten;
    },
    180,
  );
  console.log(`RESULT changes shown at most ${Math.min(...last)} to ${Math.max(...last)} ms after the meter's`);
});

test("today and yesterday are drawn from the meter's load profile", async () => {
  await at("");
  const rows = page.locator(".curve .as-table tbody tr");
  const summary = page.locator(".curve .as-table summary");
  await summary.waitFor({ timeout: 240000 });
  await summary.click();
  await until(
    "a day and more of the meter's own record",
    async () => (await rows.count()) >= 24 && /meter/.test(await rows.first().innerText()),
    240,
  );
  const drawn = await page.locator(".curve canvas").evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Map();
    for (let i = 0; i < data.length; i += 4)
      if (data[i + 3] > 0) {
        const c = `${data[i] >> 4},${data[i + 1] >> 4},${data[i + 2] >> 4}`;
        colours.set(c, (colours.get(c) ?? 0) + 1);
      }
    return { colours: colours.size, filled: [...colours.values()].reduce((a, b) => a + b, 0) / (canvas.width * canvas.height) };
  });
  assert.ok(drawn.colours > 3, "more than axes");
  assert.ok(drawn.filled > 0.01, "an area is filled");

  // What the table says of yesterday is what the API gives.
  const midnight = await page.evaluate(() => Math.floor(new Date().setHours(0, 0, 0, 0) / 1000));
  const from = midnight - 86400;
  const h = await house.api(`history?name=energy_import_wh,energy_export_wh&from=${from - 899}&to=${midnight + 1}&resolution=900`);
  const [imported, exported] = h.series.map((s) => s.points);
  assert.ok(imported.length >= 24);
  const energy = (points) => points.at(-1)[1] - points.find((p) => p[0] >= from)[1];
  const day = (energy(imported) - energy(exported)) / 1000;
  await at(`history/day/${new Date((from + 43200) * 1000).toISOString().slice(0, 10)}`);
  const facts = page.locator(".facts dd .num");
  await facts.first().waitFor();
  const shown = await facts.allInnerTexts();
  const number = (text) => Number(text.replace(/[^\d.]/g, ""));
  assert.ok(Math.abs(number(shown[0]) - number(shown[1]) - day) < 0.03, `${shown} is not ${day} kWh`);
});

test("arrow keys read the curve out", async () => {
  await at("");
  await page.locator(".curve .chart-box").focus();
  await page.keyboard.press("ArrowRight");
  const first = await page.locator(".curve .readout").innerText();
  assert.match(first, /\d\d:\d\d–\d\d:\d\d/);
  await page.keyboard.press("ArrowRight");
  assert.notEqual(await page.locator(".curve .readout").innerText(), first);
  assert.equal(await page.locator(".curve .readout").getAttribute("aria-live"), "polite");
});

test("another meter can be chosen", async () => {
  await at("");
  const serials = (await house.api("meters")).meters.map((m) => m.serial);
  assert.notEqual(serials[0], serials[1]);
  await page.getByLabel("Meter", { exact: true }).selectOption("garage");
  await until("the garage's value", async () => {
    const shown = await shownWatts().catch(() => undefined);
    return house.truth(1).some((x) => netOf(x) === shown);
  });
  await page.getByRole("link", { name: "Meter" }).click();
  await page.locator(".facts").getByText(serials[1], { exact: true }).waitFor();
  await page.goBack();
  await page.getByLabel("Meter", { exact: true }).selectOption("house");
  await page.getByTestId("power").waitFor();
});

test("tables are read from the meter, decoded and found", async () => {
  await at("meter");
  await page.getByLabel("Search tables and fields").fill("register data");
  await until("fewer tables", async () => (await page.locator(".list a").count()) < 6);
  await page.locator(".list a", { hasText: "BT28" }).click();
  await page.locator(".fields th", { hasText: "power_import_l2_w" }).waitFor();
  await page.getByLabel("Search tables and fields").fill("voltage_l2");
  await until("the fields that match", async () => {
    const names = await page.locator(".fields tbody th").allInnerTexts();
    return names.length > 0 && names.every((n) => n.includes("voltage_l2"));
  });
  assert.equal(await page.locator(".list a").count(), 1);
});

test("login: a wrong password is refused, the right one opens, logging out closes", async () => {
  await at("settings");
  await logIn(page, "wrong password");
  await page.getByRole("alert").filter({ hasText: "Wrong password." }).waitFor();
  assert.equal(await page.locator(".setting").count(), 0);
  await logIn(page);
  await page.locator(".setting").first().waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Password", { exact: true }).waitFor();
  assert.equal(await page.locator(".setting").count(), 0);
  await logIn(page);
  await page.locator(".setting").first().waitFor();
});

/** The page moves the focus once it has drawn itself. */
const focused = (id) =>
  until(`the focus on ${id}`, () => page.evaluate((id) => document.activeElement.id === id, id));

/** The settings, logged in if need be: so that each test can be run by itself. */
async function settings() {
  await at("settings");
  await page.locator("#password, .setting").first().waitFor();
  if (await page.locator("#password").count()) await logIn(page);
  await page.locator(".setting").first().waitFor();
}

const setting = (key) => page.locator(`#s-${key.replace(/\./g, "-")}`);
const save = () => page.getByRole("button", { name: "Save" }).click();
const said = (text) => page.getByTestId("saved").filter({ hasText: text }).waitFor();

test("settings that cannot be are rejected at their field, and nothing is changed", async () => {
  await settings();
  await setting("history.sample_s").fill("5");
  await save();
  await page.locator("#s-history-sample_s-problem", { hasText: "10 to 3600" }).waitFor();
  await focused("s-history-sample_s");
  await page.getByRole("button", { name: "Discard changes" }).click();

  await setting("mqtt.url").fill("ftp://broker");
  await setting("cost.currency").fill("SEK");
  await save();
  await page.locator("#s-mqtt-url-problem", { hasText: "mqtt://HOST" }).waitFor();
  await focused("s-mqtt-url");
  assert.equal(await setting("mqtt.url").getAttribute("aria-invalid"), "true");
  assert.notEqual((await house.api("ui")).currency, "SEK");
  await page.getByRole("button", { name: "Discard changes" }).click();
});

test("settings that can be are saved and take effect", async () => {
  await settings();
  await setting("cost.currency").fill("DKK");
  await setting("cost.import").fill("2,45");
  await save();
  await said("Saved.");
  const ui = await house.api("ui");
  assert.equal(ui.currency, "DKK");
  assert.equal(ui.cost_import, 2.45);
  await at("");
  await page.locator(".energy th", { hasText: "DKK" }).waitFor();
});

test("a meter is added and taken out again, and an address that names it no longer does harm", async () => {
  await settings();
  await page.getByLabel("Name of the new meter").fill("house");
  await page.keyboard.press("Enter");
  await page.getByText("There is a meter of this name.").waitFor();
  await page.getByLabel("Name of the new meter").fill("attic");
  await page.keyboard.press("Enter");
  await focused("s-meter-attic-uri");
  await setting("meter.attic.uri").fill("/dev/null");
  await save();
  await page.locator("#s-meter-attic-key-problem").filter({ hasText: /./ }).waitFor();
  await setting("meter.attic.uri").fill("sim:"); // which needs no key
  await save();
  await said("Saved.");
  await page.getByLabel("Meter", { exact: true }).selectOption("attic");
  await page.goto(`${house.base}#/?meter=attic`);
  await page.locator(".pulse.live").waitFor();
  await page.goto(`${house.base}#/settings?meter=attic`);
  await page.locator(".group", { hasText: "Meter attic" }).getByRole("button", { name: "Remove this meter" }).click();
  await save();
  await said("Saved.");
  await until("the first meter again", async () => !(await page.url()).includes("attic"));
  await page.goto(`${house.base}#/?meter=attic`);
  await page.locator(".pulse.live").waitFor();
  assert.ok(!page.url().includes("attic"));
  assert.equal((await house.api("meters")).meters.length, 2);
});

test("a key is tried against the meter before it is saved, and is never shown", async () => {
  await settings();
  const test_ = page.locator(".key-test").first();
  await setting("meter.house.key").fill("short");
  await test_.getByRole("button").click();
  await test_.getByText("key has the wrong length").waitFor();
  await setting("meter.house.key").fill("not-the-right-k!");
  await test_.getByRole("button").click();
  await test_.locator("[data-result=refused]").waitFor();
  await setting("meter.house.key").fill(KEY);
  await test_.getByRole("button").click();
  await test_.locator("[data-result=ok]").waitFor();
  await page.getByRole("button", { name: "Discard changes" }).click();
  assert.equal(await setting("meter.house.key").inputValue(), "");
  assert.ok(!(await page.content()).includes(KEY));
});

test("a wrong key is shown as such, and the right one heals it", async () => {
  await settings();
  await setting("meter.house.key").fill("not-the-right-k!");
  await save();
  await said("Saved.");
  await at("");
  await page.locator(".banner", { hasText: "refuses the key" }).waitFor({ timeout: 120000 });
  await page.getByRole("link", { name: "What is wrong?" }).click();
  await page.locator(".causes", { hasText: "mistyped" }).waitFor();
  await at("settings");
  await setting("meter.house.key").fill(KEY);
  await save();
  await said("Saved.");
  await at("");
  await page.locator(".pulse.live").waitFor({ timeout: 120000 });
  assert.equal(await page.locator(".banner").count(), 0);
});

test("the last exchanges are shown byte by byte, without their digests", async () => {
  await settings();
  await at("link");
  await page.locator(".exchanges li").nth(3).locator("summary").click();
  const parts = page.locator(".parts").first();
  await parts.locator("th", { hasText: "service" }).waitFor();
  const text = await parts.innerText();
  assert.match(text, /3[0f]/);
  assert.match(text, /\*\*/);
  assert.ok(!/[0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2}/.test(text));
});

test("months and years come from the meter's memory", async () => {
  await at("history/month");
  await house.remembered();
  await page.reload();
  const table = page.locator(".as-table");
  await table.locator("summary").click();
  assert.ok((await table.locator("tbody tr").count()) >= 1);
  await page.getByRole("link", { name: "Year" }).click();
  await until("two months or more", async () => (await page.locator(".as-table tbody tr").count()) >= 2);
  await page.getByRole("link", { name: "Back" }).click();
  await page.getByText("Nothing is known of this time.").waitFor();
});

test("an unplugged meter is shown as such, its values as old; plugged in again all goes on by itself", async () => {
  await at("");
  await page.locator(".pulse.live").waitFor();
  await house.unplug();
  await page.locator(".banner", { hasText: "No reading since" }).waitFor({ timeout: 120000 });
  await page.locator(".face.old").waitFor({ timeout: 120000 });
  await page.locator(".age", { hasText: /Last value, .*ago/ }).waitFor();
  await house.plug();
  await page.locator(".pulse.live").waitFor({ timeout: 180000 });
  await until("no banner", async () => (await page.locator(".banner").count()) === 0);
  assert.equal(await page.locator(".face.old").count(), 0);
});

test("a server that is gone is shown as such, and found again", async () => {
  await house.stop();
  await page.locator(".banner", { hasText: "The server has not answered since" }).waitFor();
  await page.locator(".face.old").waitFor();
  await house.start();
  await page.locator(".pulse.live").waitFor({ timeout: 120000 });
  assert.equal(await page.locator(".banner").count(), 0);
  // Sessions end with the server.
  await at("settings");
  await page.getByLabel("Password", { exact: true }).waitFor();
});

test("a page that is not public asks for a login first", async () => {
  await settings();
  await setting("http.public").selectOption("false");
  await save();
  await said("Saved.");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByText("This page is shown after logging in.").waitFor();
  assert.equal(await page.locator("nav").count(), 0);
  await logIn(page);
  await page.locator("nav").waitFor();
  await at("settings");
  await setting("http.public").selectOption("true");
  await save();
  await said("Saved.");
});

test("it speaks Danish and German, light and dark, and remembers that", async () => {
  await at("");
  for (const [code, word] of [
    ["da", "Historik"],
    ["de", "Verlauf"],
    ["en", "History"],
  ]) {
    await page.locator("footer select").selectOption(code);
    await page.getByRole("link", { name: word }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), code);
  }
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  const light = await ground();
  await page.emulateMedia({ colorScheme: "dark" });
  await until("dark as the system", async () => (await ground()) !== light);
  await page.getByRole("radio", { name: "Light" }).check();
  await page.reload();
  await page.getByRole("radio", { name: "Light" }).waitFor();
  assert.equal(await ground(), light);
  await page.getByRole("radio", { name: "As the system" }).check();
});

test("all can be reached with the keyboard, and it is seen where one is", async () => {
  await at("");
  await page.reload();
  await page.getByTestId("power").waitFor();
  const names = [];
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => {
      const el = document.activeElement;
      if (!el || el === document.body) return undefined;
      const style = getComputedStyle(el);
      const box = el.getBoundingClientRect();
      const label = el.closest("label");
      return {
        name: el.getAttribute("aria-label") || el.innerText || label?.innerText || el.labels?.[0]?.innerText || "",
        seen: box.width > 3 && box.height > 3,
        outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
      };
    });
    if (!here) break;
    assert.ok(here.name.trim() !== "", `the one after ${names.at(-1)} has no name`);
    assert.ok(here.seen && here.outline, `${here.name} cannot be seen to be where one is`);
    names.push(here.name.trim().split("\n")[0]);
  }
  assert.equal(names[0], "Skip to content");
  for (const wanted of ["History", "Settings", "As a table", "Log out", "As the system"])
    assert.ok(names.some((n) => n.startsWith(wanted)), `${wanted} is not among ${names}`);
  // Along a link to another page, to its beginning.
  await page.getByRole("link", { name: "History" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".picker").waitFor();
  await focused("main");
  assert.match(await page.title(), /^History/);
  await page.getByRole("link", { name: "Skip to content" }).focus();
  await page.keyboard.press("Enter");
  await focused("main");
});

test("axe finds nothing serious, on any page, light and dark, wide and narrow", async () => {
  const source = axeSource();
  const found = [];
  await settings();
  for (const route of ["", "history", "history/month", "meter/BT23", "link", "settings"])
    for (const scheme of ["light", "dark"])
      for (const width of [390, 1280]) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height: 844 });
        await at(route);
        await page.locator(".plate").first().waitFor();
        await page.waitForLoadState();
        await until("it is loaded", async () => !/Loading/.test(await bodyText()));
        await page.evaluate(source);
        const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
        for (const v of result.violations)
          if (v.impact === "serious" || v.impact === "critical")
            found.push(`${route} ${scheme} ${width}: ${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${route} at ${width} is ${wide} pixels too wide`);
      }
  assert.deepEqual(found, []);
});

test("no request left the host, and the console has no errors", () => {
  const foreign = house.requests.filter((url) => !url.startsWith(house.base));
  assert.deepEqual(foreign, []);
  assert.ok(house.requests.length > 50);
  assert.deepEqual(house.errors, []);
});
