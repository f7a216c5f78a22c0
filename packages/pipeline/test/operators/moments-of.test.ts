import type { OperatorFunction } from "rxjs";
import { describe, expect, test } from "vitest";
import { momentsOf, type StreamMoments, type Tensor, windowed } from "../../src/index.js";
import { play, pool, table } from "./frames.js";

const batches: Record<string, number[]> = { a: [0, 2], b: [4, 6], c: [8, 10], d: [20] };
const make = (letter: string) => table(1, ...(batches[letter] as number[]));
const show = ({ index, batches, samples, moments }: StreamMoments) =>
  `${index}: ${batches} of ${samples}, mean ${moments.mean[0]}, variance ${Number(moments.variance[0]?.toFixed(3))}`;
const run = (source: string, through: OperatorFunction<Tensor, StreamMoments>, more = {}) =>
  play({ source, make, through, show, ...more });

describe("momentsOf", () => {
  test("once, at the end; a short batch weighs what it holds", async () => {
    expect(await run("a-bd|", momentsOf({ pool }))).toEqual({
      diagram: "----(A|)",
      values: ["0: 3 of 5, mean 6.4, variance 50.24"],
      error: undefined,
    });
  });

  test("every two batches, and the rest at the end", async () => {
    expect(await run("abc|", momentsOf({ pool, everyBatches: 2 }))).toEqual({
      diagram: "-A-(B|)",
      values: ["0: 2 of 4, mean 3, variance 5", "1: 3 of 6, mean 5, variance 11.667"],
      error: undefined,
    });
  });

  test("nothing twice: an end that falls together with a turn emits once", async () => {
    expect((await run("ab|", momentsOf({ pool, everyBatches: 2 }))).diagram).toBe("-A|");
  });

  test("every 3 ms, where a batch has come since", async () => {
    expect(await run("a-b-------c-|", momentsOf({ pool, everyMs: 3 }))).toEqual({
      diagram: "---A--------(B|)",
      values: ["0: 2 of 4, mean 3, variance 5", "1: 3 of 6, mean 5, variance 11.667"],
      error: undefined,
    });
  });

  test("nothing of nothing", async () => {
    expect((await run("--|", momentsOf({ pool, everyBatches: 1 }))).diagram).toBe("--|");
  });

  test("unsubscribing stops the batch that runs and the clock", async () => {
    const played = await run("(abc)", momentsOf({ pool, everyMs: 1 }), { unsubscribe: "!" });
    expect(played).toEqual({ diagram: "", values: [], error: undefined });
  });

  test("the source's own error", async () => {
    const broken = new Error("broken");
    const from = (letter: string) => (letter === "#" ? (broken as unknown as Tensor) : make(letter));
    const { diagram, error } = await run("a-#", momentsOf({ pool, everyBatches: 1 }), { make: from });
    expect({ diagram, error }).toEqual({ diagram: "A-#", error: broken });
  });
});

describe("windowed", () => {
  test("one after the other, the last one shorter", async () => {
    expect(await run("abc|", windowed({ pool, size: 2 }))).toEqual({
      diagram: "-A-(B|)",
      values: ["0: 2 of 4, mean 3, variance 5", "1: 1 of 2, mean 9, variance 1"],
      error: undefined,
    });
  });

  test("sliding", async () => {
    expect(await run("a-bc|", windowed({ pool, size: 2, every: 1 }))).toEqual({
      diagram: "A-BC|",
      values: ["0: 1 of 2, mean 1, variance 1", "1: 2 of 4, mean 3, variance 5", "2: 2 of 4, mean 7, variance 5"],
      error: undefined,
    });
  });

  test("unsubscribing", async () => {
    const played = await run("(abc)", windowed({ pool, size: 1 }), { unsubscribe: "!" });
    expect(played).toEqual({ diagram: "", values: [], error: undefined });
  });
});

describe.each<[string, (options: object) => OperatorFunction<Tensor, StreamMoments>]>([
  ["momentsOf", (options) => momentsOf({ pool, everyBatches: 1, ...options })],
  ["windowed", (options) => windowed({ pool, size: 1, ...options })],
])("errors of %s say which batch", (_, through) => {
  test.each<[string, object, () => Tensor, object]>([
    ["other channels", {}, () => table(2, 1, 2), { kind: "usage", message: "batch 2: 2 channels; expected 1, as before" }],
    ["infinity under the policy error", { nan: "error" }, () => table(1, Infinity), { kind: "data" }],
    [
      "no samples",
      {},
      () => table(1),
      { kind: "data", message: expect.stringContaining("batch 2: tensor: shape [0, 1] holds no values") },
    ],
  ])("%s", async (_, options, bad, expected) => {
    const from = (letter: string) => (letter === "x" ? bad() : make(letter));
    const { diagram, error } = await run("a-bx-c|", through(options), { make: from });
    expect(diagram).toBe("A-B#");
    expect(error).toMatchObject({ ...expected, details: { batch: 2 } });
  });

  test("the signal", async () => {
    const stop = new AbortController();
    const at = (frame: number) => frame === 1 && stop.abort();
    const { diagram, error } = await run("a--b|", through({ signal: stop.signal }), { at });
    expect(diagram).toBe("A#");
    expect(error).toMatchObject({ kind: "aborted" });
  });

  test.each<[object, string]>([
    [{ nan: "skip" }, 'NaN policy "skip"'],
    [{ pool: {} }, "the pool is none"],
    [{ maxInFlight: 0 }, "maxInFlight 0"],
  ])("options %j are refused at once", (options, message) => {
    // The operator looks at them when it is made, or when it meets its source.
    expect(() => through(options)({ pipe: (f: (x: unknown) => unknown) => f({}) } as never)).toThrow(message);
  });
});

test.each<[() => unknown, string]>([
  [() => momentsOf({ everyBatches: 0 }), "everyBatches 0; expected a whole number of 1 or more"],
  [() => momentsOf({ everyMs: Number.NaN }), "everyMs NaN; expected a number above 0"],
  [() => momentsOf(null as never), "options are no object"],
  [() => windowed(undefined as never), "options are no object"],
  [() => windowed({} as never), "windowed without a size"],
  [() => windowed({ size: 1.5 }), "size 1.5"],
  [() => windowed({ size: 2, every: 0 }), "every 0"],
])("what cannot be is refused at once", (act, message) => {
  expect(act).toThrow(message);
});
