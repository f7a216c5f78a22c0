import { expect, test } from "vitest";
import { cubesChart, tensorExtent } from "../../src/charts/index.js";
import type { NormMemory, TensorFacts } from "../../src/report.js";
import { textBoxes } from "./text-boxes.js";

const memory: NormMemory = {
  batchSize: 32,
  groups: 1,
  valueBytes: 2,
  saved: { batch: 8, instance: 256, group: 256, layer: 256 },
  lasting: { batch: 16, instance: 0, group: 0, layer: 0 },
  beforeFirstOutput: { batch: 13280, instance: 415, group: 415, layer: 415 },
};
const images: TensorFacts = {
  shape: [90, 0, 0],
  dtype: "uint16",
  layout: "NHW",
  samples: 90,
  channels: 1,
  planeSize: 0,
  planeShape: [0, 0],
  bytes: 90 * 415 * 2,
};

test("planes of unequal sizes count with the mean of their sizes, and say so", () => {
  const extent = tensorExtent(images, memory);
  expect(extent).toMatchObject({ planeValues: 415, isUneven: true });
  const words = textBoxes(cubesChart(extent, { width: 480, height: 320 })).map(({ text }) => text);
  expect(words).toContain("H·W ≈ 415");
});

test("those of one size with that size; none with none", () => {
  expect(tensorExtent({ ...images, planeSize: 400, planeShape: [20, 20] }, memory)).toMatchObject({
    planeValues: 400,
    isUneven: false,
  });
  expect(tensorExtent({ ...images, samples: 0, bytes: 0 }, memory).planeValues).toBe(0);
});
