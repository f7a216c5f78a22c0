import { DTYPES, isExactInteger, itemSize } from "@normstream/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classesOf, dataOf } from "./data.js";
import { put, rowsOf, SOURCE, simd } from "./twins.js";

const POSITIONS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 63, 64, 65, 66, 67, 68, 71, 72, 73, 100, 257, 1000];
const CHANNELS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 18, 31, 33, 64, 100];

describe.each(DTYPES)("columns of %s have the reference's bits", (dtype) => {
  const size = itemSize(dtype);
  const cases = fc.record({
    positions: fc.oneof(fc.constantFrom(...POSITIONS), fc.integer({ min: 0, max: 300 })),
    channels: fc.oneof(fc.constantFrom(...CHANNELS), fc.integer({ min: 1, max: 40 })),
    /** Elements between the last channel and the next position. */
    gap: fc.constantFrom(0, 0, 1, 5),
    shift: fc.integer({ min: 0, max: 15 }),
    /** One class for every channel, or classes that take turns. */
    names: fc.array(fc.constantFrom(...classesOf(dtype)), { minLength: 1, maxLength: 5 }),
    seed: fc.integer(),
  });

  const fill = (positions: number, channels: number, gap: number, shift: number, names: string[], seed: number) => {
    const stride = (channels + gap) * size;
    const all = new Float64Array(positions * (channels + gap));
    for (let c = 0; c < channels; c++) {
      const column = dataOf(dtype, names[c % names.length] as string, positions, seed + c);
      for (let j = 0; j < positions; j++) all[j * (channels + gap) + c] = column[j] as number;
    }
    put(dtype, all, SOURCE + shift);
    return stride;
  };

  test.each(["interleavedRows", "tableRows"] as const)("%s", (method) => {
    fc.assert(
      fc.property(cases, ({ positions, channels, gap, shift, names, seed }) => {
        const stride = fill(positions, channels, gap, shift, names, seed);
        const rows = rowsOf(channels, (kernel, at) => kernel[method](dtype, SOURCE + shift, positions, channels, stride, at));
        expect(rows.simd).toEqual(rows.reference);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  test("no channels, and a stride that one position has no use for", () => {
    fill(1, 20, 0, 0, classesOf(dtype).slice(0, 1), 8);
    for (const method of ["interleavedRows", "tableRows"] as const) {
      simd[method](dtype, SOURCE, 10, 0, 0, SOURCE + 8192);
      const rows = rowsOf(20, (kernel, at) => kernel[method](dtype, SOURCE, 1, 20, 0, at));
      expect(rows.simd).toEqual(rows.reference);
    }
  });

  test.each([
    [8192, 3, 0],
    [8191, 1, 0],
    [4099, 5, 0],
    [8190, 4, 2],
    [70, 1000, 0],
    [130, 517, 0],
    [200, 256, 0],
    [67, 300, 3],
  ])("%i positions of %i channels, %i apart", (positions, channels, gap) => {
    const names = isExactInteger(dtype) ? ["uniform", "extremes"] : ["mean 0", "mean 1e6", "mean moves after 64"];
    const stride = fill(positions, channels, gap, 1, names, 7);
    for (const method of ["interleavedRows", "tableRows"] as const) {
      const rows = rowsOf(channels, (kernel, at) => kernel[method](dtype, SOURCE + 1, positions, channels, stride, at));
      expect(rows.simd).toEqual(rows.reference);
    }
  });
});
