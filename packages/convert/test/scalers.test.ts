import { readFileSync } from "node:fs";
import { BatchNorm, GroupNorm } from "@normstream/pipeline";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toSklearn, toTorchvision, writeConversion } from "../src/index.js";
import { sampleStatistics, sampleValues, scratchFolder, trainedBatchNorm } from "./samples.js";

const path = scratchFolder();

/** Mean and variance (correction 0) of a column of a table, by the textbook; NaN left out. */
function direct(values: ArrayLike<number>, column: number, columns: number) {
  const own = Array.from(values).filter((value, i) => i % columns === column && !Number.isNaN(value));
  const mean = own.reduce((a, b) => a + b, 0) / own.length;
  return { count: own.length, mean, variance: own.reduce((a, b) => a + (b - mean) ** 2, 0) / own.length };
}

describe("scikit-learn", () => {
  test("attributes of a table, against a direct computation", async () => {
    const data = sampleValues(300);
    using statistics = await sampleStatistics([100, 3], "NC", { data });
    const file = path("scaler.json");
    await writeConversion(file, toSklearn(statistics));
    const { mean_, var_, scale_, ...rest } = JSON.parse(readFileSync(file, "utf8"));
    expect(rest).toEqual({ n_features_in_: 3, n_samples_seen_: 100 });
    for (let c = 0; c < 3; c++) {
      const { mean, variance } = direct(data, c, 3);
      // A hundred roundings of float64.
      expect(mean_[c]).toBeCloseTo(mean, 13);
      expect(var_[c]).toBeCloseTo(variance, 13);
      expect(scale_[c]).toBeCloseTo(Math.sqrt(variance), 13);
    }
  });

  test("NaN is left out, and each feature knows how many rows it has", async () => {
    const data = sampleValues(300).map((value, i) => (i === 4 || i === 7 || i === 11 ? Number.NaN : value));
    using statistics = await sampleStatistics([100, 3], "NC", { data, nan: "omit" });
    const { attributes, text } = toSklearn(statistics);
    expect(attributes.n_samples_seen_).toEqual([100, 98, 99]);
    expect(attributes.mean_[1]).toBeCloseTo(direct(data, 1, 3).mean, 13);
    expect(text).toContain("3 values that are not finite were left out.");
  });

  test("NaN that was not left out is refused, with what to do", async () => {
    using statistics = await sampleStatistics([2, 2], "NC", { data: [1, 2, Number.NaN, 3] });
    expect(() => toSklearn(statistics)).toThrow(
      /channel 0: the mean is NaN and the variance NaN: 1 of its values are not finite; expected finite numbers. Compute the statistics with --nan omit/,
    );
  });

  test("a constant feature has scale 1, also where rounding left it a variance", async () => {
    const data = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? 5 : i % 3 === 1 ? i : 1e6 + i));
    using statistics = await sampleStatistics([10, 3], "NC", { data });
    const { attributes, text } = toSklearn(statistics);
    expect(attributes.scale_[0]).toBe(1);
    expect(attributes.var_[0]).toBe(0);
    expect(attributes.scale_[1]).toBeGreaterThan(1);
    expect(attributes.scale_[2]).toBeGreaterThan(1);
    expect(text).toContain("Channel 0 is constant: scale_ is 1 there");
    const noisy = { ...statistics, samples: 10, moments: { ...statistics.moments, variance: Float64Array.of(1e-33, 1, 1) } };
    expect(toSklearn(noisy).attributes.scale_).toEqual([1, 1, 1]);
  });

  test("planes: rows are positions", async () => {
    using statistics = await sampleStatistics([4, 3, 5, 6], "NCHW");
    const { attributes, text } = toSklearn(statistics);
    expect(attributes.n_samples_seen_).toBe(120);
    expect(text).toContain("transform takes x.transpose(0, 2, 3, 1).reshape(-1, C)");
  });

  test("the averages of a layer, without a number of rows", async () => {
    const layer = await trainedBatchNorm("NC");
    layer.weight?.fill(1);
    layer.bias?.fill(0);
    const { attributes, text } = toSklearn(layer);
    expect(attributes).toEqual({
      mean_: [...(layer.runningMean as Float64Array)],
      var_: [...(layer.runningVar as Float64Array)],
      scale_: [...(layer.runningVar as Float64Array).map(Math.sqrt)],
      n_features_in_: 3,
    });
    expect(text).toContain("partial_fit does not");
  });

  test("what a scaler cannot express is refused", async () => {
    expect(() => toSklearn(new GroupNorm(1, 4))).toThrow(
      /StandardScaler cannot express group norm; expected one mean and variance a channel/,
    );
    expect(() => toSklearn(new BatchNorm(3, { trackRunningStats: false }))).toThrow(/without running averages/);
    const layer = await trainedBatchNorm("NC");
    expect(() => toSklearn(layer)).toThrow(
      /channel 0: StandardScaler has no weight and bias; expected weight 1 and bias 0, found 0.5 and -1/,
    );
    expect(() => toTorchvision(layer)).toThrow(/Normalize has no weight and bias/);
  });
});

describe("torchvision", () => {
  test("uint8 pictures: mean and std are divided by 255, as ToTensor divides", async () => {
    const data = sampleValues(4 * 3 * 20).map((value) => Math.floor((value + 2) * 63));
    using statistics = await sampleStatistics([4, 4, 5, 3], "NHWC", { data, dtype: "uint8" });
    const file = path("normalize.json");
    const conversion = toTorchvision(statistics);
    await writeConversion(file, conversion);
    const { mean, std } = JSON.parse(readFileSync(file, "utf8"));
    for (let c = 0; c < 3; c++) {
      const scaled = direct(
        data.map((value) => value),
        c,
        3,
      );
      expect(mean[c]).toBeCloseTo(scaled.mean / 255, 13);
      expect(std[c]).toBeCloseTo(Math.sqrt(scaled.variance) / 255, 13);
    }
    expect(conversion.scale).toBe(255);
    expect(conversion.text).toContain("Both are divided by 255, as ToTensor divides uint8");
  });

  test("float pictures stay as they are, and a scale can be said", async () => {
    using statistics = await sampleStatistics([4, 3, 5, 6], "NCHW");
    expect(toTorchvision(statistics).mean).toEqual([...statistics.mean]);
    expect(toTorchvision(statistics, { scale: 2 }).std).toEqual([...statistics.std].map((value) => value / 2));
    expect(() => toTorchvision(statistics, { scale: 0 })).toThrow(/scale 0/);
  });

  test("a constant channel has std 1", async () => {
    const data = Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 9 : i));
    using statistics = await sampleStatistics([2, 2, 2, 2], "NHWC", { data, dtype: "uint8" });
    const { std, mean, text } = toTorchvision(statistics);
    expect([mean[0], std[0]]).toEqual([9 / 255, 1]);
    expect(text).toContain("Normalize refuses to divide by 0: std is 1 for channel 0");
  });
});

test("law: normalizing with either gives mean 0 and variance 1", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 4, maxLength: 60 }), async (column) => {
      fc.pre(new Set(column).size > 1);
      using statistics = await sampleStatistics([column.length, 1], "NC", { data: column });
      const { attributes } = toSklearn(statistics);
      const { mean, std } = toTorchvision(statistics);
      const scalers = [
        [attributes.mean_[0], attributes.scale_[0]],
        [mean[0], std[0]],
      ] as [number, number][];
      for (const [shift, scale] of scalers) {
        const result = direct(
          column.map((value) => (value - shift) / scale),
          0,
          1,
        );
        // Sixty roundings of numbers below 1000 / std, which is above 1 / 8.
        expect(Math.abs(result.mean)).toBeLessThan(1e-10);
        expect(Math.abs(result.variance - 1)).toBeLessThan(1e-10);
      }
    }),
    { seed: 7, numRuns: 100 },
  );
});
