import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COUNT, Fold, leafRow, M2, MAX, MEAN, MIN, mergeBounds, ROW, rowBounds, unmergeRow } from "../src/index.js";

/** Exact sums of float64 in whole numbers of 2⁻¹⁰⁷⁴; slow, and without a rounding. */
const SCALE = 1074;
function whole(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  const size = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return bits >> 63n ? -size : size;
}

/** a / b as the nearest float64, or a few units beside it: enough against bounds that are thousands of them. */
function quotient(a: bigint, b: bigint, shift: number): number {
  if (a === 0n) return 0;
  const sign = a < 0n ? -1 : 1;
  const size = a < 0n ? -a : a;
  const bits = size.toString(2).length - b.toString(2).length;
  const down = bits - 60;
  const digits = down > 0 ? size / (b << BigInt(down)) : (size << BigInt(-down)) / b;
  const power = down - shift;
  // In two steps, since 2^power alone may be below float64.
  return sign * Number(digits) * 2 ** Math.trunc(power / 2) * 2 ** (power - Math.trunc(power / 2));
}

/** Mean and m2 of the true answer, and how far a row is from it, all without cancellation. */
function truth(values: readonly number[]) {
  const n = BigInt(values.length);
  let sum = 0n;
  let squares = 0n;
  for (const x of values.map(whole)) {
    sum += x;
    squares += x * x;
  }
  const m2 = n * squares - sum * sum;
  return {
    m2: quotient(m2, n, 2 * SCALE),
    /** |row's − true| */
    meanError: (mean: number) => Math.abs(quotient(whole(mean) * n - sum, n, SCALE)),
    m2Error: (found: number) => Math.abs(quotient((whole(found) << BigInt(SCALE)) * n - m2, n, 2 * SCALE)),
  };
}

function rowOf(values: readonly number[], leaf: number): Float64Array {
  const fold = new Fold(1);
  const row = new Float64Array(ROW);
  for (let i = 0; i < values.length; i += leaf) {
    leafRow(values.slice(i, i + leaf), "float", row);
    fold.push(row);
  }
  return fold.result();
}

const unmerged = (whole: Float64Array, part: Float64Array) => {
  const rest = new Float64Array(ROW);
  const said = unmergeRow(
    { rows: whole, at: 0, bounds: rowBounds(whole) },
    { rows: part, at: 0, bounds: rowBounds(part) },
    rest,
    0,
  );
  return { rest, said };
};

/** Data that cancels: large offsets, parts that differ from the rest in place and spread, rests of few values. */
const adversarial = fc
  .record({
    sizes: fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 })),
    offsets: fc.tuple(fc.constantFrom(0, 0.1, 1, -3e3, 1e6, 1e9, 1e15), fc.constantFrom(0, 0.1, 1, 1e3, -1e6, 1e9)),
    spreads: fc.tuple(fc.constantFrom(0, 1e-9, 1e-3, 1, 1e5), fc.constantFrom(0, 1e-9, 1, 1e7)),
    noise: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 120, maxLength: 120 }),
    float32: fc.boolean(),
    leaf: fc.constantFrom(4, 16, 64),
  })
  .map(({ sizes, offsets, spreads, noise, float32, leaf }) => {
    const make = (which: 0 | 1) =>
      noise
        .slice(60 * which, 60 * which + sizes[which])
        .map((x) => offsets[which] + spreads[which] * x)
        .map((x) => (float32 ? Math.fround(x) : x) + 0);
    return { rest: make(0), part: make(1), leaf };
  });

const RUNS = { numRuns: 2000, seed: 20 } as const;

describe("bounds hold, against sums without a rounding", () => {
  test("of a row", () => {
    fc.assert(
      fc.property(adversarial, ({ rest, part, leaf }) => {
        const values = [...rest, ...part];
        const row = rowOf(values, leaf);
        const exact = truth(values);
        const bounds = rowBounds(row);
        expect(exact.meanError(row[MEAN] as number)).toBeLessThanOrEqual(bounds.mean);
        expect(exact.m2Error(row[M2] as number)).toBeLessThanOrEqual(bounds.m2);
      }),
      RUNS,
    );
  });

  test("of what is left when a part is taken out, again when another is, and of its merge", () => {
    let certain = 0;
    fc.assert(
      fc.property(adversarial, ({ rest, part, leaf }) => {
        const { rest: row, said } = unmerged(rowOf([...rest, ...part], leaf), rowOf(part, leaf));
        expect(said).toBeDefined();
        if (!said) return;
        const exact = truth(rest);
        expect(row[COUNT]).toBe(rest.length);
        expect(exact.meanError(row[MEAN] as number)).toBeLessThanOrEqual(said.bounds.mean);
        expect(exact.m2Error(row[M2] as number)).toBeLessThanOrEqual(said.bounds.m2);
        if (said.digits >= 6) {
          certain++;
          expect(Math.abs((row[M2] as number) - exact.m2)).toBeLessThanOrEqual(1e-6 * (row[M2] as number));
        }
        for (const [field, true_] of [
          [MIN, Math.min(...rest)],
          [MAX, Math.max(...rest)],
        ] as const) {
          if (!Number.isNaN(row[field])) expect(row[field]).toBe(true_);
        }
        // Out of the rest a second part, whose extremes may be those of the first.
        const [head, tail] = [rest.slice(0, 1), rest.slice(1)];
        const second = new Float64Array(ROW);
        const first = { rows: rowOf(head, leaf), at: 0, bounds: rowBounds(rowOf(head, leaf)) };
        const again = unmergeRow({ rows: row, at: 0, bounds: said.bounds }, first, second, 0);
        expect(again).toBeDefined();
        if (!again || tail.length === 0) return;
        expect(truth(tail).meanError(second[MEAN] as number)).toBeLessThanOrEqual(again.bounds.mean);
        expect(truth(tail).m2Error(second[M2] as number)).toBeLessThanOrEqual(again.bounds.m2);
        const fold = new Fold(1);
        fold.push(second);
        fold.push(first.rows);
        const merged = fold.result();
        const bounds = mergeBounds([again.bounds, first.bounds], merged);
        expect(exact.meanError(merged[MEAN] as number)).toBeLessThanOrEqual(bounds.mean);
        expect(exact.m2Error(merged[M2] as number)).toBeLessThanOrEqual(bounds.m2);
      }),
      RUNS,
    );
    // The law is not kept by refusing everything.
    expect(certain).toBeGreaterThan(300);
  });
});

test("a part of the same range leaves minimum and maximum unknown, one within it does not", () => {
  const values = [0, 5, 9, 3, 4];
  const { rest } = unmerged(rowOf(values, 8), rowOf([3, 4], 8));
  expect([rest[MIN], rest[MAX]]).toEqual([0, 9]);
  expect(Array.from(unmerged(rowOf(values, 8), rowOf([0, 5], 8)).rest.slice(MIN, MAX + 1))).toEqual([Number.NaN, 9]);
});

test("bounds hold of equal values too, whose mean is rounded", () => {
  const values = new Array<number>(999).fill(0.1);
  const row = rowOf(values, 64);
  expect(truth(values).meanError(row[MEAN] as number)).toBeLessThanOrEqual(rowBounds(row).mean);
  expect(truth(values).m2Error(row[M2] as number)).toBeLessThanOrEqual(rowBounds(row).m2);
});

test("equal values stay exact, and everything taken out leaves an empty row", () => {
  const { rest, said } = unmerged(rowOf([0.1, 0.1, 0.1], 8), rowOf([0.1], 8));
  expect([rest[COUNT], rest[MEAN], rest[M2], said?.digits]).toEqual([2, 0.1, 0, Infinity]);
  const nothing = unmerged(rowOf([1, 2], 8), rowOf([1, 2], 8));
  expect(Array.from(nothing.rest)).toEqual([0, 0, 0, Infinity, -Infinity, 0, 0, 0]);
});

test.each([
  ["more values", [1, 2], [1, 2, 1]],
  ["values outside", [1, 2, 3], [4]],
  ["more spread", [0, 1, 1, 1, 1, 1, 1, 2], [0, 0, 2, 2]],
  ["a mean that cannot be", [0, 1, 1, 1, 1, 1], [0, 0, 0]],
] as const)("what is no part is found out: %s", (_, values, part) => {
  expect(unmerged(rowOf(values, 8), rowOf(part, 8)).said).toBeUndefined();
});
