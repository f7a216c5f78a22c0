import { describe, expect, test } from "vitest";
import { findingsOf } from "../../src/check/check.js";
import type { Finding } from "../../src/report.js";
import { PLANTED } from "../planted.js";
import { fashionMnist, type Given, measured, normals, planes } from "../tensors.js";

async function check(given: Given): Promise<Finding[]> {
  await using data = await measured(given);
  return await findingsOf(data);
}

const codes = (findings: readonly Finding[]) => findings.map(({ severity, code }) => `${severity} ${code}`);

describe("finds what was planted, and nothing else", () => {
  const normal = normals(20);
  const floats = (scale: (n: number, c: number) => number): Given => ({
    shape: [120, 2, 8, 8],
    data: planes(120, 2, 64, (n, c, i) => (i === 0 ? 1 : Math.min(1, Math.abs(normal()) / 4)) * scale(n, c)),
  });

  test.each([
    ["well-mixed data", PLANTED.mixed(), []],
    ["images of their own styles", PLANTED.styles(), []],
    ["classes in turn", PLANTED.classes("mixed"), []],
    ["classes one after the other", PLANTED.classes("sorted"), ["warning sorted-order"]],
    ["constant channels", PLANTED.constants(), ["warning constant-channels", "warning near-constant-channels"]],
    ["NHWC read as NCHW", PLANTED.swapped(), ["warning layout"]],
    ["a table", PLANTED.table(), ["note one-value-per-instance"]],
    ["one sample", PLANTED.one(), ["note one-sample"]],
    ["NaN and infinities", PLANTED.notFinite(), ["error not-finite"]],
    ["one value a channel", { shape: [1, 3], data: [1, 2, 3], layout: "NC" }, ["error one-value", "warning constant-channels"]],
    [
      "copies, a blank and an outlier",
      PLANTED.samples(),
      ["warning duplicate-samples", "warning blank-samples", "warning outlier-samples"],
    ],
    ["bytes as floats", floats(() => 255), ["note range-0-255"]],
    ["one channel of bytes", floats((_, c) => (c === 0 ? 255 : 1)), ["warning mixed-ranges"]],
    ["some samples of bytes", floats((n) => (n % 10 === 0 ? 1 : 255)), ["note range-0-255"]],
    ["beyond float16", { shape: [30, 1, 8, 8], data: planes(30, 1, 64, () => 1e5 * normal()) }, ["warning overflows-half"]],
  ] as const)("%s", async (name, given, expected) => {
    const found = codes(await check(given));
    if (name === "some samples of bytes") expect(found).toContain("warning mixed-sample-ranges");
    else expect(found).toEqual(expected);
  });
});

test("Fashion-MNIST is clean but for what it is known for", async () => {
  const { images } = fashionMnist();
  expect(codes(await check({ shape: [10_000, 28, 28], data: images, dtype: "uint8", layout: "NHW" }))).toEqual([]);
});

test("NaN and infinities come with their places", async () => {
  const [found] = await check(PLANTED.notFinite());
  expect(found).toMatchObject({
    title: "1 NaN, 1 +Inf in 2 channels",
    evidence: "First at sample 5, channel 1, [2, 3]; sample 9, channel 0, [0, 0].",
    channels: [0, 1],
    samples: [5, 9],
  });
});

test("copies, blanks and outliers come with their indices", async () => {
  const [copies, blank, outlier] = await check(PLANTED.samples());
  expect(copies).toMatchObject({ samples: [3, 30, 40, 41, 42], sampleCount: 3, title: "3 samples are copies of others" });
  expect(copies?.evidence).toContain("3, 30; 40, 41, 42");
  expect(blank).toMatchObject({ samples: [60] });
  expect(outlier).toMatchObject({ samples: [50] });
});

test("constant channels are named with their values", async () => {
  const [constant, near] = await check(PLANTED.constants());
  expect(constant).toMatchObject({ channels: [1, 3], evidence: "channel 1 is 7 throughout, channel 3 is 0 throughout." });
  expect(near).toMatchObject({ channels: [2] });
});

test("a slender shape alone is a note: the pictures may be what they seem", async () => {
  const normal = normals(21);
  const found = await check({ shape: [100, 16, 32, 3], data: planes(100, 16, 96, () => normal()), layout: "NCHW" });
  expect(codes(found)).toEqual(["note layout"]);
});

test("equal moments are no copies: the values decide", async () => {
  const normal = normals(22);
  const data = planes(60, 1, 64, () => normal());
  // Sample 7 backwards has the moments of sample 7 wherever sums are exact; whole numbers make them so.
  for (let i = 0; i < 64; i++) data[7 * 64 + i] = i;
  for (let i = 0; i < 64; i++) data[8 * 64 + i] = 63 - i;
  expect(codes(await check({ shape: [60, 1, 8, 8], data }))).not.toContain("warning duplicate-samples");
});
