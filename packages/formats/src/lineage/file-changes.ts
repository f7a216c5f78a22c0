import type { SourceFile } from "./source-files.js";

/** A file that is not as it was. */
export interface FileChange {
  readonly path: string;
  /** `touched`: changed or copied at another time, and of the same size. */
  readonly change: "changed" | "touched" | "gone" | "new";
  /** What it was; null where it was not there. */
  readonly was: SourceFile | null;
  /** What it is; null where it is gone. */
  readonly is: SourceFile | null;
}

/** So far ahead a file is looked for where others were added or taken away. */
const WINDOW = 1024;

/**
 * Holds the files of an input against those that it had, in the order of both; in bounded memory.
 * @param options.isCopy it stands elsewhere: times and entity tags say nothing
 */
export async function* fileChanges(
  then: AsyncIterable<SourceFile>,
  now: AsyncIterable<SourceFile>,
  options: { readonly isCopy?: boolean } = {},
): AsyncGenerator<FileChange> {
  const [before, after] = [new Ahead(then), new Ahead(now)];
  // A copy of one file may have any name.
  const isOne = options.isCopy === true && !(await before.peek(1)) && !(await after.peek(1));
  for (;;) {
    const [a, b] = [await before.peek(0), await after.peek(0)];
    if (!a && !b) return;
    if (a && b && (a.path === b.path || isOne)) {
      const change = changeOf(a, b, options.isCopy === true);
      if (change) yield { path: a.path, change, was: a, is: b };
      before.take();
      after.take();
      continue;
    }
    const added = a ? await after.find(a.path) : WINDOW;
    const gone = b ? await before.find(b.path) : WINDOW;
    if (b && (!a || added <= gone)) {
      yield { path: b.path, change: "new", was: null, is: b };
      after.take();
      if (added < WINDOW || !a) continue;
    }
    if (a && (!b || added >= gone)) {
      yield { path: a.path, change: "gone", was: a, is: null };
      before.take();
    }
  }
}

function changeOf(a: SourceFile, b: SourceFile, isCopy: boolean): FileChange["change"] | undefined {
  if (a.size !== b.size || a.samples !== b.samples || a.digest !== b.digest) return "changed";
  if (isCopy) return undefined;
  if (a.etag !== undefined && b.etag !== undefined) return a.etag === b.etag ? undefined : "changed";
  return a.mtimeMs === b.mtimeMs ? undefined : "touched";
}

/** Looks a few files ahead. */
class Ahead {
  readonly #files: AsyncIterator<SourceFile>;
  readonly #held: SourceFile[] = [];

  constructor(files: AsyncIterable<SourceFile>) {
    this.#files = files[Symbol.asyncIterator]();
  }

  async peek(index: number): Promise<SourceFile | undefined> {
    while (this.#held.length <= index) {
      const step = await this.#files.next();
      if (step.done) return undefined;
      this.#held.push(step.value);
    }
    return this.#held[index];
  }

  take(): void {
    this.#held.shift();
  }

  /** How far ahead a path stands; `WINDOW` where it does not within that. */
  async find(path: string): Promise<number> {
    for (let i = 0; i < WINDOW; i++) {
      const file = await this.peek(i);
      if (!file) break;
      if (file.path === path) return i;
    }
    return WINDOW;
  }
}
