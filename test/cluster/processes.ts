import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startCommand, until } from "../faults/command.js";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Of the built package: workers take shards of the same one alone. */
export const { version } = JSON.parse(readFileSync(join(root, "packages", "normstream", "package.json"), "utf8")) as {
  readonly version: string;
};

/** What a command came to. */
export interface Ended {
  /** Exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command in a process of its own. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has said so far on stderr. */
  said(): string;
  /** Waits until it has said something, or has ended. */
  says(text: string): Promise<void>;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A program in front: `ip netns exec NAME`. */
  readonly through?: readonly string[];
}

export function start(args: readonly string[], { cwd = root, ...options }: CommandOptions = {}): Running {
  // Workers and runs take as long as their test lets them.
  const running = startCommand(args, { cwd, ...options, timeoutMs: 0 });
  const { child, outcome, said } = running;
  return {
    child,
    ended: outcome.then(({ ended: code, stdout, stderr }) => ({ code, stdout, stderr })),
    said,
    says: (text) => until(running, () => said().includes(text)),
  };
}

export const run = (args: readonly string[], options?: CommandOptions): Promise<Ended> => start(args, options).ended;

/** Starts a worker, and waits until it takes shards. */
export async function startWorker(url: string, args: readonly string[] = [], options?: CommandOptions): Promise<Running> {
  const worker = start(["worker", "--engine", url, "--threads", "1", ...args], options);
  await worker.says("takes shards");
  return worker;
}

/** Ends processes that this test started. */
export async function endAll(running: readonly Running[], signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  for (const { child } of running) if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  await Promise.all(running.map(({ ended }) => ended));
}
