import { OWN_FRAME } from "./script-names.js";

/** What an interrupted cell's `await` throws. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  constructor() {
    super("The cell was interrupted.");
  }
}

/** Lets the waiting of cells end before what they wait for does. */
export interface Interruption {
  /** `await x` of a cell: ends with x, or when the cell is interrupted. */
  until(value: unknown): unknown;
  /** `for await (… of x)` of a cell, likewise. */
  each(iterable: AsyncIterable<unknown> | Iterable<unknown>): AsyncIterable<unknown>;
  /** Ends all waiting with `Interrupted`. @param insist also all that comes, until `allow` */
  interrupt(insist: boolean): void;
  allow(): void;
}

export function createInterruption(): Interruption {
  const waiting = new Set<(reason: Interrupted) => void>();
  let refuses = false;
  const until = (value: unknown): unknown => {
    if (refuses) throw new Interrupted();
    if (!isThenable(value)) return value;
    // V8 follows an error through `await`, and not through what stands between here: where the await was is noted, and added.
    const site: { stack?: string } = {};
    Error.captureStackTrace(site, until);
    return new Promise((resolve, reject) => {
      waiting.add(reject);
      Promise.resolve(value).then(
        (result) => {
          waiting.delete(reject);
          resolve(result);
        },
        (error) => {
          waiting.delete(reject);
          reject(withSite(error, site.stack));
        },
      );
    });
  };
  return {
    until,
    async *each(iterable) {
      const iterator =
        Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : (iterable as Iterable<unknown>)[Symbol.iterator]();
      let ended = false;
      try {
        while (true) {
          const next = (await until(iterator.next())) as IteratorResult<unknown>;
          if (next.done) {
            ended = true;
            return;
          }
          yield await until(next.value);
        }
      } finally {
        // It may hang in what it waited for: its end is asked for, and not waited for.
        if (!ended) void Promise.resolve(iterator.return?.()).catch(() => {});
      }
    },
    interrupt(insist) {
      refuses = insist;
      const reasons = [...waiting];
      waiting.clear();
      for (const reject of reasons) reject(new Interrupted());
    },
    allow() {
      refuses = false;
    },
  };
}

/** An error with the frames of an `await` after its own, where they are not among them. */
function withSite(error: unknown, site: string | undefined): unknown {
  if (!(error instanceof Error) || typeof error.stack !== "string" || !site) return error;
  const known = new Set(error.stack.split("\n"));
  const frames = site.split("\n").filter((line) => OWN_FRAME.test(line) && !known.has(line));
  if (frames.length > 0) error.stack = [error.stack, ...frames].join("\n");
  return error;
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  value !== null &&
  (typeof value === "object" || typeof value === "function") &&
  typeof (value as { then?: unknown }).then === "function";
