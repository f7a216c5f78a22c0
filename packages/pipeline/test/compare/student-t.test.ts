import { describe, expect, test } from "vitest";
import { twoSidedP } from "../../src/compare/student-t.js";
import { TAILS } from "./tails.js";

describe("two-sided tails of Student's t", () => {
  test.each(TAILS)("t %d, df %d", (t, df, expected) => {
    // What the logarithm of a p of 1e-300 loses of its digits is in the bound.
    expect(Math.abs(twoSidedP(t, df) / Number(expected) - 1)).toBeLessThan(1e-10);
    expect(twoSidedP(-t, df)).toBe(twoSidedP(t, df));
  });

  test("closed forms: Cauchy's, df 2, and the normal distribution at its known quantile", () => {
    for (const t of [1e-8, 0.3, 1, 7, 1e6]) {
      expect(twoSidedP(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(t), 12);
      expect(twoSidedP(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 12);
    }
    expect(twoSidedP(1.959963984540054, Infinity)).toBeCloseTo(0.05, 14);
  });

  test("the ends", () => {
    expect([twoSidedP(0, 3), twoSidedP(Infinity, 3), twoSidedP(60, Infinity)]).toEqual([1, 0, 0]);
    expect([twoSidedP(Number.NaN, 3), twoSidedP(1, 0), twoSidedP(1, Number.NaN)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test("there is no step where the method changes", () => {
    for (const t of [0.01, 1.9, 2.1, 6, 20]) {
      expect(twoSidedP(t, 5000.001) / twoSidedP(t, 5000)).toBeCloseTo(1, 5);
      for (const df of [0.9, 3, 39.99, 40.01, 700]) {
        expect(twoSidedP(t * (1 + 1e-12), df) / twoSidedP(t, df)).toBeCloseTo(1, 9);
      }
    }
  });
});
