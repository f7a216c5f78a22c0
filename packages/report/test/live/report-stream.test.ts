import { createInlineEngine, tensorIn } from "@normstream/pipeline";
import { firstValueFrom, take, toArray } from "rxjs";
import { describe, expect, test } from "vitest";
import { buildReport } from "../../src/build/report.js";
import { LIVE_REPORT_BYTES, liveReport } from "../../src/live/live-report.js";
import { LiveScan } from "../../src/live/live-scan.js";
import { report$ } from "../../src/live/report-stream.js";
import { decodeReport } from "../../src/payload/decode.js";
import { encodeReport } from "../../src/payload/encode.js";
import type { Report } from "../../src/report.js";
import { PLANTED } from "../planted.js";
import { type Given, measured, normals, planes, statisticsOfData } from "../tensors.js";

const options = { version: "1.0.0", created: new Date(0) };
const bytesOf = (report: Report) => Buffer.byteLength(JSON.stringify(encodeReport(report)));

/** A report after the first `samples` of a data set, of which the table has a row each. */
async function after(given: Given, samples: number, more: Partial<Parameters<typeof liveReport>[2]> = {}): Promise<Report> {
  using statistics = await statisticsOfData(given);
  const scan = new LiveScan(statistics.table);
  scan.push(statistics.rows(0, samples));
  const found = scan.soFar();
  if (!found) throw new Error("no rows");
  const fraction = samples / statistics.samples;
  return liveReport(found, { facts: statistics.facts, table: statistics.table, fraction, seconds: 1 }, { ...options, ...more });
}

describe("a report of a run in progress", () => {
  test("says how far it is, and gives estimates that come true", async () => {
    const given = PLANTED.styles(800);
    const half = await after(given, 400);
    const whole = await after(given, 800);
    expect(half.progress).toEqual({ samples: 400, fraction: 0.5 });
    await using data = await measured(given);
    const made = await buildReport(data, options);
    const close = (a: Float32Array, b: Float32Array, tolerance: number) => {
      for (const [i, x] of a.entries())
        expect(Math.abs(x - (b[i] as number))).toBeLessThan(tolerance * (made.channels.std[i] as number));
    };
    // 400 means with a std of 0.9 σ: the mean of half stands within 0.15 σ of all, the std within 10 %.
    close(half.channels.mean, made.channels.mean, 0.15);
    close(half.channels.std, made.channels.std, 0.1);
    close(whole.channels.mean, made.channels.mean, 1e-6);
    close(whole.channels.std, made.channels.std, 1e-6);
    expect(whole.channels.between).toEqual(made.channels.between);
    expect(half.verdict?.headline).toBe(made.verdict?.headline);
    expect(whole.verdict?.figures.j).toBeCloseTo(made.verdict?.figures.j as number, 12);
  });

  test("recommends nothing below 64 samples", async () => {
    expect((await after(PLANTED.styles(), 63)).verdict).toBeNull();
    expect((await after(PLANTED.styles(), 64)).verdict).not.toBeNull();
  });

  test("is told as text, with its share", async () => {
    const { text } = await after(PLANTED.styles(), 100);
    expect(text.plain).toContain("25 % read, estimate");
    expect(Buffer.byteLength(text.plain)).toBeLessThanOrEqual(2048);
  });

  test("takes at most 32 KiB of many channels, and is a report", async () => {
    const normal = normals(12);
    const given = {
      shape: [220, 3000, 4],
      data: planes(220, 3000, 4, (n, c) => Math.sin(n + c) + normal()),
      layout: "NCL",
    } as const;
    for (const samples of [1, 70, 219]) {
      const live = await after(given, samples, { title: "t".repeat(200) });
      expect(bytesOf(live)).toBeLessThanOrEqual(LIVE_REPORT_BYTES);
      const read = decodeReport(JSON.stringify(encodeReport(live)));
      expect(read.progress).toEqual(live.progress);
      expect(read.channels.index).toHaveLength(192);
      expect(read.channels.index.at(-1)).toBe(2984);
    }
  });

  test("NaN does not spoil it", async () => {
    const live = await after(PLANTED.notFinite(), 90);
    expect(live.channels.mean.every(Number.isFinite)).toBe(true);
    expect(live.channels.instanceStd.every(Number.isFinite)).toBe(true);
    expect(live.verdict?.caution).toContain("NaN");
  });

  test("a table of rows of several samples has no instances", async () => {
    using statistics = await statisticsOfData(PLANTED.styles(), { perInstance: false });
    const scan = new LiveScan(statistics.table);
    scan.push(statistics.rows(0, 3));
    const found = scan.soFar();
    expect(found).toMatchObject({ samples: 192, instances: null });
  });
});

describe("the stream", () => {
  /** A tensor whose pass takes long enough to be looked at: 400 MB in memory. */
  const large = () => {
    const engine = createInlineEngine();
    const x = tensorIn(engine, [2000, 8, 80, 80], "float32", { layout: "NCHW" });
    for (let i = 0; i < x.data.length; i += 97) x.data[i] = (i % 1013) / 100;
    return { engine, x };
  };

  test("ends with the whole report, of one id with the one that is made at once", async () => {
    await using engine = createInlineEngine();
    const { shape, data } = PLANTED.styles();
    using x = tensorIn(engine, shape, "float32", { data, layout: "NCHW" });
    const reports = await firstValueFrom(report$(x, engine, { version: "1.0.0" }).pipe(toArray()));
    const last = reports.at(-1);
    expect(last?.progress).toBeNull();
    await using same = await measured(PLANTED.styles());
    expect(last?.id).toBe((await buildReport(same, { version: "1.0.0" })).id);
    expect(last?.timeline).toMatchObject({ shards: expect.any(Number) });
  });

  test("tells of progress at most four times a second, always further, under one id", async () => {
    const { engine, x } = large();
    const told: { at: number; report: Report }[] = [];
    await new Promise<void>((resolve, reject) => {
      // Every progress report counts as slow, so that some are sure to come: shards of 1 MB are far more than four a second.
      report$(x, engine, { version: "1.0.0", shardBytes: 1 << 20 }).subscribe({
        next: (report) => told.push({ at: performance.now(), report }),
        complete: resolve,
        error: reject,
      });
    });
    x[Symbol.dispose]();
    await engine[Symbol.asyncDispose]();
    const live = told.filter(({ report }) => report.progress !== null);
    for (const [i, { at, report }] of live.entries()) {
      expect(bytesOf(report)).toBeLessThanOrEqual(LIVE_REPORT_BYTES);
      const before = live[i - 1];
      if (!before) continue;
      expect(at - before.at).toBeGreaterThanOrEqual(249);
      expect(report.progress?.samples).toBeGreaterThan(before.report.progress?.samples as number);
      expect(report.id).toBe(before.report.id);
    }
  }, 120_000);

  test("unsubscribing stops the pass", async () => {
    const { engine, x } = large();
    let seen = 0;
    const subscription = report$(x, engine, { version: "1.0.0", onProgress: () => seen++ }).subscribe({ error: () => {} });
    await new Promise((resolve) => setTimeout(resolve, 30));
    subscription.unsubscribe();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const atRest = seen;
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(seen).toBe(atRest);
    x[Symbol.dispose]();
    await engine[Symbol.asyncDispose]();
  });

  test.each([
    [{ batchSize: 0 }, "batch size 0"],
    [{ momentum: 2 }, "momentum 2"],
    [{ labels: [1, 2] }, "2 labels for 400 samples"],
  ])("%j is refused before anything is read", async (given, message) => {
    await using engine = createInlineEngine();
    const { shape, data } = PLANTED.styles();
    using x = tensorIn(engine, shape, "float32", { data, layout: "NCHW" });
    let progress = 0;
    const made = firstValueFrom(report$(x, engine, { version: "1.0.0", ...given, onProgress: () => progress++ }).pipe(take(1)));
    await expect(made).rejects.toThrow(message);
    expect(progress).toBe(0);
  });
});
