import { spawn, spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";

/**
 * Starts a program that answers each line on its stdin (fields separated by tabs) with one line of JSON on its stdout, and keeps it.
 * `ask` sends one and waits; `once` runs a process of its own for some lines and takes its time from start to end.
 */
export function startPeer(command, args = [], env = {}) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
  const waiting = [];
  let said = "";
  let failure;
  const fail = (error) => {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  child.stderr.on("data", (text) => {
    said = `${said}${text}`.slice(-2000);
  });
  child.stdin.on("error", () => {});
  child.on("error", (error) => fail(error));
  child.on("close", (code, signal) => fail(new Error(`${command} ended (${signal ?? `exit code ${code}`}): ${said.trim()}`)));
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(JSON.parse(line)));
  return {
    ask(...fields) {
      if (failure) return Promise.reject(failure);
      const answer = new Promise((resolve, reject) => waiting.push({ resolve, reject }));
      child.stdin.write(`${fields.join("\t")}\n`);
      return answer;
    },
    once(...lines) {
      const { ms, stdout } = runProcess(command, args, lines.map((fields) => `${fields.join("\t")}\n`).join(""));
      return { ...JSON.parse(stdout.trim().split("\n").at(-1)), ms };
    },
    close: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return resolve();
        child.on("close", () => resolve());
        child.stdin.end();
      }),
  };
}

/** Runs a process to its end. @throws Error where it does not end well */
export function runProcess(command, args, input = "") {
  const start = performance.now();
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, { input, encoding: "utf8", maxBuffer: 1 << 28 });
  const ms = performance.now() - start;
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `${signal ?? `exit code ${status}`} ${stderr.trim()}`}`);
  return { ms, stdout };
}
