import { expect, test } from "vitest";
import {
  advise,
  checkData,
  computeStatistics,
  createReport,
  decodeReport,
  describeInstances,
  encodeReport,
  tensor,
} from "../src/index.js";
import { sampleValues } from "./cli/sample-files.js";

const data = sampleValues(120 * 2 * 64, 9).map((x, i) => x + Math.sin(Math.floor(i / 128)));

test("the API says of a tensor what the commands say", async () => {
  using x = tensor([120, 2, 8, 8], "float32", { data });
  using statistics = await computeStatistics(x, { perInstance: true });
  const { verdict, noise } = await advise(statistics, { batchSize: 16, use: "detection" });
  expect(verdict).toMatchObject({ use: "detection", batchSize: 16, headline: expect.stringContaining("detection") });
  expect(noise?.batchSizes).toEqual([1, 2, 4, 8, 16, 32, 64, 120]);
  expect(await checkData(x)).toEqual([]);
  const report = await createReport(x, { batchSize: 16, use: "detection", title: "mine" });
  expect(report.verdict?.headline).toBe(verdict.headline);
  expect(decodeReport(JSON.stringify(encodeReport(report))).title).toBe("mine");
});

test("variance within and between instances adds up", async () => {
  using x = tensor([120, 2, 8, 8], "float32", { data });
  using statistics = await computeStatistics(x, { perInstance: true });
  const { std, varianceWithin, varianceBetween, meanInstanceStd, convergence } = await describeInstances(statistics, {
    channels: [1],
  });
  for (const [c, s] of std.entries()) {
    expect(Math.abs((varianceWithin?.[c] as number) + (varianceBetween?.[c] as number) - s * s)).toBeLessThan(1e-12);
    expect(Math.abs((meanInstanceStd?.[c] as number) - (statistics.meanInstanceStd?.[c] as number))).toBeLessThan(1e-12);
  }
  expect(convergence).toMatchObject({ channels: [1] });
  expect(convergence.mean.at(-1)).toBeCloseTo(statistics.mean[1] as number, 12);
});
