import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createReport, createReport$, decodeReport, openTensor, REPORT_MIME, type Report, reportBundle } from "normstream";
import { describe, expect, test } from "vitest";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const FASHION = at("examples/fashion-mnist/t10k-images-idx3-ubyte.gz");

describe("the built package", () => {
  test("makes a notebook's output of a report: the report, a picture with tables, text", async () => {
    await using images = await openTensor(FASHION);
    const report = await createReport(images);
    const bundle = await reportBundle(report);
    expect(Object.keys(bundle)).toEqual([REPORT_MIME, "text/html", "text/plain"]);
    expect(decodeReport(bundle[REPORT_MIME]).verdict?.headline).toBe("BN for classification at batch size 32.");
    expect(bundle["text/html"]).toMatch(/^<img src="data:image\/png;base64,[^"]{20000,}" width="1000" alt="[^"]+">/);
    expect(Buffer.byteLength(bundle["text/html"])).toBeLessThanOrEqual(96 * 1024);
    expect(bundle["text/plain"]).toBe(report.text.plain);
  });

  test("tells of a report while it is made", async () => {
    await using images = await openTensor(FASHION);
    const reports: Report[] = [];
    await new Promise<void>((resolve, reject) => {
      createReport$(images, { shardBytes: 1 << 16, batchSize: 8 }).subscribe({
        next: (report) => reports.push(report),
        error: reject,
        complete: resolve,
      });
    });
    expect(reports.at(-1)).toMatchObject({ progress: null, verdict: { batchSize: 8 } });
    for (const { progress } of reports.slice(0, -1)) expect(progress?.fraction).toBeLessThanOrEqual(1);
  });
});

describe("the view", () => {
  const view = readFileSync(at("packages/normstream/dist/report-view.js"), "utf8");

  // Expectations on what was found: a failure would print all of the module.
  const found = (pattern: RegExp): string[] => view.match(pattern) ?? [];

  test("is one ES module of less than 150 kB", () => {
    expect(statSync(at("packages/normstream/dist/report-view.js")).size).toBeLessThan(150_000);
    expect(found(/export\s*\{/g)).toHaveLength(1);
    expect(found(/\bimport\s*[({"'*]/g)).toEqual([]);
  });

  test("has no way to the network, and runs no text as a program", () => {
    const ways = /\bfetch\s*\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|\beval\s*\(|new Function\b/g;
    expect(found(ways)).toEqual([]);
    // Names of XML are not addresses.
    expect(found(/https?:\/\/[^"'`\s)\\]+/g).filter((address) => !address.startsWith("http://www.w3.org/"))).toEqual([]);
  });
});
