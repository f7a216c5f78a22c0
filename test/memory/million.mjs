// A folder of 1,000,000 small files: how long until the first word, how much memory, and what comes out.
//   node test/memory/million.mjs [--files 1000000]
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checks, watched } from "./watched.mjs";

const { values } = parseArgs({ options: { files: { type: "string" } } });
const files = Number(values.files ?? 1_000_000);
const budget = 256e6;
const NODE_BYTES = 120e6;
const FIRST_WORD_SECONDS = 1.5;
/** Links to one file: ext4 takes 65,000. */
const LINKS = 50_000;
const PER_FOLDER = 10_000;

const folder = mkdtempSync(join(tmpdir(), "normstream-million-"));
const { check, exitCode } = checks();

/** A .npy file of one sample of 4 bytes: `[4]` uint8. */
function npy(first) {
  const text = "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }";
  return Buffer.concat([Buffer.from(`\x93NUMPY\x01\x00\x76\x00${text.padEnd(117)}\n`, "latin1"), Buffer.from([first, 2, 3, 4])]);
}

try {
  const started = performance.now();
  const data = join(folder, "data");
  mkdirSync(data);
  let original = "";
  for (let i = 0; i < files; i++) {
    const part = join(data, String(Math.floor(i / PER_FOLDER)).padStart(4, "0"));
    if (i % PER_FOLDER === 0) mkdirSync(part);
    const path = join(part, `${String(i).padStart(7, "0")}.npy`);
    if (i % LINKS === 0) {
      original = path;
      writeFileSync(path, npy((i / LINKS) % 256));
    } else linkSync(original, path);
  }
  process.stdout.write(`made ${files} files in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  const args = ["stats", data, "--layout", "NC", "--memory", `${budget / 1e6}MB`];
  const { code, stdout, stderr, seconds, peakBytes, firstWordSeconds } = await watched(args);
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  process.stdout.write(
    `${files} files in ${seconds.toFixed(1)} s, peak ${(peakBytes / 1e6).toFixed(0)} MB, first word after ${firstWordSeconds.toFixed(2)} s\n`,
  );
  check("all of them are one data set", stdout.includes(`[${files}, 4] uint8, NC`));
  check(`something is said within ${FIRST_WORD_SECONDS} s`, firstWordSeconds <= FIRST_WORD_SECONDS);
  check("peak within the budget + 120 MB", peakBytes > 0 && peakBytes <= budget + NODE_BYTES);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = exitCode();
