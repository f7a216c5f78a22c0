import { DTYPES, itemSize } from "@normstream/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classesOf, dataOf } from "./data.js";
import { put, rowsOf, SOURCE } from "./twins.js";

const LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 49, 63, 64, 65, 100, 127, 8191, 8192, 8193, 20000];

describe.each(DTYPES)("planes of %s have the reference's bits", (dtype) => {
  const lengths = fc.oneof(fc.constantFrom(...LENGTHS), fc.integer({ min: 0, max: 700 }));
  const cases = fc.record({
    name: fc.constantFrom(...classesOf(dtype)),
    values: lengths,
    shift: fc.integer({ min: 0, max: 15 }),
    seed: fc.integer(),
  });

  test("planeRows", () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 3 }), ({ name, values, shift, seed }, planes) => {
        const gap = itemSize(dtype) * 3;
        const source = SOURCE + shift;
        const stride = values * itemSize(dtype) + gap;
        for (let i = 0; i < planes; i++) put(dtype, dataOf(dtype, name, values, seed + i), source + i * stride);
        const rows = rowsOf(planes, (kernel, at) => kernel.planeRows(dtype, source, planes, values, stride, at));
        expect(rows.simd).toEqual(rows.reference);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test.each(classesOf(dtype))("%s: every length", (name) => {
    for (const values of LENGTHS.filter((length) => length <= 8192)) {
      put(dtype, dataOf(dtype, name, values, values), SOURCE + 3);
      const rows = rowsOf(1, (kernel, at) => kernel.planeRows(dtype, SOURCE + 3, 1, values, 0, at));
      expect(rows.simd, `${values} values`).toEqual(rows.reference);
    }
  });

  test("leafRows", () => {
    fc.assert(
      fc.property(cases, ({ name, values, shift, seed }) => {
        put(dtype, dataOf(dtype, name, values, seed), SOURCE + shift);
        const leaves = Math.ceil(values / 8192);
        const rows = rowsOf(leaves, (kernel, at) => kernel.leafRows(dtype, SOURCE + shift, values, at));
        expect(rows.simd).toEqual(rows.reference);
      }),
      { numRuns: 30, seed: 2 },
    );
  });

  test("runRows", () => {
    const shapes = fc.constantFrom([1, 5], [128, 49], [1024, 1], [3, 2], [16, 17], [2, 4000], [0, 9], [1000, 7]);
    fc.assert(
      fc.property(cases, shapes, fc.integer({ min: 1, max: 3 }), ({ name, shift, seed }, [runs, values], channels) => {
        const size = itemSize(dtype);
        const [channelStride, runStride] = [(values as number) * size, (channels * (values as number) + 1) * size];
        put(dtype, dataOf(dtype, name, ((runs as number) * runStride) / size, seed), SOURCE + shift);
        const rows = rowsOf(channels, (kernel, at) =>
          kernel.runRows(dtype, SOURCE + shift, channels, runs as number, values as number, channelStride, runStride, at),
        );
        expect(rows.simd).toEqual(rows.reference);
      }),
      { numRuns: 20, seed: 3 },
    );
  });
});
