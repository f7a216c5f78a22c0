import { describe, expect, test } from "vitest";
import { BatchNorm, createInlineEngine, GroupNorm, InstanceNorm, LayerNorm, type StateDict, tensorIn } from "../../src/index.js";

const pool = createInlineEngine();

async function trained(): Promise<BatchNorm> {
  const layer = new BatchNorm(2, { pool });
  layer.weight?.set([2, 3]);
  layer.bias?.set([-1, 0.1]);
  using x = tensorIn(pool, [3, 2], "float64", { data: [1, 2, 3, 5, 8, 13] });
  (await layer.forward(x))[Symbol.dispose]();
  return layer;
}

describe("what a state dict may hold", () => {
  test.each<[string, (values: number[]) => StateDict[string]]>([
    ["arrays", (values) => values],
    ["float32", (values) => Float32Array.from(values)],
    ["BigInts", (values) => BigInt64Array.from(values, BigInt)],
    ["tensors with a shape", (values) => ({ shape: [2], data: Float64Array.from(values) })],
    ["tensors without one", (values) => ({ data: values })],
  ])("%s", (_, make) => {
    const layer = new BatchNorm(2, { pool });
    const dict = { weight: [2, 3], bias: [0, 1], running_mean: [4, 5], running_var: [6, 7] };
    layer.loadStateDict(Object.fromEntries(Object.entries(dict).map(([name, values]) => [name, make(values)])));
    const found = layer.stateDict();
    for (const [name, values] of Object.entries(dict))
      expect(found[name as keyof typeof dict]).toEqual(Float64Array.from(values));
  });

  test.each<[string, StateDict[string], number]>([
    ["a number", 3, 3],
    ["a BigInt", 3n, 3],
    ["a list of one", [3], 3],
    ["int64, as safetensors have it", BigInt64Array.of(3n), 3],
    ["a tensor", { shape: [], data: BigInt64Array.of(3n) }, 3],
  ])("num_batches_tracked as %s", async (_, value, expected) => {
    const layer = await trained();
    layer.loadStateDict({ ...layer.stateDict(), num_batches_tracked: value });
    expect(layer.numBatchesTracked).toBe(expected);
  });

  test("num_batches_tracked may be missing, as in PyTorch's dicts of old", async () => {
    const layer = await trained();
    const { num_batches_tracked: _, ...old } = layer.stateDict();
    layer.loadStateDict(old);
    expect(layer.numBatchesTracked).toBe(0);
  });

  test("NaN is a number: averages that have met one are averages", async () => {
    const layer = await trained();
    layer.loadStateDict({ ...layer.stateDict(), running_mean: [Number.NaN, 1] });
    expect(layer.runningMean).toEqual(Float64Array.of(Number.NaN, 1));
  });
});

describe("what is refused changes nothing", () => {
  const hole: number[] = [1];
  hole[2] = 1;
  hole.length = 2;
  test.each<[string, unknown, string]>([
    ["nothing", undefined, "the entries of a state dict are no object"],
    ["null", null, "the entries of a state dict are no object; expected an object, found null"],
    ["a list", [1], "the entries of a state dict are no object"],
    ["an unknown name", { gamma: [1, 1] }, 'unknown name "gamma" in a state dict; expected weight, bias, running_mean'],
    ["a name that every object has", { constructor: [1, 1] }, 'unknown name "constructor"'],
    [
      "names of a model",
      { "norm.weight": [1, 1] },
      'unknown name "norm.weight" in a state dict; expected weight, bias, running_mean, running_var, num_batches_tracked. Take the entries of one layer',
    ],
    ["a missing name", { bias: undefined }, '"bias" in a state dict; expected 2 numbers, found nothing'],
    ["a wrong length", { weight: [1] }, '"weight" in a state dict; expected 2 numbers, found 1'],
    [
      "a wrong shape",
      { weight: { shape: [1, 2], data: [1, 2] } },
      '"weight" in a state dict; expected shape [2], found shape [1, 2]',
    ],
    ["a number for a vector", { weight: 5 }, '"weight" in a state dict; expected 2 numbers, found a number'],
    ["a text", { weight: "ab" }, '"weight" in a state dict; expected numbers, found string'],
    ["a text in a tensor", { weight: { data: "ab" } }, "expected 2 numbers, found string"],
    ["null for a vector", { weight: null }, '"weight" in a state dict; expected numbers, found null'],
    ["texts", { weight: ["1", "2"] }, '"weight" in a state dict; expected numbers, found string at 0'],
    ["a hole", { weight: hole }, '"weight" in a state dict; expected numbers, found undefined at 1'],
    ["a negative variance", { running_var: [1, -1] }, "channel 1: running_var holds -1; expected 0 or more"],
    [
      "a negative count",
      { num_batches_tracked: -1 },
      '"num_batches_tracked" in a state dict; expected a whole number of 0 or more, found -1',
    ],
    ["half a count", { num_batches_tracked: 0.5 }, "found 0.5"],
    ["two counts", { num_batches_tracked: [1, 2] }, "found an array"],
    ["a count in a text", { num_batches_tracked: "7" }, '"num_batches_tracked" in a state dict; expected numbers, found string'],
  ])("%s", async (_, change, message) => {
    const layer = await trained();
    const before = layer.stateDict();
    const isPart = typeof change === "object" && change !== null && !Array.isArray(change);
    const dict = isPart ? { ...before, weight: [9, 9], running_mean: [9, 9], ...change } : change;
    for (const name of Object.keys(isPart ? change : {})) {
      if ((dict as Record<string, unknown>)[name] === undefined) delete (dict as Record<string, unknown>)[name];
    }
    expect(() => layer.loadStateDict(dict as StateDict)).toThrow(message);
    expect(layer.stateDict()).toEqual(before);
  });
});

test("strict: false takes what fits by name, and leaves the rest", async () => {
  const layer = await trained();
  const before = layer.stateDict();
  layer.loadStateDict({ running_mean: [7, 8], gamma: [1] }, { strict: false });
  expect(layer.stateDict()).toEqual({ ...before, running_mean: Float64Array.of(7, 8) });
  expect(() => layer.loadStateDict({ running_mean: [7] }, { strict: false })).toThrow("expected 2 numbers, found 1");
});

test("layers have the names that PyTorch's have", () => {
  const names = (layer: { stateDict(): object }) => Object.keys(layer.stateDict());
  const running = ["running_mean", "running_var", "num_batches_tracked"];
  expect(names(new BatchNorm(2))).toEqual(["weight", "bias", ...running]);
  expect(names(new BatchNorm(2, { affine: false }))).toEqual(running);
  expect(names(new BatchNorm(2, { trackRunningStats: false }))).toEqual(["weight", "bias"]);
  expect(names(new InstanceNorm(2))).toEqual([]);
  expect(names(new InstanceNorm(2, { affine: true, trackRunningStats: true }))).toEqual(["weight", "bias", ...running]);
  expect(names(new GroupNorm(1, 2))).toEqual(["weight", "bias"]);
  expect(names(new LayerNorm([2, 3]))).toEqual(["weight", "bias"]);
  expect(names(new LayerNorm(2, { bias: false }))).toEqual(["weight"]);
  expect(names(new LayerNorm(2, { affine: false }))).toEqual([]);
});

test("a layer norm knows the order of its axes", () => {
  const layer = new LayerNorm([2, 3], { pool });
  const data = [1, 2, 3, 4, 5, 6];
  layer.loadStateDict({ weight: { shape: [2, 3], data }, bias: data });
  expect(layer.weight).toEqual(Float64Array.from(data));
  expect(() => layer.loadStateDict({ weight: { shape: [3, 2], data }, bias: data })).toThrow(
    "expected shape [2, 3], found shape [3, 2]",
  );
});

test("what a layer gives is a copy", async () => {
  const layer = await trained();
  layer.stateDict().running_mean?.fill(99);
  expect(layer.runningMean?.[0]).not.toBe(99);
});

test("resetting: a layer as it was when it was new", async () => {
  const layer = await trained();
  layer.resetRunningStats();
  expect(layer.stateDict()).toEqual({
    ...new BatchNorm(2).stateDict(),
    weight: Float64Array.of(2, 3),
    bias: Float64Array.of(-1, 0.1),
  });
  const other = await trained();
  other.resetParameters();
  expect(other.stateDict()).toEqual(new BatchNorm(2).stateDict());
});
