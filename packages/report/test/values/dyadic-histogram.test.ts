import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  coarser,
  countValues,
  type DyadicHistogram,
  dyadicBins,
  mergeDyadic,
  presentable,
  quantileBounds,
} from "../../src/values/dyadic-histogram.js";

const histogramOf = (values: readonly number[], least?: number): DyadicHistogram => {
  const made = dyadicBins(Math.min(...values), Math.max(...values), least);
  countValues(made, Float64Array.from(values));
  return made;
};
const total = ({ counts }: DyadicHistogram) => counts.reduce((a, b) => a + b, 0);

const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  fc.integer({ min: -300, max: 300 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const lists = fc.array(value, { minLength: 1, maxLength: 60 });

describe("dyadic histograms", () => {
  test("count every finite value, in at most 512 bins", () => {
    fc.assert(
      fc.property(lists, (values) => {
        const made = histogramOf(values);
        expect(total(made)).toBe(values.length);
        expect(made.counts.length).toBeLessThanOrEqual(512);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  test("of parts merge into that of the whole, whatever the cut and the order", () => {
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const merged = mergeDyadic(histogramOf(a), histogramOf(b));
        expect(mergeDyadic(histogramOf(b), histogramOf(a))).toEqual(merged);
        expect(total(merged)).toBe(a.length + b.length);
        let whole = histogramOf([...a, ...b]);
        while (whole.exponent < merged.exponent) whole = coarser(whole);
        expect(merged).toEqual(whole);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  test("are as narrow as 512 bins allow", () => {
    expect(histogramOf([0, 255])).toMatchObject({ exponent: -1, first: 0 });
    expect(histogramOf([0, 255], 0)).toMatchObject({ exponent: 0, first: 0 });
    expect(histogramOf([0, 1])).toMatchObject({ exponent: -8 });
    expect(histogramOf([1e300, -1e300]).counts.length).toBeGreaterThan(256);
    expect(histogramOf([1e16, 1e16 + 2]).counts.length).toBeLessThanOrEqual(512);
  });

  test("give quantiles between bounds that hold them", () => {
    fc.assert(
      fc.property(lists, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, p) => {
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(p * sorted.length) - 1] as number;
        const [low, high] = quantileBounds(histogramOf(values), p) as [number, number];
        expect(low <= exact && (exact < high || high === Infinity)).toBe(true);
      }),
      { seed: 4, numRuns: 300 },
    );
    expect(quantileBounds(dyadicBins(0, 1), 0.5)).toBeNull();
  });

  test("show no comb where the values lie on a grid", () => {
    const even = histogramOf(Array.from({ length: 100 }, (_, i) => i * 2));
    expect(presentable(even, 512).counts.every((count) => count === 1)).toBe(true);
    expect(presentable(histogramOf(Array.from({ length: 400 }, (_, i) => i)), 64).counts.length).toBeLessThanOrEqual(64);
  });
});
