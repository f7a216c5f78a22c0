// Runs conformance cases (norm-case/1) through the public API:
//   npm run conformance -- [DIR…] [--threads N] [--shard-bytes N]
// DIR is a case, or a folder of cases; default test/conformance/cases. --threads 0 (the default) runs on the calling thread.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createPool } from "normstream";
import { runCase } from "./case.mjs";

const DEFAULT_CASES = join(dirname(fileURLToPath(import.meta.url)), "cases");

/** The cases at a path: itself, or the folders in it. */
function casesAt(path) {
  if (existsSync(join(path, "case.json"))) return [path];
  const names = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const found = names.map(({ name }) => join(path, name)).filter((folder) => existsSync(join(folder, "case.json")));
  if (found.length === 0) throw new Error(`${path} is no case and holds none`);
  return found.sort();
}

function wholeNumber(name, text, least) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) throw new Error(`--${name} takes a whole number of ${least} or more`);
  return value;
}

function printCase(name, outcomes) {
  const failed = outcomes.filter(({ state }) => state === "failed");
  const checked = outcomes.length;
  console.log(`${failed.length > 0 ? "FAILED" : "passed"}  ${name.padEnd(34)} ${checked - failed.length} of ${checked} outputs`);
  for (const outcome of failed) console.log(`        ${outcome.name}: ${outcome.message}`);
}

function printSummary(outcomes) {
  const kinds = [...new Set(outcomes.map(({ kind }) => kind))];
  const count = (kind, state) => outcomes.filter((outcome) => outcome.kind === kind && outcome.state === state).length;
  console.log("");
  for (const kind of kinds) console.log(`${kind} ${count(kind, "passed")} passed, ${count(kind, "failed")} failed`);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { threads: { type: "string" }, "shard-bytes": { type: "string" } },
  });
  const threads = wholeNumber("threads", values.threads, 0) ?? 0;
  const shardBytes = wholeNumber("shard-bytes", values["shard-bytes"], 1);
  const folders = (positionals.length > 0 ? positionals : [DEFAULT_CASES]).flatMap(casesAt);
  const pool = createPool({ threads });
  const results = [];
  try {
    for (const folder of folders) {
      const result = await runCase(folder, { pool, ...(shardBytes === undefined ? {} : { shardBytes }) });
      printCase(result.name, result.outcomes);
      results.push(result);
    }
  } finally {
    await pool[Symbol.asyncDispose]();
  }
  printSummary(results.flatMap(({ outcomes }) => outcomes));
  const isFailed = ({ outcomes }) => outcomes.some(({ state }) => state === "failed");
  const passed = results.filter((result) => !isFailed(result));
  console.log(`${passed.length} passed, ${results.length - passed.length} failed`);
  if (passed.length < results.length) process.exitCode = 1;
}

main().catch((error) => {
  console.error(`conformance: ${error.message}`);
  process.exitCode = 2;
});
