import { NormstreamError } from "@normstream/tensor";
import { map, type Observable, of, timer } from "rxjs";
import { type RunHelpers, TestScheduler } from "rxjs/testing";
import { describe, expect, test } from "vitest";
import { createInlineEngine, mergeMoments, type Tensor, tensorIn } from "../../src/index.js";
import { batchOperator } from "../../src/operators/batches.js";
import { accumulated, overWindows } from "../../src/operators/moments-of.js";

const pool = createInlineEngine();
const tensor = (value = 0): Tensor => tensorIn(pool, [1, 1], "float64", { data: [value] });
const numberIn = (x: Tensor) => x.data[0] as number;

/** Runs marbles, and looks that no tensor is left when they are done. */
function marbles(run: (helpers: RunHelpers) => void): void {
  const before = pool.heap.bytesInUse;
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(run);
  expect(pool.heap.bytesInUse).toBe(before);
}

/** Work that takes 3 ms a batch, adds 1 in place, and fails on 66. */
const slowly = {
  take: (x: Tensor): Observable<Tensor> =>
    timer(3).pipe(
      map(() => {
        if (numberIn(x) === 66) {
          x[Symbol.dispose]();
          throw new NormstreamError("data", "a bad batch");
        }
        x.data[0] = numberIn(x) + 1;
        return x;
      }),
    ),
};
/** Reads what comes out, and disposes of it. */
const read = map((x: Tensor) => {
  const value = numberIn(x);
  x[Symbol.dispose]();
  return `${value}`;
});
const values = { a: 1, b: 2, c: 3, x: 66 };
const results = { A: "2", B: "3", C: "4" };
const error = (message: string) => expect.objectContaining({ message: expect.stringContaining(message) });

describe("batches, one at a time and in order", () => {
  const run = (source: string, expected: string, options = {}, failure?: string, unsubscribe?: string) =>
    marbles(({ cold, expectObservable }) => {
      const tensors = cold(source, values).pipe(map(tensor));
      const result = tensors.pipe(
        batchOperator(() => slowly, options),
        read,
      );
      expectObservable(result, unsubscribe).toBe(expected, results, failure === undefined ? undefined : error(failure));
    });

  test("a batch that comes while another runs waits for it", () => run("abc|", "---A--B--(C|)"));
  test("a source that is slower is followed", () => run("a-----b----|", "---A-----B-|"));
  test("completion waits for the batch that runs", () => run("a|", "---(A|)"));
  test("no batch: completes with the source", () => run("--|", "--|"));
  test("an error says which batch, and what waits is freed", () => run("axb|", "---A--#", {}, "batch 1: a bad batch"));
  test("an error of the source comes at once, and stops the batch that runs", () =>
    marbles(({ cold, expectObservable }) => {
      const tensors = cold("ab#", values, new Error("broken")).pipe(map(tensor));
      // What an aborted pass does: it gives its batch back.
      const stopped = {
        take: (x: Tensor, _: number, signal: AbortSignal) => {
          signal.addEventListener("abort", () => x[Symbol.dispose]());
          return timer(9).pipe(map(() => x));
        },
      };
      expectObservable(
        tensors.pipe(
          batchOperator(() => stopped, {}),
          read,
        ),
      ).toBe("--#", {}, new Error("broken"));
    }));
  test("a source that does not wait overruns the bound, and is told", () =>
    marbles(({ cold, expectObservable }) => {
      const tensors = cold("abc|", values).pipe(map(tensor));
      const held = {
        take: (x: Tensor, _: number, signal: AbortSignal) => {
          signal.addEventListener("abort", () => x[Symbol.dispose]());
          return timer(9).pipe(map(() => x));
        },
      };
      const result = tensors.pipe(
        batchOperator(() => held, { maxInFlight: 2 }),
        read,
      );
      expectObservable(result).toBe("--#", {}, error("batch 2: a source that does not wait gave more than 2 tensors at once"));
    }));
  test("results that are not disposed of count", () => {
    const kept: Tensor[] = [];
    marbles(({ cold, expectObservable, flush }) => {
      const tensors = cold("a---b---c|", values).pipe(map(tensor));
      const result = tensors.pipe(
        batchOperator(() => slowly, { maxInFlight: 2 }),
        map((x) => {
          kept.push(x);
          return "kept";
        }),
      );
      expectObservable(result).toBe("---A---B#", { A: "kept", B: "kept" }, error("more than 2 tensors at once"));
      flush();
      for (const x of kept) x[Symbol.dispose]();
    });
  });
  test("unsubscribing ends it", () => {
    marbles(({ cold, expectObservable }) => {
      const tensors = cold("abc|", values).pipe(map(tensor));
      const stopping = {
        take: (x: Tensor, _: number, signal: AbortSignal) => {
          signal.addEventListener("abort", () => x[Symbol.dispose]());
          return timer(9).pipe(map(() => x));
        },
      };
      expectObservable(
        tensors.pipe(
          batchOperator(() => stopping, {}),
          read,
        ),
        "--!",
      ).toBe("---");
    });
  });
});

/** Rows of one channel: a count, a mean and no spread. */
const rowsOf = (value: number) => Float64Array.of(1, value, 0, value, value, 0, 0, 0);
const measuredOf = (value: number) => ({ rows: rowsOf(value), samples: 1 });
const shown = map(
  ({ index, batches, samples, moments }: { index: number; batches: number; samples: number; moments: { mean: Float64Array } }) =>
    `${index}: ${batches} batches, ${samples} samples, mean ${moments.mean[0]}`,
);

describe("moments of a stream", () => {
  const run = (source: string, options: object, expected: string, out: Record<string, string>) =>
    marbles(({ cold, expectObservable }) => {
      const measured = cold(source, { a: 1, b: 3, c: 8 }).pipe(map(measuredOf));
      expectObservable(accumulated(measured, options).pipe(shown)).toBe(expected, out);
    });

  test("once, at the end", () => run("a-b-c-|", {}, "------(A|)", { A: "0: 3 batches, 3 samples, mean 4" }));
  test("every two batches, and the rest at the end", () =>
    run("a-b-c-|", { everyBatches: 2 }, "--A---(B|)", {
      A: "0: 2 batches, 2 samples, mean 2",
      B: "1: 3 batches, 3 samples, mean 4",
    }));
  test("every 4 ms, where a batch has come since", () =>
    run("a-b--------c-|", { everyMs: 4 }, "----A-------B|", {
      A: "0: 2 batches, 2 samples, mean 2",
      B: "1: 3 batches, 3 samples, mean 4",
    }));
  test("nothing of nothing", () => run("--|", { everyBatches: 1 }, "--|", {}));
});

describe("windows", () => {
  const run = (options: { size: number; every?: number }, expected: string, out: Record<string, string>) =>
    marbles(({ cold, expectObservable }) => {
      const measured = cold("abcde|", { a: 1, b: 2, c: 3, d: 4, e: 5 }).pipe(map(measuredOf));
      expectObservable(overWindows(measured, options).pipe(shown)).toBe(expected, out);
    });
  const batches = (index: number, count: number, mean: number) => `${index}: ${count} batches, ${count} samples, mean ${mean}`;

  test("one after the other, the last one shorter", () =>
    run({ size: 2 }, "-A-B-(C|)", { A: batches(0, 2, 1.5), B: batches(1, 2, 3.5), C: batches(2, 1, 5) }));
  test("sliding by one", () =>
    run({ size: 3, every: 1 }, "ABCDE|", {
      A: batches(0, 1, 1),
      B: batches(1, 2, 1.5),
      C: batches(2, 3, 2),
      D: batches(3, 3, 3),
      E: batches(4, 3, 4),
    }));
  test("with gaps: the last batches of each stretch", () =>
    run({ size: 1, every: 2 }, "-A-B-(C|)", { A: batches(0, 1, 2), B: batches(1, 1, 4), C: batches(2, 1, 5) }));
});

describe("merging", () => {
  const parts = { a: 0, b: 1, c: 2 };
  const part = map((index: number) => ({ index, samples: 1, rows: rowsOf(index === 2 ? 8 : index * 2 + 1) }));
  const run = (source: string, expected: string, failure?: string) =>
    marbles(({ cold, expectObservable }) => {
      const merged = cold(source, parts).pipe(part, mergeMoments(), shown);
      expectObservable(merged).toBe(
        expected,
        { A: "0: 3 batches, 3 samples, mean 4" },
        failure === undefined ? undefined : error(failure),
      );
    });
  test("in order, and in any other", () => {
    run("abc|", "---(A|)");
    run("cab|", "---(A|)");
  });
  test("a part that comes twice, or never", () => {
    run("aba|", "--#", "index 0 came twice");
    run("ac|", "--#", "index 1 never came");
  });
  test("no part: nothing", () => run("-|", "-|"));
  test("an error goes through", () => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold("a#", parts, new Error("broken")).pipe(part, mergeMoments())).toBe("-#", {}, new Error("broken"));
    });
  });
});

test("synchronous batches do not pile up on the stack", () => {
  const seen: string[] = [];
  const many = Array.from({ length: 5000 }, (_, i) => tensor(i));
  of(...many)
    .pipe(
      batchOperator(() => ({ take: (x: Tensor) => of(x) }), {}),
      read,
    )
    .subscribe((value) => seen.push(value));
  expect(seen).toHaveLength(5000);
});
