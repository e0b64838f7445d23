// Builds the board's set-up page, all in one file: node tools/setup.mjs OUT
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { build } from "esbuild";

const out = process.argv[2];
const { outputFiles } = await build({
  entryPoints: ["setup/main.tsx"],
  bundle: true,
  minify: true,
  write: false,
  outdir: "out",
  format: "iife",
  target: "es2020",
  charset: "utf8",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
});
const text = (ending) => outputFiles.find((f) => f.path.endsWith(ending)).text.trim();
const script = text(".js").replace(/<\/(?=script)/gi, "<\\/");
const style = text(".css");
// Nothing but these two runs, whatever might get into the page.
const hash = (what) => "sha256-" + createHash("sha256").update(what).digest("base64");
const parts = { script, style, "script-hash": hash(script), "style-hash": hash(style) };
const page = readFileSync("setup/index.html", "utf8").replace(/\{(script|style|script-hash|style-hash)\}/g, (_, name) => parts[name]);
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, page);
console.log(`${page.length} ${out}`);
