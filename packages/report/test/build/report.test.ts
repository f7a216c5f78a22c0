import { openTensor } from "@normstream/formats";
import { createInlineEngine } from "@normstream/pipeline";
import { describe, expect, test } from "vitest";
import { measureTable, measureTensor } from "../../src/build/measure.js";
import { buildReport, type ReportOptions } from "../../src/build/report.js";
import { decodeReport } from "../../src/payload/decode.js";
import { encodeReport } from "../../src/payload/encode.js";
import { type Baseline, CHANNEL_FLAGS, type Report } from "../../src/report.js";
import { PLANTED } from "../planted.js";
import { FASHION_MNIST, fashionMnist, type Given, measured, statisticsOfData } from "../tensors.js";

const options = { version: "1.0.0", created: new Date("2024-01-01T00:00:00Z") };

async function report(given: Given, more: Partial<ReportOptions> = {}): Promise<Report> {
  await using data = await measured(given);
  return await buildReport(data, { ...options, ...more });
}

/** A view that must be there. */
function there<T extends object>(view: T | { readonly absent: string }): T {
  if ("absent" in view) throw new Error(`absent: ${view.absent}`);
  return view;
}

describe("Fashion-MNIST, unpacked while it is read", async () => {
  const { images, labels } = fashionMnist();
  await using engine = createInlineEngine();
  await using source = await openTensor(FASHION_MNIST, {});
  using data = await measureTensor(source, engine);
  const made = await buildReport(data, { ...options, labels, title: "fashion-mnist" });
  const again = await buildReport(data, { ...options, created: new Date(), labels, title: "fashion-mnist" });
  const other = await buildReport(data, { ...options, labels, title: "fashion-mnist", batchSize: 8 });

  test("text", async () => {
    expect(Buffer.byteLength(made.text.plain)).toBeLessThanOrEqual(4096);
    await expect(made.text.plain).toMatchFileSnapshot("../goldens/fashion-mnist.txt");
    expect(made.text.alt.length).toBeLessThanOrEqual(500);
  });

  test("the histogram is that of all values", () => {
    const { fraction, values, channels } = there(made.histograms);
    expect({ fraction, values }).toEqual({ fraction: 1, values: images.length });
    const [{ exponent, first, input } = { exponent: 0, first: 0, input: [] }] = channels;
    expect({ exponent, first, bins: input.length }).toEqual({ exponent: 0, first: 0, bins: 256 });
    const zeros = images.reduce((count, x) => count + (x === 0 ? 1 : 0), 0) / images.length;
    expect(input[0]).toBeCloseTo(zeros, 6);
    expect(there(made.histograms).channels[0]?.batch.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  });

  test("instance norm's histogram is that of each image's own z", () => {
    const counts = new Float64Array(50);
    for (let n = 0; n < 10_000; n++) {
      const plane = Array.from(images.subarray(n * 784, (n + 1) * 784));
      const mean = plane.reduce((a, b) => a + b, 0) / 784;
      const std = Math.sqrt(plane.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 784);
      for (const x of plane) {
        const bin = Math.max(0, Math.min(49, Math.floor(((x - mean) / std + 6) * 4) + 1));
        counts[bin] = (counts[bin] as number) + 1 / images.length;
      }
    }
    const { instance } = there(made.histograms).channels[0] as { instance: Float32Array };
    // Values on the edge of a bin may fall to either side: means are summed in another order here.
    for (const [i, share] of instance.entries()) expect(Math.abs(share - (counts[i] as number))).toBeLessThan(1e-3);
  });

  test("tiles are the images", () => {
    const { width, height, tiles, instances } = there(made.maps);
    expect({ width, height, roles: instances.map(({ role }) => role).slice(0, 5) }).toEqual({
      ...{ width: 28, height: 28 },
      roles: ["median", "lowMean", "highMean", "lowStd", "highStd"],
    });
    for (const { sample, pixels, low, high, mean } of tiles) {
      const image = images.subarray(sample * 784, (sample + 1) * 784);
      for (const [i, p] of pixels.entries()) expect(low + ((p - 1) / 254) * (high - low)).toBeCloseTo(image[i] as number, -0.4);
      expect(mean).toBeCloseTo(image.reduce((a, b) => a + b, 0) / 784, 9);
    }
  });

  test("every view is there", () => {
    for (const key of ["instances", "noise", "gap", "convergence"] as const) there(made[key]);
    const { shards, startMs, endMs, thread } = there(made.timeline);
    expect({ shards, first: startMs[0], threads: new Set(thread) }).toEqual({
      shards: startMs.length,
      first: 0,
      threads: new Set([0]),
    });
    expect(endMs.every((end, i) => end >= (startMs[i] as number))).toBe(true);
    const { density, points, outliers, fraction } = there(made.instances);
    expect({ fraction, points: points.sample.length }).toEqual({ fraction: 1, points: 2048 });
    expect(density.cells.some((cell) => cell === 255)).toBe(true);
    expect(outliers.sample.length).toBeLessThanOrEqual(128);
  });

  test("its name is that of the data and the options", () => {
    expect(again.id).toBe(made.id);
    expect(other.id).not.toBe(made.id);
  });
});

describe("what is not there says why", () => {
  test("a table of moments alone holds no values", async () => {
    const statistics = await statisticsOfData(PLANTED.styles());
    using data = await measureTable(statistics);
    const made = await buildReport(data, options);
    const absent = { absent: "Made from a table alone, which holds moments and no values." };
    expect({ histograms: made.histograms, maps: made.maps }).toEqual({ histograms: absent, maps: absent });
    expect(made.lineage.engine).toBe("table");
    there(made.noise);
    there(made.instances);
  });

  test("rows of several samples hold no instances", async () => {
    using data = await measureTable(await statisticsOfData(PLANTED.styles(), { perInstance: false }));
    const made = await buildReport(data, options);
    const why = "The table's rows hold 64 samples each: noise of batches cannot be told from it.";
    expect({ noise: made.noise, gap: made.gap }).toEqual({ noise: { absent: why }, gap: { absent: why } });
    expect(made.channels.between[0]).toBeNaN();
    there(made.convergence);
  });

  test("one sample", async () => {
    const { noise, gap, instances, convergence, histograms } = await report(PLANTED.one());
    for (const view of [noise, gap, instances, convergence]) expect(view).toHaveProperty("absent");
    there(histograms);
  });

  test("a table of data", async () => {
    const { maps, instances, histograms, noise } = await report(PLANTED.table());
    for (const view of [maps, instances]) expect(view).toHaveProperty("absent");
    there(noise);
    expect(there(histograms).channels[0]?.instance).toHaveLength(0);
  });

  test("nothing but a constant", async () => {
    const { noise, gap, instances, channels } = await report({ shape: [60, 1, 4, 4], data: new Float32Array(960).fill(3) });
    for (const view of [noise, gap, instances]) expect(view).toHaveProperty("absent");
    expect(channels.flags[0]).toBe(CHANNEL_FLAGS.constant);
  });

  test("nothing but NaN", async () => {
    const { channels, histograms, findings } = await report({
      shape: [60, 1, 4, 4],
      data: new Float32Array(960).fill(Number.NaN),
    });
    expect(channels.flags[0]).toBe(CHANNEL_FLAGS.empty | CHANNEL_FLAGS.notFinite);
    expect(channels.mean[0]).toBeNaN();
    expect(histograms).toHaveProperty("absent");
    expect(findings[0]?.code).toBe("not-finite");
  });
});

test("NaN in some planes: figures of finite values, and the finding stands first", async () => {
  const { channels, findings, verdict, maps } = await report(PLANTED.notFinite());
  expect(Array.from(channels.flags)).toEqual([CHANNEL_FLAGS.notFinite, CHANNEL_FLAGS.notFinite]);
  expect(channels.mean.every(Number.isFinite)).toBe(true);
  expect(findings[0]?.severity).toBe("error");
  expect(verdict?.caution).toContain("NaN");
  there(maps);
});

describe("a second data set as baseline", async () => {
  await using first = await measured(PLANTED.styles());
  await using second = await measured(PLANTED.constants());
  const made = await buildReport(first, { ...options, baseline: second, batchSize: 8 });
  const own = await buildReport(second, { ...options, batchSize: 8 });
  using table = await measureTable(await statisticsOfData(PLANTED.constants()));
  const againstTable = await buildReport(first, { ...options, baseline: table });
  const baseline = made.baseline as Baseline;

  test("has means and stds of the same channels", () => {
    expect(baseline.samples).toBe(200);
    expect(baseline.mean[1]).toBe(7);
    expect(baseline.std).toHaveLength(made.channels.std.length);
  });

  test("has the noise and the gap that a report of it alone has", () => {
    const { batchSizes, median } = there(own.noise);
    expect(baseline.noise).toEqual({ batchSizes, median });
    const { batches, total } = there(own.gap);
    expect(baseline.gap).toEqual({ batches, total });
  });

  test("has instances in this report's σ, and histograms of the same channels", () => {
    expect(baseline.instances?.x.length).toBe(192);
    // Channel 1 of the second is 7 throughout, (7 − μ)/σ of the first.
    const [mean, std] = [made.channels.mean[1] as number, made.channels.std[1] as number];
    expect(baseline.instances?.x.some((x) => Math.abs(x - (7 - mean) / std) < 1e-4)).toBe(true);
    expect(baseline.histograms.map(({ channel }) => channel)).toEqual(
      there(made.histograms).channels.map(({ channel }) => channel),
    );
    expect(baseline.histograms[0]?.batch.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  });

  test("is written and read", () => {
    const read = decodeReport(JSON.stringify(encodeReport(made))).baseline as Baseline;
    expect(read.noise).toEqual(baseline.noise);
    // 16 bits hold 3 digits.
    expect(read.instances?.x[0]).toBeCloseTo(baseline.instances?.x[0] as number, 0);
    expect(read.histograms).toHaveLength(baseline.histograms.length);
  });

  test("of a table alone has what the table tells", () => {
    expect(againstTable.baseline?.histograms).toEqual([]);
    expect(againstTable.baseline?.noise).not.toBeNull();
  });
});

test("a large table is looked at by a sample, and says so", async () => {
  const samples = 70_000;
  const channels = 64;
  const data = Float32Array.from({ length: samples * channels }, (_, i) => ((i * 2654435761) % 1000) / 1000);
  const made = await report({ shape: [samples, channels], data, layout: "NC" });
  const noise = there(made.noise);
  expect(noise.fraction).toBeLessThan(1);
  expect(noise.consecutive.j).toHaveLength(0);
  // Uniform values, N(0, 1/12): rows are instances, so that η² is 1/B.
  expect(made.verdict?.figures.eta).toBeCloseTo(Math.sqrt(1 / 32), 2);
}, 120_000);
