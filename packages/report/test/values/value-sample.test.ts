import { tableShape } from "@normstream/moments";
import { expect, test } from "vitest";
import { valueSample } from "../../src/values/value-sample.js";

const shape = (n: number, c: number, s: number) => tableShape("float32", n, c, s, { perInstance: true });

test("all of small data", () => {
  const all = valueSample(shape(100, 3, 64), 3, 4, false);
  expect({ ...all, samples: all.samples.length, windowOf: 0 }).toEqual({ samples: 100, length: 64, fraction: 1, windowOf: 0 });
});

test.each([
  ["planes that are read each", shape(100_000, 4096, 4096), 48, false, 48],
  ["channels last", shape(10_000, 64, 4096), 48, true, 64],
  ["small planes", shape(1_000_000, 512, 49), 48, false, 512],
  ["one huge sample", shape(1, 8, 1 << 30), 8, false, 8],
  ["few huge samples, channels last", shape(3, 4096, 1 << 20), 48, true, 4096],
] as const)("%s: a bounded part, and windows inside the planes", (_, table, channels, interleaved, width) => {
  const part = valueSample(table, channels, 4, interleaved);
  const read = part.samples.length * part.length * width;
  // A window is no shorter than 64 positions, however many channels there are.
  expect(read).toBeLessThanOrEqual(Math.max(1 << 23, 64 * 64 * width));
  expect(part.fraction).toBeCloseTo((part.samples.length * part.length) / (table.samples * table.planeSize), 12);
  for (const sample of part.samples) {
    expect(part.windowOf(sample)).toBeGreaterThanOrEqual(0);
    expect(part.windowOf(sample) + part.length).toBeLessThanOrEqual(table.planeSize);
  }
});
