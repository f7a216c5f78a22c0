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
    return new Promise((resolve, reject) => {
      waiting.add(reject);
      const settle = (end: (value: never) => void) => (result: unknown) => {
        waiting.delete(reject);
        end(result as never);
      };
      Promise.resolve(value).then(settle(resolve), settle(reject));
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

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  value !== null && (typeof value === "object" || typeof value === "function") && typeof (value as { then?: unknown }).then === "function";
