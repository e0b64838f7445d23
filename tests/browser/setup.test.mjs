// The board's set-up page in a real browser, against a board without its chip.
//
//     node tests/browser/setup.test.mjs
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axeSource, Board, KEY, PASSWORD, until } from "./harness.mjs";

const board = new Board();
let page;

before(async () => {
  await board.begin();
  page = await board.open({ viewport: { width: 390, height: 844 }, acceptDownloads: true });
});
after(() => board.close());

const step = (name) => page.locator(`#step-${name}`);
const said = (where) => page.locator(where).locator(".said");
const button = (where, name) => page.locator(where).getByRole("button", { name, exact: true });

async function unfold(id) {
  const fold = page.locator(`details#${id}`);
  if ((await fold.getAttribute("open")) === null) await fold.locator("summary").click();
}

async function accessible() {
  await page.evaluate(axeSource());
  const { violations } = await page.evaluate(() => window.axe.run());
  const serious = violations.filter((v) => ["serious", "critical"].includes(v.impact));
  assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target)}`), []);
}

const wide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test("a new board shows its set-up to whoever opens it, and begins with a password", async () => {
  assert.equal(new URL(page.url()).pathname, "/setup");
  await page.locator("#new-password").waitFor();
  assert.equal(await page.locator("#update, #settings, #restart").count(), 0);
  assert.equal(await button("#step-wifi", "Join").count(), 0);
  await accessible();
  assert.equal(await wide(), 0);
});

test("too short a password is refused by browser and board alike", async () => {
  await page.fill("#new-password", "short");
  await page.press("#new-password", "Enter");
  assert.equal(await page.locator("#new-password:invalid").count(), 1);
  await page.evaluate(() => document.querySelector("#new-password").removeAttribute("minlength"));
  await page.press("#new-password", "Enter");
  await until("the board's word", async () => /8 to 127/.test(await said("#step-password").innerText()));
  assert.equal((await board.state()).password_set, false);
});

test("a password is set, and whoever set it is logged in", async () => {
  await page.fill("#new-password", PASSWORD);
  await page.press("#new-password", "Enter");
  await page.locator("#step-password.done").waitFor();
  await page.locator("#update").waitFor();
  assert.equal((await board.state()).password_set, true);
});

test("networks in sight are listed, strongest first, open ones named so", async () => {
  const rows = step("wifi").locator(".networks li");
  await until("two networks and another one", async () => (await rows.count()) === 3);
  assert.match(await rows.nth(0).innerText(), /^Home\s+-48 dBm$/);
  assert.match(await rows.nth(1).innerText(), /^Café & Søn\s+open\s+-67 dBm$/);
  assert.equal(await button("#step-wifi", "Join").isDisabled(), true);
});

test("a wrong Wi-Fi password is told as such, and nothing is kept", async () => {
  await step("wifi").getByText("Home").click();
  await page.fill("#wifi-password", "incorrect");
  await button("#step-wifi", "Join").click();
  await until("why not", async () => /refused; the password may be wrong/.test(await said("#step-wifi").innerText()), 40);
  assert.equal((await board.state()).network.state, "setup");
  assert.equal(await step("wifi").locator("input[value=Home]").isChecked(), true, "what was chosen stays");
});

test("a network that is not in sight can be named, and is not found", async () => {
  await step("wifi").getByText("Another one").click();
  await page.fill("#ssid", "Elsewhere");
  await page.fill("#wifi-password", "whatever it is");
  await button("#step-wifi", "Join").click();
  await until("why not", async () => /not found/.test(await said("#step-wifi").innerText()), 40);
});

test("with the right password it joins and says where the board is from now on", async () => {
  await step("wifi").getByText("Home").click();
  await page.fill("#wifi-password", "correct horse");
  await button("#step-wifi", "Join").click();
  await page.locator("#step-wifi.done").waitFor();
  const text = await step("wifi").innerText();
  assert.match(text, /http:\/\/meplink\.local\//);
  assert.match(text, /http:\/\/10\.1\.2\.3\//);
});

test("a key is tried at the meter: no key, a wrong one, the right one", async () => {
  await page.fill("#key", "tooshort");
  await page.press("#key", "Enter");
  await until("what is accepted", async () => /16 or 20 characters/.test(await said("#step-key").innerText()));
  await page.fill("#key", "0123456789abcdef");
  await page.press("#key", "Enter");
  await until("the meter's refusal", async () => /refuses this key/.test(await said("#step-key").innerText()));
  assert.equal(await button("#step-key", "Keep it untried").count(), 0);
  assert.equal((await board.state()).key_set, false);
  await page.fill("#key", KEY);
  await page.press("#key", "Enter");
  await page.locator("#step-key.done").waitFor();
  assert.match(await step("key").innerText(), /takes this key \(16 ASCII characters\)/);
  assert.ok(!(await page.content()).includes(KEY), "the key is not on the page any more");
  await page.getByText("The board is set up.").waitFor();
  await accessible();
});

test("the dashboard is a click away and live, with the meter's own day", async () => {
  await page.getByRole("link", { name: "To the dashboard" }).click();
  await page.getByTestId("power").waitFor();
  await page.locator(".curve .as-table summary").waitFor({ timeout: 240000 });
});

test("the dashboard's settings know that this is a board, which has one meter and a page of its own", async () => {
  await page.goto(`${board.base}#/settings`);
  await page.locator("#s-meter-meter-key").waitFor();
  assert.equal(await page.getByRole("button", { name: /Add|Remove this meter/ }).count(), 0);
  await page.fill("#s-wifi-ssid", "Elsewhere");
  await page.getByRole("button", { name: "Save" }).click();
  await until("that it would be untried", async () => /\/setup/.test(await page.getByTestId("saved").innerText()));
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByRole("link", { name: "the board's own page" }).click();
  await page.locator("#update").waitFor();
});

test("a step that is done can be done again", async () => {
  await button("#step-password", "Change: A password for this device").click();
  await page.fill("#new-password", PASSWORD);
  await page.press("#new-password", "Enter");
  await until("closed again", async () => (await page.locator("#new-password").count()) === 0);
  await page.locator("#update").waitFor();
});

const HEAD = 24 + 8 + 256;
function image(version, { signed = true, project = "meplink", chip = 0, size = 200000 } = {}) {
  const bytes = Buffer.alloc(size, 0x5a);
  bytes.fill(0, 0, HEAD);
  bytes[0] = 0xe9;
  bytes.writeUInt16LE(chip, 12);
  bytes.writeUInt32LE(0xabcd5432, 32);
  bytes.write(version, 48);
  bytes.write(project, 80);
  if (signed) bytes.write("signed", size - 6);
  return bytes;
}

async function install(bytes, older = false) {
  await page.setInputFiles("#image", { name: "meplink.bin", mimeType: "application/octet-stream", buffer: bytes });
  await page.locator(".check input").setChecked(older);
  await button("#update", "Install").click();
}

test("images that are none, foreign, older or unsigned are refused, each with its reason", async () => {
  await unfold("update");
  const cases = [
    [Buffer.alloc(5000, 0x20), /no application image/],
    [image("9.0.0", { chip: 5 }), /another chip/],
    [image("9.0.0", { project: "other" }), /another project/],
    [image("0.0.9"), /older than what runs/],
    [image("9.0.0", { signed: false }), /signature|signed/],
  ];
  for (const [bytes, why] of cases) {
    await install(bytes);
    await until(String(why), async () => why.test(await said("#update").first().innerText()));
  }
  assert.equal((await board.state()).version, "0.1.0");
});

test("a URL that has no image is reported as such", async () => {
  await page.fill("#url", "https://elsewhere.example/meplink.bin");
  await button("#update", "Fetch and install").click();
  await until("why not", async () => /not given out/.test(await said("#update").last().innerText()));
});

test("a new version is installed, starts, says that it is on probation, and proves itself", async () => {
  await install(image("0.2.0"));
  await until("the new version", async () => (await board.state().catch(() => ({}))).version === "0.2.0");
  await until("the page says so", async () => /Version 0\.2\.0/.test(await page.locator("main").innerText()));
  await page.locator(".banner", { hasText: "on probation" }).waitFor();
  await page.locator(".banner").waitFor({ state: "detached" });
  await page.locator("#password").waitFor(); // sessions end with a restart
});

test("a wrong password is told, the right one lets in", async () => {
  await page.fill("#password", "wrong horse");
  await page.press("#password", "Enter");
  await page.getByText("Wrong password.").waitFor();
  await page.fill("#password", PASSWORD);
  await page.press("#password", "Enter");
  await page.locator("#settings").waitFor();
});

test("an older version goes in where that is allowed", async () => {
  await unfold("update");
  await install(image("0.1.0"), true);
  await until("the old version", async () => (await board.state().catch(() => ({}))).version === "0.1.0");
  await page.locator("#password").waitFor();
  await page.fill("#password", PASSWORD);
  await page.press("#password", "Enter");
  await page.locator("#settings").waitFor();
});

async function download(name) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name, exact: true }).click()]);
  const path = join(board.folder, name.replace(/\W/g, "-"));
  await file.saveAs(path);
  return readFileSync(path, "utf8");
}

test("a backup has secrets only if wanted, and is restored line by line or not at all", async () => {
  await unfold("settings");
  const plain = await download("Back up");
  const secret = await download("Back up with passwords and keys");
  assert.ok(plain.includes("Home") && !plain.includes(KEY) && !plain.includes("correct horse"));
  assert.ok(secret.includes(KEY) && secret.includes("correct horse"));
  const restore = async (text) => {
    const path = join(board.folder, "restore.conf");
    writeFileSync(path, text);
    await page.setInputFiles("#backup", path);
    await button("#settings", "Restore").click();
  };
  await restore(plain + "\nhttp.public = perhaps\n");
  await until("which line", async () => /^Line \d+: /.test(await said("#settings").innerText()));
  await restore(plain);
  await until("restored", async () => /Restored/.test(await said("#settings").innerText()));
  assert.equal((await board.state()).key_set, true, "secrets that it lacks stay");
});

test("certificates are stored and removed, and nothing else is taken for one", async () => {
  await unfold("certificates");
  const store = async (text) => {
    await page.setInputFiles("#pem", { name: "ca.pem", mimeType: "text/plain", buffer: Buffer.from(text) });
    await button("#certificates", "Store").click();
  };
  await store("nonsense");
  await until("what is accepted", async () => /PEM form/.test(await said("#certificates").innerText()));
  await store("-----BEGIN CERTIFICATE-----\n");
  await until("stored", async () => (await board.state()).certificates["mqtt.ca"]);
  await button("#certificates", "Remove").click();
  await until("removed", async () => !(await board.state()).certificates["mqtt.ca"]);
});

test("diagnostics: facts, log, and a core dump that goes once it is deleted", async () => {
  await unfold("diagnostics");
  const facts = await page.locator("#diagnostics dl").innerText();
  assert.match(facts, /Starts\s+\d+: power_on \d+/);
  assert.match(facts, /121 KB, 106 KB at least/);
  assert.equal(await download("Core dump of the last crash"), "a core dump");
  await button("#diagnostics", "Delete the core dump").click();
  await until("gone", async () => !(await board.state()).core_dump);
  const log = await page.evaluate(() => fetch("/api/v1/board/log").then((r) => r.text()));
  assert.match(log, /meplink: started/);
  await accessible();
  assert.equal(await wide(), 0);
});

test("to forget everything is asked twice, and then it is a new board", async () => {
  await unfold("restart");
  const once = (accept) => page.once("dialog", (d) => void (accept ? d.accept() : d.dismiss()));
  once(false);
  await button("#restart", "Forget all settings").click();
  assert.equal((await board.state()).password_set, true);
  once(true);
  await button("#restart", "Forget all settings").click();
  await until("a new board", async () => (await board.state().catch(() => ({}))).password_set === false);
  await page.locator("#new-password").waitFor();
});

test("who only comes over the network is told how to get at a new board", async () => {
  const other = new Board();
  try {
    await other.begin("network");
    const visitor = await other.open({ locale: "da-DK" });
    await visitor.getByText("Tryk på enhedens knap (IO0)").waitFor();
    assert.equal(await visitor.locator("#step-password, #settings").count(), 0);
    assert.equal(await visitor.evaluate(() => document.documentElement.lang), "da");
    assert.deepEqual(other.errors, []);
  } finally {
    await other.close();
  }
});

test("nothing left this machine's board, and no error was on the console", () => {
  assert.deepEqual(board.errors, []);
  const strangers = board.requests.filter((url) => !url.startsWith(board.base) && !url.startsWith("data:"));
  assert.deepEqual(strangers, []);
});
