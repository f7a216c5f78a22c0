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

const RUNS = 3;

/** The least that something moves in some runs: the first ones may read code beside, in each thread that has not run it before. */
export async function leastMoved(run: () => Promise<unknown>): Promise<Moved> {
  let least: Moved = { read: Number.POSITIVE_INFINITY, written: Number.POSITIVE_INFINITY };
  for (let i = 0; i < RUNS; i++) {
    const before = movedIn(readFileSync(COUNTS, "utf8"));
    await run();
    const after = movedIn(readFileSync(COUNTS, "utf8"));
    least = {
      read: Math.min(least.read, after.read - before.read),
      written: Math.min(least.written, after.written - before.written),
    };
  }
  return least;
}

/** Bytes of a file, or of all files of a folder. */
export function bytesOf(path: string): number {
  const found = statSync(path);
  return found.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0) : found.size;
}
