// Fails if all that a browser loads of the dashboard is more than 80 KB compressed, or the
// board's set-up page more than 20 KB.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const LIMIT = 80 * 1000;

let sum = 0;
for (const name of readdirSync("dist", { recursive: true })) {
  const path = join("dist", String(name));
  if (!statSync(path).isFile()) continue;
  const size = gzipSync(readFileSync(path), { level: 9 }).length;
  console.log(`${String(size).padStart(6)} ${path}`);
  sum += size;
}
console.log(`RESULT the dashboard is ${sum} bytes compressed; ${LIMIT} are allowed`);

const SETUP_LIMIT = 20 * 1000;
const setup = gzipSync(readFileSync("setup/dist/setup.html"), { level: 9 }).length;
console.log(`RESULT the set-up page is ${setup} bytes compressed; ${SETUP_LIMIT} are allowed`);
process.exitCode = sum > LIMIT || setup > SETUP_LIMIT ? 1 : 0;
