import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const timeoutMs = 60_000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "normstream-test-command-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs scripts/test.mjs over a folder of its own, outside of the vitest that runs this. */
function runTests(files: Record<string, string>): { status: number | null; lines: string[] } {
  for (const [name, source] of Object.entries(files)) writeFileSync(join(folder, name), source);
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|TEST$)/.test(name)));
  const script = join(root, "scripts", "test.mjs");
  const result = spawnSync(process.execPath, [script, "--root", folder, "--globals"], {
    env,
    encoding: "utf8",
    timeout: timeoutMs,
  });
  return { status: result.status, lines: result.stdout.trimEnd().split("\n") };
}

test.each([
  {
    what: "all passed",
    files: { "a.test.js": 'test("a", () => {}); test("b", () => {});', "b.test.js": 'test("c", () => {});' },
    status: 0,
    last: "3 passed, 0 failed",
  },
  {
    what: "one failed, one is skipped and one to be done",
    files: {
      "a.test.js": 'test("a", () => {}); test("b", () => { throw Error("no"); }); test.skip("c", () => {}); test.todo("d");',
    },
    status: 1,
    last: "1 passed, 1 failed, 2 skipped",
  },
  {
    what: "a file does not load",
    files: { "a.test.js": 'test("a", () => {});', "b.test.js": 'import "./missing.js";' },
    status: 1,
    last: "1 passed, 1 failed",
  },
  {
    what: "an error that no test caught",
    files: { "a.test.js": 'test("a", () => { Promise.reject(Error("stray")); });' },
    status: 1,
    last: "1 passed, 1 failed",
  },
  { what: "no test ran", files: {}, status: 1, last: "0 passed, 1 failed" },
])("the last line says it when $what", { timeout: timeoutMs }, ({ files, status, last }) => {
  const run = runTests(files);
  expect({ status: run.status, last: run.lines.at(-1) }).toEqual({ status, last });
});
