// Runs the built command, and watches what it holds in memory.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../../packages/normstream/bin/normstream.js", import.meta.url));
const EVERY_MS = 200;

/** Bytes of a line of `/proc/PID/status`; 0 once the process has ended. */
function statusBytes(pid, name) {
  try {
    const line = readFileSync(join("/proc", String(pid), "status"), "utf8").match(new RegExp(`^${name}:\\s+(\\d+) kB`, "m"));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** @returns what it printed, its exit code, seconds, resident bytes over time and at most, and when it first said something */
export async function watched(args) {
  const started = performance.now();
  const child = spawn(process.execPath, [command, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const resident = [];
  let peakBytes = 0;
  const look = setInterval(() => {
    const now = statusBytes(child.pid, "VmRSS");
    if (now > 0) resident.push(now);
    peakBytes = Math.max(peakBytes, statusBytes(child.pid, "VmHWM"));
  }, EVERY_MS);
  let stdout = "";
  let stderr = "";
  let firstWordSeconds = Number.POSITIVE_INFINITY;
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    firstWordSeconds = Math.min(firstWordSeconds, (performance.now() - started) / 1000);
    stderr += chunk;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(look);
  return { code, stdout, stderr, seconds: (performance.now() - started) / 1000, resident, peakBytes, firstWordSeconds };
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * How much more it holds in the last quarter of its time than in the third one: what grows with the data shows here. V8 takes until the
 * middle of a pass to settle.
 */
export function growthBytes(resident) {
  const quarter = Math.floor(resident.length / 4);
  return quarter === 0 ? 0 : mean(resident.slice(3 * quarter)) - mean(resident.slice(2 * quarter, 3 * quarter));
}

/** Prints a line of a check, and remembers whether all held. */
export function checks() {
  let failed = 0;
  return {
    check(text, holds) {
      if (!holds) failed++;
      process.stdout.write(`${holds ? "holds " : "FAILED"}  ${text}\n`);
    },
    exitCode: () => (failed > 0 ? 1 : 0),
  };
}
