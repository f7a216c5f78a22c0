import { describe, expect, test } from "vitest";
import { BatchNorm, createInlineEngine, GroupNorm, InstanceNorm, LayerNorm, tensorIn } from "../src/index.js";

const pool = createInlineEngine();
const tensor = (shape: number[], data: ArrayLike<number>, layout?: "NCHW" | "NHWC" | "NCL" | "NC") =>
  tensorIn(pool, shape, "float64", { data, ...(layout ? { layout } : {}) });
const noise = (length: number) => Float64Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * 3 + (i % 7));
const ramp = (length: number) => Float64Array.from({ length }, (_, i) => (i * 7) % 11);

const meanOf = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0) / x.length;
const varianceOf = (x: ArrayLike<number>, correction: number) => {
  const mean = meanOf(x);
  return Array.from(x).reduce((a, b) => a + (b - mean) ** 2, 0) / (x.length - correction);
};

/** What a caller without types gives. */
const untyped = (value: unknown) => value as never;

describe("batch norm", () => {
  test("takes the biased variance for the batch and the unbiased one for the average; inference takes the average", async () => {
    const layer = new BatchNorm(1, { pool, momentum: 0.25, eps: 0 });
    const values = ramp(12);
    using x = tensor([4, 1, 3], values);
    using y = await layer.forward(x);
    expect(varianceOf(y.data, 0)).toBeCloseTo(1, 12);
    expect(layer.runningMean?.[0]).toBeCloseTo(0.25 * meanOf(values), 12);
    expect(layer.runningVar?.[0]).toBeCloseTo(0.75 + 0.25 * varianceOf(values, 1), 12);
    using z = await layer.eval().forward(x);
    const [mean, variance] = [layer.runningMean?.[0] ?? 0, layer.runningVar?.[0] ?? 0];
    expect(z.data[1]).toBeCloseTo(((values[1] as number) - mean) / Math.sqrt(variance), 12);
    expect(layer.numBatchesTracked).toBe(1);
  });

  test("a null momentum averages all batches alike; correction 0 keeps the biased variance", async () => {
    const layer = new BatchNorm(1, { pool, momentum: null, runningVarCorrection: 0 });
    const batches = [ramp(6), ramp(9).subarray(3), ramp(12).subarray(6)];
    for (const data of batches) {
      using x = tensor([6, 1], data, "NC");
      (await layer.forward(x))[Symbol.dispose]();
    }
    expect(layer.runningMean?.[0]).toBeCloseTo(meanOf(batches.map(meanOf)), 12);
    expect(layer.runningVar?.[0]).toBeCloseTo(meanOf(batches.map((batch) => varianceOf(batch, 0))), 12);
  });

  test("state goes out and comes back under PyTorch's names", async () => {
    const layer = new BatchNorm(2, { pool });
    layer.weight?.set([2, 3]);
    using x = tensor([3, 2, 2], ramp(12));
    (await layer.forward(x))[Symbol.dispose]();
    const dict = layer.stateDict();
    expect(Object.keys(dict)).toEqual(["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]);
    const copy = new BatchNorm(2, { pool });
    copy.loadStateDict(dict);
    expect(copy.stateDict()).toEqual(dict);
  });

  test.each([
    [{ ...new BatchNorm(2).stateDict(), gamma: [1, 1] }, 'unknown name "gamma"'],
    [{ weight: [1, 1], bias: [0, 0] }, '"running_mean" in a state dict; expected 2 numbers, found nothing'],
    [{ ...new BatchNorm(2).stateDict(), weight: [1] }, '"weight" in a state dict; expected 2 numbers, found 1'],
  ])("a state dict that does not fit is refused", (dict, message) => {
    expect(() => new BatchNorm(2, { pool }).loadStateDict(dict)).toThrow(message);
  });

  test("a wrong number of channels, a wrong layout, and one value per channel are refused", async () => {
    using x = tensor([2, 3, 2, 2], ramp(24), "NCHW");
    await expect(new BatchNorm(2, { pool }).forward(x)).rejects.toThrow("shape [2, 3, 2, 2] (NCHW) has 3 channels; expected 2");
    await expect(new BatchNorm(3, { pool, layout: "NHWC" }).forward(x)).rejects.toThrow(
      "shape [2, 3, 2, 2] (NCHW); expected layout NHWC",
    );
    using one = tensor([1, 3], [1, 2, 3], "NC");
    await expect(new BatchNorm(3, { pool }).forward(one)).rejects.toThrow("one value per channel");
    using zeros = tensor([4, 1], [5, 5, 5, 5], "NC");
    await expect(new BatchNorm(1, { pool, eps: 0 }).forward(zeros)).rejects.toThrow("nothing to divide by");
  });

  test.each([
    [() => new BatchNorm(0), "0 features"],
    [() => new BatchNorm(1, { momentum: 1.5 }), "momentum 1.5"],
    [() => new BatchNorm(1, untyped({ momentum: "0.1" })), "momentum 0.1; expected a number from 0 to 1"],
    [() => new BatchNorm(1, untyped({ runningVarCorrection: 2 })), "runningVarCorrection 2; expected 1"],
    [() => new BatchNorm(1, untyped({ nan: "skip" })), 'NaN policy "skip"; expected propagate, omit, error'],
    [() => new BatchNorm(1, untyped({ layout: "NHCW" })), 'layout "NHCW"; expected NC, NCL'],
    [() => new BatchNorm(1, { eps: Number.NaN }), "eps NaN"],
    [() => new GroupNorm(2, 3), "2 groups do not divide 3 channels"],
    [() => new LayerNorm([]), "a normalized shape of []"],
  ])("options that cannot be are refused", (make, message) => {
    expect(make).toThrow(message);
  });

  test("what is not a tensor is refused, whoever takes it", async () => {
    const layer = new BatchNorm(2, { pool });
    await expect(layer.forward(untyped([1, 2]))).rejects.toThrow("the input is not a tensor; expected what openTensor");
    await expect(layer.forward(untyped(null))).rejects.toThrow("found null");
    await expect(layer.backward(untyped(new Float32Array(2)))).rejects.toThrow("dy is not a tensor");
    await expect(layer.fit(untyped(3))).rejects.toThrow("found number");
    await expect(layer.fit(untyped([[1, 2]]))).rejects.toThrow("found an array");
  });

  test("a state dict of which a part does not fit changes nothing", () => {
    const layer = new BatchNorm(2, { pool });
    const before = layer.stateDict();
    const dict = { ...before, weight: [3, 3], bias: [1, 1], running_mean: [5, 5], running_var: [1] };
    expect(() => layer.loadStateDict(dict)).toThrow('"running_var" in a state dict; expected 2 numbers, found 1');
    expect(layer.stateDict()).toEqual(before);
  });
});

test("instance norm has neither weight nor averages unless asked, and is the same in inference", async () => {
  const layer = new InstanceNorm(2, { pool });
  expect(layer.stateDict()).toEqual({});
  using x = tensor([3, 2, 4], ramp(24));
  using y = await layer.forward(x);
  using z = await layer.eval().forward(x);
  expect(z.data).toEqual(y.data);
  for (let i = 0; i < 24; i += 4) expect(meanOf(y.data.subarray(i, i + 4))).toBeCloseTo(0, 12);
});

test("group norm with one group is layer norm over a sample, but for the affine", async () => {
  using x = tensor([2, 3, 4], ramp(24));
  using group = await new GroupNorm(1, 3, { pool }).forward(x);
  using layer = await new LayerNorm([3, 4], { pool }).forward(x);
  layer.data.forEach((v, i) => {
    expect(v).toBeCloseTo(group.data[i] as number, 12);
  });
  expect(layer.shape).toEqual([2, 3, 4]);
  await expect(new LayerNorm([4, 3], { pool }).forward(x)).rejects.toThrow("expected […, 4, 3]");
});

test("a layer norm weighs each element of a row by its own weight", async () => {
  using x = tensor([2, 1, 4], ramp(8));
  const layer = new LayerNorm(4, { pool });
  using plain = await layer.forward(x);
  layer.weight?.set([1, 2, 3, 4]);
  layer.bias?.set([0, 0, 10, 0]);
  using y = await layer.forward(x);
  const expected = Array.from(plain.data, (v, i) => v * ((i % 4) + 1) + (i % 4 === 2 ? 10 : 0));
  expected.forEach((v, i) => {
    expect(y.data[i]).toBeCloseTo(v, 12);
  });
});

describe("fit", () => {
  const data = noise(60);
  const all = () => tensor([10, 2, 3], data);
  /** Batches of 4, 4 and 2 samples. */
  async function* batches() {
    for (const [from, to] of [
      [0, 4],
      [4, 8],
      [8, 10],
    ] as const) {
      using x = tensor([to - from, 2, 3], data.subarray(from * 6, to * 6));
      yield x;
    }
  }
  const channel = (c: number) => data.filter((_, i) => Math.floor(i / 3) % 2 === c);

  test("takes the statistics of all data by counts, whatever the batches", async () => {
    const layer = await new BatchNorm(2, { pool }).fit(batches());
    for (const c of [0, 1]) {
      expect(layer.runningMean?.[c]).toBeCloseTo(meanOf(channel(c)), 12);
      expect(layer.runningVar?.[c]).toBeCloseTo(varianceOf(channel(c), 1), 12);
    }
    expect(layer.numBatchesTracked).toBe(3);
    using x = all();
    const whole = await new BatchNorm(2, { pool, runningVarCorrection: 0 }).fit(x);
    expect(whole.runningVar?.[0]).toBeCloseTo(varianceOf(channel(0), 0), 12);
    expect(whole.numBatchesTracked).toBe(1);
  });

  test("another call adapts to another domain: nothing of the first is left", async () => {
    using x = all();
    using other = tensor(
      [10, 2, 3],
      data.map((v) => v * 10 + 100),
    );
    const layer = await (await new BatchNorm(2, { pool }).fit(x)).fit(other);
    const fresh = await new BatchNorm(2, { pool }).fit(other);
    expect(layer.stateDict()).toEqual(fresh.stateDict());
    using y = await layer.eval().forward(other);
    expect(meanOf(y.data)).toBeCloseTo(0, 6);
  });

  test("failing, it leaves the averages as they were", async () => {
    using x = all();
    const layer = await new BatchNorm(2, { pool }).fit(x);
    const before = layer.stateDict();
    async function* broken() {
      yield x;
      throw new Error("the source broke");
    }
    await expect(layer.fit(broken())).rejects.toThrow("the source broke");
    await expect(layer.fit(x, { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "aborted" });
    using one = tensor([1, 2], [1, 2], "NC");
    await expect(layer.fit(one)).rejects.toMatchObject({
      kind: "data",
      message: expect.stringContaining("1 values per channel"),
    });
    using wide = tensor([2, 3], [1, 2, 3, 4, 5, 6], "NC");
    await expect(layer.fit(wide)).rejects.toThrow("3 channels; expected 2");
    await expect(new BatchNorm(2, { pool, trackRunningStats: false }).fit(x)).rejects.toThrow("without running averages");
    expect(layer.stateDict()).toEqual(before);
  });
});
