import type { NormstreamError } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import { type StandardizeOptions, standardize, type Tensor, tensorIn } from "../../src/index.js";
import { play, pool, table, taken } from "./frames.js";

const batches: Record<string, number[]> = { a: [0, 2], b: [4, 6], c: [8, 10], d: [100, 102] };
const run = (source: string, options: StandardizeOptions = {}, make?: (letter: string) => Tensor) =>
  play({
    source,
    make: make ?? ((letter) => table(1, ...(batches[letter] as number[]))),
    through: standardize({ pool, eps: 0, ...options }),
    show: taken,
  });
const round = (value: number) => `${Number(value.toFixed(3)) + 0}`;
/** Values standardized by the mean and the variance of some. */
const by = (mean: number, variance: number, values: readonly number[]) =>
  values.map((value) => round((value - mean) / Math.sqrt(variance))).join(" ");

test("cumulative: by all that has come, the batch at hand included, every value alike", async () => {
  // 0 2 | 0 2 4 6 | 0 2 4 6 8 10
  expect(await run("a-b-c|")).toEqual({
    diagram: "A-B-C|",
    values: [by(1, 1, [0, 2]), by(3, 5, [4, 6]), by(5, 35 / 3, [8, 10])],
    error: undefined,
  });
});

test("exponential: old and new weigh 1 − f and f, the mean's drift counts, the first batch weighs all", async () => {
  // By hand: mean 0.5·1 + 0.5·5 = 3; variance 0.5·1 + 0.5·1 + 0.5·0.5·(5 − 1)² = 5.
  expect(await run("ab|", { momentum: 0.5 })).toEqual({
    diagram: "AB|",
    values: [by(1, 1, [0, 2]), by(3, 5, [4, 6])],
    error: undefined,
  });
});

test("momentum 1 knows the batch alone, momentum 0 the first alone", async () => {
  expect((await run("ad|", { momentum: 1 })).values).toEqual(["-1 1", "-1 1"]);
  expect((await run("ad|", { momentum: 0 })).values).toEqual(["-1 1", by(1, 1, [100, 102])]);
});

test("each subscription begins anew", async () => {
  const through = standardize({ pool, eps: 0 });
  for (let k = 0; k < 2; k++) {
    const make = (letter: string) => table(1, ...(batches[letter] as number[]));
    expect((await play({ source: k === 0 ? "abcd|" : "a|", make, through, show: taken })).values[0]).toBe("-1 1");
  }
});

test("batches that come at once wait; completion comes with the last", async () => {
  expect((await run("(ab|)")).diagram).toBe("(AB|)");
});

test("unsubscribing frees what runs and waits", async () => {
  const make = (letter: string) => table(1, ...(batches[letter] as number[]));
  const played = await play({ source: "(abc)", make, through: standardize({ pool }), show: taken, unsubscribe: "!" });
  expect(played).toEqual({ diagram: "", values: [], error: undefined });
});

test("the signal ends it with an error", async () => {
  const stop = new AbortController();
  const make = (letter: string) => table(1, ...(batches[letter] as number[]));
  const { diagram, error } = await play({
    source: "a-b-|",
    make,
    through: standardize({ pool, signal: stop.signal }),
    show: taken,
    at: (frame) => frame === 1 && stop.abort(),
  });
  expect(diagram).toBe("A#");
  expect(error).toMatchObject({ kind: "aborted" });
});

describe("errors say which batch", () => {
  test.each<[string, StandardizeOptions, () => Tensor, Partial<NormstreamError>]>([
    ["other channels", {}, () => table(2, 1, 2, 3, 4), { kind: "usage", message: "batch 1: 2 channels; expected 1, as before" }],
    ["NaN under the policy error", { nan: "error" }, () => table(1, 1, Number.NaN), { kind: "data" }],
    ["a disposed tensor", {}, disposed, { kind: "usage", message: expect.stringContaining("after it was disposed") }],
  ])("%s", async (_, options, make, expected) => {
    const { diagram, error } = await run("ax|", options, (letter) =>
      letter === "x" ? make() : table(1, ...(batches[letter] as number[])),
    );
    expect(diagram).toBe("A#");
    expect(error).toMatchObject({ ...expected, details: { batch: 1 } });
  });

  test("constant values and eps 0", async () => {
    const { error } = await run("a|", {}, () => table(1, 5, 5));
    expect(error).toMatchObject({
      kind: "data",
      details: { batch: 0 },
      message: expect.stringContaining("nothing to divide by"),
    });
  });
});

function disposed(): Tensor {
  const x = table(1, 1, 2);
  x[Symbol.dispose]();
  return x;
}

test("NaN: propagate makes its channel NaN from then on, omit leaves it out", async () => {
  const make = (letter: string) => table(1, ...(letter === "x" ? [Number.NaN, 2] : [0, 4]));
  const through = (nan: "propagate" | "omit") => standardize({ pool, eps: 0, nan });
  expect((await play({ source: "axa|", make, through: through("propagate"), show: taken })).values).toEqual([
    "-1 1",
    "NaN NaN",
    "NaN NaN",
  ]);
  const { values } = await play({ source: "axa|", make, through: through("omit"), show: taken });
  expect(values[2]).toBe(by(2, 16 / 5, [0, 4]));
});

test("uint8 becomes float32", async () => {
  const make = () => tensorIn(pool, [2, 1], "uint8", { data: [1, 3] });
  const show = (y: Tensor) => `${y.dtype} ${taken(y)}`;
  expect((await play({ source: "a|", make, through: standardize({ pool, eps: 0 }), show })).values).toEqual(["float32 -1 1"]);
});

test.each<[unknown, string]>([
  [{ momentum: 2 }, "momentum 2; expected a number from 0 to 1"],
  [{ momentum: "0.5" }, "momentum 0.5"],
  [{ eps: -1 }, "eps -1"],
  [{ nan: "skip" }, 'NaN policy "skip"'],
  [{ pool: {} }, "the pool is none; expected what createPool gives"],
  [null, "options are no object"],
])("options %j are refused at once", (options, message) => {
  expect(() => standardize(options as never)).toThrow(message);
});
