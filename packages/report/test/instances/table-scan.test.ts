import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InstanceSampler } from "../../src/instances/instance-sample.js";
import { contentHash, SampleHashes } from "../../src/instances/sample-hashes.js";
import { sampledIndices } from "../../src/instances/sampling.js";
import { scanTable } from "../../src/instances/table-scan.js";
import { PLANTED } from "../planted.js";
import { type Given, normals, planes, statisticsOfData } from "../tensors.js";

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

function variance(values: readonly number[]): number {
  const center = mean(values);
  return mean(values.map((x) => (x - center) ** 2));
}

/** Figures of one channel by two plain passes over its values. */
function direct({ shape, data }: Given, channel: number) {
  const [n = 0, c = 0] = shape;
  const m = shape.slice(2).reduce((a, b) => a * b, 1);
  const plane = (sample: number) => Array.from({ length: m }, (_, i) => data[(sample * c + channel) * m + i] as number);
  const instances = Array.from({ length: n }, (_, sample) => plane(sample));
  const means = instances.map(mean);
  const running = (samples: number) => {
    const part = means.slice(0, samples);
    return { mean: mean(part), error: Math.sqrt((variance(part) * samples) / (samples - 1) / samples) };
  };
  return {
    std: Math.sqrt(variance(instances.flat())),
    meanInstanceStd: mean(instances.map((values) => Math.sqrt(variance(values)))),
    within: mean(instances.map(variance)),
    between: variance(means),
    running,
  };
}

const near = (found: number | undefined, expected: number) =>
  expect(Math.abs((found as number) - expected)).toBeLessThanOrEqual(1e-10 * Math.max(1e-3, Math.abs(expected)));

describe("within, between, both stds and convergence are those of a direct computation, to 1e-10", () => {
  const normal = normals(31);
  const offset: Given = {
    shape: [150, 2, 300],
    data: planes(150, 2, 300, (n, c) => 1e4 * c + Math.sin(n) + normal()),
    layout: "NCL",
  };
  test.each([
    ["styles", PLANTED.styles()],
    ["classes", PLANTED.classes("sorted")],
    ["large means, planes of 300", offset],
  ])("%s", async (_, given) => {
    using statistics = await statisticsOfData(given);
    const { moments, instances, convergence } = await scanTable(statistics);
    const { parts } = instances ?? {};
    for (let c = 0; c < (given.shape[1] as number); c++) {
      const expected = direct(given, c);
      near(Math.sqrt(moments.variance[c] as number), expected.std);
      near(parts?.meanInstanceStd[c], expected.meanInstanceStd);
      near(parts?.within[c], expected.within);
      near(parts?.between[c], expected.between);
      near((parts?.within[c] as number) + (parts?.between[c] as number), expected.std ** 2);
      for (const [i, samples] of convergence.samples.entries()) {
        const at = i * convergence.channels.length + convergence.channels.indexOf(c);
        near(convergence.mean[at], expected.running(samples).mean);
        if (samples > 1) near(convergence.standardError[at], expected.running(samples).error);
        else expect(convergence.standardError[at]).toBeNaN();
      }
    }
    expect(convergence.samples.at(-1)).toBe(given.shape[0]);
  });

  test("of chosen channels, and no others", async () => {
    using statistics = await statisticsOfData(PLANTED.styles());
    expect((await scanTable(statistics, { watched: [2] })).convergence.channels).toEqual([2]);
    await expect(scanTable(statistics, { watched: [3] })).rejects.toThrow("channel 3; expected a whole number from 0 to 2");
  });
});

test("consecutive batches are as noisy as those that are cut by hand", async () => {
  const given = PLANTED.classes("sorted");
  using statistics = await statisticsOfData(given);
  const { instances, moments } = await scanTable(statistics, { batchSize: 25 });
  const found = instances?.order.find(({ batchSize }) => batchSize === 25);
  expect(found?.batches).toBe(32);
  const values = Array.from(given.data);
  const batches = Array.from({ length: 32 }, (_, b) =>
    values.slice(b * 25 * 128, (b + 1) * 25 * 128).filter((_, i) => Math.floor(i / 64) % 2 === 0),
  );
  const variances = batches.map((batch) => variance(batch));
  const total = moments.variance[0] as number;
  const eta2 = mean(batches.map((batch) => (mean(batch) - (moments.mean[0] as number)) ** 2)) / total;
  const q2 = mean(variances.map((v) => (v - mean(variances)) ** 2)) / total ** 2;
  near(found?.j[0], Math.sqrt(eta2 + q2 / 4));
});

describe("the instance sample", () => {
  test("is a part of itself at every size, ascending, without repetition", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 0, max: 3000 }),
        (n, a, more) => {
          const small = Array.from(sampledIndices(n, Math.min(a, n)));
          const large = new Set(sampledIndices(n, Math.min(a + more, n)));
          expect(small).toHaveLength(Math.min(a, n));
          expect(small.every((i, k) => i < n && (k === 0 || i > (small[k - 1] as number)) && large.has(i))).toBe(true);
        },
      ),
      { seed: 1 },
    );
  });

  test("depends on the data alone, not on how rows come in", () => {
    const rows = Float64Array.from({ length: 500 * 2 * 8 }, (_, i) => (i % 8 === 0 ? 10 : i % 97));
    const whole = new InstanceSampler(500, 2, 10, { bytes: 32 * 60 });
    whole.push(rows);
    const cut = new InstanceSampler(500, 2, 10, { bytes: 32 * 60 });
    for (let at = 0; at < 500; at += 7) cut.push(rows.subarray(at * 16, Math.min(500, at + 7) * 16));
    expect(cut.finish()).toEqual(whole.finish());
    expect(whole.finish().samples).toHaveLength(60);
    const [first] = whole.finish().samples;
    expect(whole.finish().mean[0]).toBe(rows[(first as number) * 16 + 1]);
  });

  test("gives nearly the figures of all", async () => {
    using statistics = await statisticsOfData(PLANTED.styles(2000));
    const { instances } = await scanTable(statistics, { sampleBytes: 16 * 3 * 500 });
    const sample = instances?.sample;
    expect(sample?.samples).toHaveLength(500);
    const means = Array.from(sample?.mean ?? []).filter((_, i) => i % 3 === 0);
    const center = means.reduce((a, b) => a + b, 0) / 500;
    const between = means.reduce((sum, x) => sum + (x - center) ** 2, 0) / 500;
    // The variance of 500 normal values is known to 6 %.
    expect(between / (instances?.parts.between[0] as number)).toBeCloseTo(1, 0);
  });
});

describe("samples of equal content", () => {
  test("stay together when too many hashes are kept", () => {
    const hashes = new SampleHashes(1, { most: 100 });
    const content = (n: number) => contentHash(Int32Array.of(n, n * 3));
    for (let n = 0; n < 1000; n++) hashes.add(content(n % 500));
    const { fraction, groups } = hashes.finish();
    expect(fraction).toBeLessThan(1);
    expect(groups.length).toBeGreaterThan(20);
    expect(groups.every(([a, b, ...rest]) => rest.length === 0 && (b as number) - (a as number) === 500)).toBe(true);
  });
});
