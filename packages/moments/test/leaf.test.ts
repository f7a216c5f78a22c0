import { describe, expect, test } from "vitest";
import { COUNT, type LeafRule, leafRow, M2, MAX, MEAN, MIN, NAN, NEG_INF, POS_INF, ROW } from "../src/index.js";

const rowOf = (values: number[], rule: LeafRule = "float"): Float64Array => {
  const row = new Float64Array(ROW);
  leafRow(values, rule, row);
  return row;
};

describe("leafRow, by hand", () => {
  test.each([
    ["no values", [], [0, 0, 0, Infinity, -Infinity, 0, 0, 0]],
    ["one value", [7], [1, 7, 0, 7, 7, 0, 0, 0]],
    ["1, 2, 3, 4", [1, 2, 3, 4], [4, 2.5, 5, 1, 4, 0, 0, 0]],
    [
      "values that are not finite are left out and counted",
      [1, Number.NaN, 3, Infinity, -Infinity, -Infinity],
      [2, 2, 2, 1, 3, 1, 1, 2],
    ],
    ["−0 becomes +0", [-0, -0], [2, 0, 0, 0, 0, 0, 0, 0]],
    [
      "a constant has no spread, however far it is from 0",
      Array(100).fill(1e6 + 0.25),
      [100, 1e6 + 0.25, 0, 1e6 + 0.25, 1e6 + 0.25, 0, 0, 0],
    ],
    ["beyond float32 the pivot is not rounded to it", Array(10).fill(1e100), [10, 1e100, 0, 1e100, 1e100, 0, 0, 0]],
  ])("%s", (_, values, expected) => {
    for (const rule of ["float", "table"] as const) expect([...rowOf(values as number[], rule)]).toEqual(expected);
  });

  test("integers sum exactly where float64 about 0 would round", () => {
    const values = Array.from({ length: 8192 }, (_, i) => 65535 - (i & 1));
    expect(rowOf(values, "integer")[M2]).toBe(8192 / 4);
  });

  test("sums that overflow float64 leave a finite mean and an infinite m2, never NaN", () => {
    const row = rowOf([1.7e308, 1.7e308, 1.7e308, 1.5e308]);
    expect(row[MEAN]).toBeCloseTo(1.65e308, -300);
    expect(row[M2]).toBe(Infinity);
    expect([row[COUNT], row[MIN], row[MAX], row[NAN], row[POS_INF], row[NEG_INF]]).toEqual([4, 1.5e308, 1.7e308, 0, 0, 0]);
  });
});
