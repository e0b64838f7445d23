import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fill, texts } from "../src/i18n";
import { settingTexts } from "../src/i18n/settings";
import { texts as setupTexts } from "../setup/texts";

const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
const languages = ["da", "de"] as const;

for (const [page, all] of Object.entries({ dashboard: texts, setup: setupTexts }))
  test(`every text of ${page} is there in every language, with the same places to fill in`, () => {
    for (const lang of languages) {
      assert.deepEqual(Object.keys(all[lang]).sort(), Object.keys(all.en).sort(), lang);
      for (const [key, text] of Object.entries(all.en)) {
        const other = (all[lang] as Record<string, string>)[key]!;
        assert.notEqual(other.trim(), "", `${lang} ${key}`);
        assert.deepEqual(holes(other), holes(text), `${lang} ${key}`);
      }
    }
  });

test("every setting that is declared has its text in every language, and no other has", () => {
  const declared = [...readFileSync("../reader/settings/keys.c", "utf8").matchAll(/\.key = "([^"]+)"/g)].map((m) => m[1]!);
  assert.ok(declared.length > 30);
  for (const lang of languages) assert.deepEqual(Object.keys(settingTexts[lang]).sort(), [...declared].sort(), lang);
});

test("every state of the link and every counter has its text", () => {
  const names = (file: string, pattern: RegExp) =>
    [...readFileSync(`../reader/${file}`, "utf8").matchAll(pattern)].map((m) => m[1]!);
  const counters = names("bridge/document.c", /\{"(\w+)", c->/g);
  assert.ok(counters.length > 20);
  for (const name of counters) assert.ok(`c_${name}` in texts.en, name);
  const source = readFileSync("../reader/link.c", "utf8");
  const links = [.../reader_link_name[\s\S]*?\{([^}]*)\}/.exec(source)![1]!.matchAll(/"(\w+)"/g)].map((m) => m[1]!);
  assert.ok(links.includes("went_silent"));
  for (const link of links) assert.ok(`link_${link}` in texts.en, link);
});

test("the English texts of the link are the reader's own", () => {
  const source = readFileSync("../reader/link.c", "utf8").replace(/"\s*\n\s*"/g, "");
  for (const [key, text] of Object.entries(texts.en))
    if (/^(link|causes)_(?!state|trouble)/.test(key)) assert.ok(source.includes(`"${text}"`), key);
});

const sources = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((f) => /\.tsx?$/.test(f) && !/i18n|texts/.test(f))
    .map((f) => readFileSync(`${folder}/${f}`, "utf8"))
    .join();

test("no text is there for nothing", () => {
  const source = sources("src");
  // Those of the words that the server sends, see trOr(), have their own prefixes.
  const sent = [...source.matchAll(/(?:trOr|t)\(\(?"(\w+_)" \+/g)].map((m) => m[1]!);
  assert.ok(sent.length > 5);
  for (const key of Object.keys(texts.en))
    assert.ok(source.includes(`"${key}"`) || sent.some((prefix) => key.startsWith(prefix)), key);
});

test("no text of the set-up page is there for nothing", () => {
  const source = sources("setup");
  for (const key of Object.keys(setupTexts.en)) assert.ok(source.includes(`"${key}"`), key);
});

test("places are filled in, and unknown ones stay", () => {
  assert.equal(fill("{a} of {b}, {c}", { a: 1, b: "two" }), "1 of two, {c}");
});
