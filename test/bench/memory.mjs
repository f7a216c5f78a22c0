import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { writeSparse } from "./data.mjs";
import { CLI } from "./peers.mjs";
import { valuesOf } from "./sizes.mjs";

const BUDGET = "256MB";
/** Buffers, and what Node itself takes beside them. */
const MOST_BYTES = 256e6 + 120e6;
/** How far peaks of small and large inputs may lie apart. */
const ALIKE = 0.15;
const SMALL = [2491, 64, 56, 56];
const LARGE = [9965, 64, 56, 56];
const GNU_TIME = "/usr/bin/time";

/**
 * Measures the peak memory of the command on files larger than it, and prints it.
 * @param setting { folder, full: also normalize the large file, say }
 * @returns the report, with `failed` where a bar is missed
 */
export async function measureMemory({ folder, full, say }) {
  const inputs = { "2 GB": join(folder, "2gb.npy"), "8 GB": join(folder, "8gb.npy") };
  writeSparse(inputs["2 GB"], SMALL);
  writeSparse(inputs["8 GB"], LARGE);
  const runs = [];
  const skipped = [];
  for (const [what, input] of Object.entries(inputs)) {
    say(`stats of ${what} …`);
    runs.push({ command: "stats", what, ...(await peakOf(["stats", input, "--json", "--quiet", "--memory", BUDGET])) });
  }
  for (const [what, input] of Object.entries(inputs)) {
    if (what === "8 GB" && !full) continue;
    const output = join(folder, "output.npy");
    const needed = valuesOf(what === "8 GB" ? LARGE : SMALL) * 4 + 1e9;
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < needed) {
      skipped.push(`normalize of ${what}: ${folder} has ${(bavail * bsize) / 1e9} GB free and it needs ${needed / 1e9}`);
      continue;
    }
    say(`normalize of ${what} …`);
    const args = ["normalize", input, "-o", output, "--json", "--quiet", "--memory", BUDGET];
    runs.push({ command: "normalize", what, ...(await peakOf(args)) });
    rmSync(output, { force: true });
  }
  const checks = [...runs.map(boundCheck), ...alikeChecks(runs)];
  for (const { command, what, peakBytes, seconds, by } of runs)
    console.log(
      `${command} of ${what}, --memory ${BUDGET}: peak ${(peakBytes / 1e6).toFixed(0)} MB (${by}), ${seconds.toFixed(2)} s`,
    );
  for (const { text, holds } of checks) console.log(`  ${text}: ${holds ? "holds" : "MISSED"}`);
  for (const line of skipped) console.log(`skipped: ${line}`);
  return { schema: "normstream/bench-memory/1", runs, checks, skipped, failed: checks.some(({ holds }) => !holds) };
}

function boundCheck({ command, what, peakBytes }) {
  return { text: `${command} of ${what} within ${MOST_BYTES / 1e6} MB`, holds: peakBytes > 0 && peakBytes <= MOST_BYTES };
}

function alikeChecks(runs) {
  return ["stats", "normalize"].flatMap((command) => {
    const peaks = runs.filter((run) => run.command === command).map(({ peakBytes }) => peakBytes);
    if (peaks.length < 2) return [];
    const apart = Math.max(...peaks) / Math.min(...peaks) - 1;
    return [{ text: `${command}: peaks ${(apart * 100).toFixed(1)} % apart, at most ${ALIKE * 100} %`, holds: apart <= ALIKE }];
  });
}

/**
 * Runs the command to its end and takes the largest resident set of its process: from GNU time where there is one, else from
 * /proc, looked at every few milliseconds.
 */
async function peakOf(args) {
  const timed = existsSync(GNU_TIME);
  const [command, ...all] = [...(timed ? [GNU_TIME, "-v"] : []), process.execPath, CLI, ...args];
  const start = performance.now();
  const child = spawn(command, all, { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  let polled = 0;
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const timer = setInterval(() => {
    if (!timed) polled = Math.max(polled, highWaterMark(child.pid));
  }, 10);
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearInterval(timer);
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`normstream ${args.join(" ")} ended with exit code ${code}: ${stderr.split("\n")[0]}`);
  JSON.parse(stdout);
  const told = /Maximum resident set size \(kbytes\): (\d+)/.exec(stderr);
  const peakBytes = told ? Number(told[1]) * 1024 : polled;
  return { peakBytes, seconds, by: told ? "GNU time" : "VmHWM" };
}

/** VmHWM of a process in bytes, 0 where it cannot be read. */
function highWaterMark(pid) {
  try {
    const line = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return line ? Number(line[1]) * 1024 : 0;
  } catch {
    return 0;
  }
}
