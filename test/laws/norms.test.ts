import { computeStatistics, type Norm, type NormStatistics, NormstreamError } from "normstream";
import { describe, expect, test } from "vitest";
import { fileWriter } from "./containers.js";
import { sharedPools } from "./engines.js";
import { momentsOf } from "./float64-norm.js";
import { type SampleData, sampleData } from "./sample-data.js";

const files = fileWriter();
const poolOf = sharedPools();
const inline = poolOf({ threads: 0 });
const open = (data: SampleData) => files.open("npy", data, { layout: "NCL" });

/** 1e-12 relative, the bar for variances; a mean is measured against the values' own size. */
function expectMoments(got: NormStatistics, data: SampleData, spec: { norm: Norm; groups?: number; batchSize?: number }): void {
  const want = momentsOf(data, spec);
  const { mean, variance, count } = got.moments;
  expect(mean.length).toBe(want.length);
  for (const [i, exact] of want.entries()) {
    const size = Math.hypot(exact.mean, Math.sqrt(exact.variance));
    expect(Math.abs((mean[i] as number) - exact.mean)).toBeLessThanOrEqual(1e-12 * size);
    expect(Math.abs((variance[i] as number) - exact.variance)).toBeLessThanOrEqual(1e-12 * exact.variance);
  }
  expect(count.reduce((a, b) => a + b)).toBe(data.values.length);
}

const shapes = [
  [7, 12, 300],
  [3, 4, 9000],
  [50, 6, 16],
  [200, 4, 1],
] as const;

describe.each(shapes.map((shape) => ({ shape })))("$shape", ({ shape }) => {
  const data = sampleData("float32", shape, "mean 1e4", 13);
  const [samples, channels, planeSize] = shape;

  test("batch, instance, group and layer norm come from one table", async () => {
    using statistics = await computeStatistics(await open(data), { pool: inline, perInstance: true });
    expectMoments(statistics.batchNorm(), data, { norm: "batch" });
    expectMoments(statistics.instanceNorm(), data, { norm: "instance" });
    expectMoments(statistics.layerNorm(), data, { norm: "layer" });
    for (const groups of [1, 2, channels]) expectMoments(statistics.groupNorm(groups), data, { norm: "group", groups });
    for (const batchSize of [1, 2, 3, samples - 1, samples, samples + 5]) {
      expectMoments(statistics.batchNorm({ batchSize }), data, { norm: "batch", batchSize: Math.min(batchSize, samples) });
    }
  });

  test("sets, sizes and values of a statistic", async () => {
    using statistics = await computeStatistics(await open(data), { pool: inline, perInstance: true });
    const facts = ({ norm, groups, sets, samplesPerSet, valuesPerStatistic }: NormStatistics) => ({
      norm,
      groups,
      sets,
      samplesPerSet,
      valuesPerStatistic,
    });
    expect(facts(statistics.batchNorm())).toEqual({
      norm: "batch",
      groups: channels,
      sets: 1,
      samplesPerSet: samples,
      valuesPerStatistic: samples * planeSize,
    });
    expect(facts(statistics.batchNorm({ batchSize: 2 }))).toEqual({
      norm: "batch",
      groups: channels,
      sets: Math.ceil(samples / 2),
      samplesPerSet: 2,
      valuesPerStatistic: 2 * planeSize,
    });
    expect(facts(statistics.instanceNorm())).toEqual({
      norm: "instance",
      groups: channels,
      sets: samples,
      samplesPerSet: 1,
      valuesPerStatistic: planeSize,
    });
    expect(facts(statistics.groupNorm(2))).toEqual({
      norm: "group",
      groups: 2,
      sets: samples,
      samplesPerSet: 1,
      valuesPerStatistic: (channels / 2) * planeSize,
    });
    expect(facts(statistics.layerNorm())).toEqual({
      norm: "layer",
      groups: 1,
      sets: samples,
      samplesPerSet: 1,
      valuesPerStatistic: channels * planeSize,
    });
  });

  test("the mean of the instances' stds, and the pooled std", async () => {
    using statistics = await computeStatistics(await open(data), { pool: inline, perInstance: true });
    const stds = momentsOf(data, { norm: "instance" }).map(({ variance }) => Math.sqrt(variance));
    for (let c = 0; c < channels; c++) {
      const own = Array.from({ length: samples }, (_, n) => stds[n * channels + c] as number);
      const mean = own.reduce((a, b) => a + b) / samples;
      expect(Math.abs((statistics.meanInstanceStd?.[c] ?? NaN) - mean)).toBeLessThanOrEqual(1e-12 * mean);
      expect(statistics.std[c]).toBe(Math.sqrt(statistics.variance[c] as number));
    }
  });
});

describe("a table whose rows hold several samples", () => {
  const data = sampleData("float32", [2500, 3, 16], "normal", 6);
  const refusal = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      if (error instanceof NormstreamError) return error.kind;
      throw error;
    }
    return "not refused";
  };

  test("tells whole rows apart, and refuses what it cannot", async () => {
    using statistics = await computeStatistics(await open(data), { pool: inline });
    expect(statistics.table.grain).toBe(256);
    expectMoments(statistics.batchNorm({ batchSize: 512 }), data, { norm: "batch", batchSize: 512 });
    expect(refusal(() => statistics.batchNorm({ batchSize: 500 }))).toBe("usage");
    expect(refusal(() => statistics.instanceNorm())).toBe("usage");
    expect(refusal(() => statistics.groupNorm(3))).toBe("usage");
    expect(refusal(() => statistics.layerNorm())).toBe("usage");
    expect(statistics.meanInstanceStd).toBeNull();
  });

  test("with ragged batches, gives those, and no others", async () => {
    using statistics = await computeStatistics(await open(data), { pool: inline, batchSize: 600 });
    expectMoments(statistics.batchNorm({ batchSize: 600 }), data, { norm: "batch", batchSize: 600 });
    expectMoments(statistics.batchNorm(), data, { norm: "batch" });
    // Blocks of 256, 256 and 88 samples: 256 and 512 divide by the grain, but are no whole rows here.
    for (const batchSize of [256, 512, 1200]) expect(refusal(() => statistics.batchNorm({ batchSize }))).toBe("usage");
  });

  test("with batches of whole rows, gives other whole rows too", async () => {
    using statistics = await computeStatistics(await open(data), { pool: inline, batchSize: 512 });
    for (const batchSize of [256, 512, 768])
      expectMoments(statistics.batchNorm({ batchSize }), data, { norm: "batch", batchSize });
  });

  test.each([0, -1, 1.5, Number.NaN])("a batch size of %d is refused", async (batchSize) => {
    using statistics = await computeStatistics(await open(data), { pool: inline });
    expect(refusal(() => statistics.batchNorm({ batchSize }))).toBe("usage");
  });
});
