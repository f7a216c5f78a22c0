import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Bytes that this process read and wrote, from files and pipes, in all of its threads. */
export interface Moved {
  readonly read: number;
  readonly written: number;
}

/** Where Linux says what a process reads and writes. */
const COUNTS = "/proc/self/io";
export const isCounted = existsSync(COUNTS);

/** The counts of a text like that file. */
export function movedIn(text: string): Moved {
  const lineOf = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(text)?.[1]);
  return { read: lineOf("rchar"), written: lineOf("wchar") };
}

const MOST_RUNS = 5;
/** By how much two runs differ that did the same. */
const NOISE = 16 * 1024;

/** What something moves as soon as two runs agree: the first ones may read code beside, in each thread that has not run it before. */
export async function settledMoved(run: () => Promise<unknown>): Promise<Moved> {
  let last: Moved = { read: 0, written: 0 };
  for (let i = 0; i < MOST_RUNS; i++) {
    const before = movedIn(readFileSync(COUNTS, "utf8"));
    await run();
    const after = movedIn(readFileSync(COUNTS, "utf8"));
    const now = { read: after.read - before.read, written: after.written - before.written };
    if (i > 0 && Math.abs(now.read - last.read) <= NOISE && Math.abs(now.written - last.written) <= NOISE) return now;
    last = now;
  }
  return last;
}

/** Bytes of a file, or of all files of a folder. */
export function bytesOf(path: string): number {
  const found = statSync(path);
  return found.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0) : found.size;
}
