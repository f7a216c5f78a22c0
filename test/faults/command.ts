import { type ChildProcess, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The built command. */
const commandPath = join(root, "packages", "normstream", "bin", "normstream.js");

/** Every run ends at a promise that nobody waits for. */
const NODE_ARGS = ["--unhandled-rejections=strict"];

export interface Outcome {
  /** Exit code, or the signal that ended it. */
  readonly ended: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A program in front, with its arguments, which runs the rest: `setpriv …`. */
  readonly through?: readonly string[];
  readonly nodeArgs?: readonly string[];
  /** Where the command's stdout goes; default into `Outcome.stdout`. */
  readonly stdout?: number;
  /** When it is ended, ms: default what no run of the tests of faults takes; 0 never. */
  readonly timeoutMs?: number;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** What it has said so far on stderr. */
  said(): string;
}

/** No run of these tests takes as long as this: one that does hangs. */
const TIMEOUT_MS = 60_000;

/** Starts the built command in a process of its own. */
export function startCommand(args: readonly string[], options: CommandOptions): RunningCommand {
  const [program, ...rest] = [
    ...(options.through ?? []),
    process.execPath,
    ...NODE_ARGS,
    ...(options.nodeArgs ?? []),
    commandPath,
  ];
  const child = spawn(program as string, [...rest, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", options.stdout ?? "pipe", "pipe"],
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ ended: signal ?? code, stdout, stderr }));
  });
  return { child, outcome, said: () => stderr };
}

/** Waits until something is so while a command runs; its end ends the waiting too. */
export async function until({ child }: RunningCommand, isSo: () => boolean): Promise<void> {
  while (!isSo() && child.exitCode === null && child.signalCode === null) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Waits until a command has said something: a run says what it is about to do when its pass begins. */
export async function begun(running: RunningCommand): Promise<void> {
  let hasBegun = false;
  running.child.stderr?.once("data", () => {
    hasBegun = true;
  });
  await until(running, () => hasBegun);
}

export const runCommand = (args: readonly string[], options: CommandOptions): Promise<Outcome> =>
  startCommand(args, options).outcome;

/** What a command that refuses leaves: its exit code, one line on stderr, and nothing on stdout. */
export function expectRefusal(outcome: Outcome, code: number, line: string | RegExp): void {
  expect(outcome.stderr.split("\n")).toEqual([
    typeof line === "string" ? `normstream: ${line}` : expect.stringMatching(line),
    "",
  ]);
  expect(outcome).toMatchObject({ ended: code, stdout: "" });
}
