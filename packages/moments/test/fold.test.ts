import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  COUNT,
  emptyRow,
  Fold,
  foldRows,
  M2,
  MAX,
  MEAN,
  MIN,
  mergeChannels,
  mergeRow,
  NAN,
  NEG_INF,
  POS_INF,
  ROW,
} from "../src/index.js";

/** A row as a leaf could give it: some finite values and their moments, and some that are not. */
const row = fc
  .record({
    values: fc.array(fc.double({ min: -1e150, max: 1e150, noNaN: true }), { maxLength: 4 }),
    specials: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)),
  })
  .map(({ values, specials }) => {
    const out = new Float64Array(ROW);
    emptyRow(out);
    out.set(specials, NAN);
    if (values.length === 0) return out;
    const mean = values.reduce((a, b) => a + b / values.length, 0) + 0;
    out[COUNT] = values.length;
    out[MEAN] = mean;
    out[M2] = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    out[MIN] = Math.min(...values) + 0;
    out[MAX] = Math.max(...values) + 0;
    return out;
  });
const rows = fc.array(row, { maxLength: 40 });

function merged(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(ROW);
  mergeRow(a, 0, b, 0, out, 0);
  return out;
}

/** Rule 9 as it is written. */
function foldByHand(all: readonly Float64Array[]): Float64Array {
  const stack: Float64Array[] = [];
  const top = () => {
    const b = stack.pop() as Float64Array;
    stack.push(merged(stack.pop() as Float64Array, b));
  };
  all.forEach((r, i) => {
    stack.push(r);
    for (let bits = i; bits & 1; bits >>= 1) top();
  });
  while (stack.length > 1) top();
  const empty = new Float64Array(ROW);
  emptyRow(empty);
  return stack[0] ?? empty;
}

function foldOf(all: readonly Float64Array[]): Float64Array {
  const fold = new Fold(1);
  for (const r of all) fold.push(r);
  return fold.result();
}

describe("Fold", () => {
  test("is the fold of the rules", () => {
    fc.assert(
      fc.property(rows, (all) => {
        expect(foldOf(all)).toEqual(foldByHand(all));
        const table = new Float64Array(all.length * ROW);
        for (const [i, r] of all.entries()) table.set(r, i * ROW);
        expect(foldRows(table, 0, ROW, all.length)).toEqual(foldByHand(all));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test("does not depend on where it was cut into parts", () => {
    const cuts = fc.array(fc.nat(40), { maxLength: 6 });
    fc.assert(
      fc.property(rows, cuts, (all, at) => {
        const ends = [...new Set([0, ...at.map((i) => Math.min(i, all.length)), all.length])].sort((a, b) => a - b);
        const whole = new Fold(1);
        for (let i = 0; i + 1 < ends.length; i++) {
          // A part as another thread would hand it on: maximal nodes that are aligned in the whole.
          for (let lo = ends[i] as number; lo < (ends[i + 1] as number); ) {
            let level = 0;
            while (lo % 2 ** (level + 1) === 0 && lo + 2 ** (level + 1) <= (ends[i + 1] as number)) level++;
            whole.push(foldByHand(all.slice(lo, lo + 2 ** level)), 0, level);
            lo += 2 ** level;
          }
        }
        expect(whole.result()).toEqual(foldByHand(all));
        expect(whole.length).toBe(all.length);
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  test("nodes() is a part that another fold can go on from", () => {
    fc.assert(
      fc.property(rows, rows, (before, after) => {
        const first = new Fold(1);
        for (const r of before) first.push(r);
        const second = new Fold(1);
        for (const { rows, level } of first.nodes()) second.push(rows, 0, level);
        for (const r of after) second.push(r);
        expect(second.result()).toEqual(foldByHand([...before, ...after]));
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  test("goes on after a result, and its nodes are copies", () => {
    const one = Float64Array.of(1, 5, 0, 5, 5, 0, 0, 0);
    const fold = new Fold(1);
    for (let i = 0; i < 5; i++) {
      fold.push(one);
      fold.result().fill(NaN);
      for (const { rows } of fold.nodes()) rows.fill(NaN);
    }
    expect([...fold.result()]).toEqual([5, 5, 0, 5, 5, 0, 0, 0]);
  });

  test("a vector of rows folds each on its own", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(row, row, row), { maxLength: 20 }), (lines) => {
        const fold = new Fold(3);
        for (const line of lines) {
          const vector = new Float64Array(3 * ROW);
          for (const [c, r] of line.entries()) vector.set(r, c * ROW);
          fold.push(vector);
        }
        const out = fold.result();
        for (const c of [0, 1, 2] as const)
          expect(out.slice(c * ROW, (c + 1) * ROW)).toEqual(foldByHand(lines.map((line) => line[c])));
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  test("a node that is not aligned is refused", () => {
    const fold = new Fold(1);
    fold.push(new Float64Array(ROW));
    expect(() => fold.push(new Float64Array(ROW), 0, 1)).toThrow(RangeError);
  });
});

describe("mergeRow", () => {
  test("an empty row is neutral, but for the counts it brings", () => {
    fc.assert(
      fc.property(row, (r) => {
        const empty = new Float64Array(ROW);
        emptyRow(empty);
        expect(merged(r, empty)).toEqual(r);
        expect(merged(empty, r)).toEqual(r);
      }),
      { seed: 5 },
    );
  });

  test("counts, extremes and mean are those of both, and nothing becomes NaN", () => {
    fc.assert(
      fc.property(row, row, (a, b) => {
        const m = merged(a, b);
        for (const field of [COUNT, NAN, POS_INF, NEG_INF]) expect(m[field]).toBe((a[field] as number) + (b[field] as number));
        expect(m[MIN]).toBe(Math.min(a[MIN] as number, b[MIN] as number));
        expect(m[MAX]).toBe(Math.max(a[MAX] as number, b[MAX] as number));
        expect(m.some(Number.isNaN)).toBe(false);
        expect(m[M2]).toBeGreaterThanOrEqual(Math.max(a[M2] as number, b[M2] as number));
      }),
      { seed: 6 },
    );
  });

  test("may write over either of its arguments", () => {
    fc.assert(
      fc.property(row, row, (a, b) => {
        const want = merged(a, b);
        const x = a.slice();
        mergeRow(x, 0, b, 0, x, 0);
        expect(x).toEqual(want);
        const y = b.slice();
        mergeRow(a, 0, y, 0, y, 0);
        expect(y).toEqual(want);
      }),
      { seed: 7 },
    );
  });

  /** mean a, m2 a, mean b, m2 b → mean, m2; counts 1 and 3. */
  const ends: ReadonlyArray<[name: string, a: [number, number], b: [number, number], mean: number, m2: number]> = [
    ["the square of δ overflows", [0, 0], [1e200, 0], 7.5e199, Infinity],
    ["δ overflows", [-Number.MAX_VALUE, 0], [Number.MAX_VALUE, 0], Number.MAX_VALUE / 2, Infinity],
    ["m2 is infinite already", [1, Infinity], [1, 0], 1, Infinity],
    ["both m2 are infinite", [1, Infinity], [2, Infinity], 1.75, Infinity],
    ["m2 overflows as a sum", [0, 1.7e308], [0, 1.7e308], 0, Infinity],
  ];
  test.each(ends)("%s", (_, [meanA, m2A], [meanB, m2B], mean, m2) => {
    const m = merged(
      Float64Array.of(1, meanA, m2A, meanA, meanA, 0, 0, 0),
      Float64Array.of(3, meanB, m2B, meanB, meanB, 0, 0, 0),
    );
    // A weighted sum rounds twice.
    expect(Math.abs((m[MEAN] as number) - mean)).toBeLessThanOrEqual(Math.abs(mean) * 2 ** -52);
    expect(m[M2]).toBe(m2);
  });
});

test("mergeChannels folds neighbours of a sample, counted from each group's first", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(row, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(1, 2, 3, 6),
      (samples, groups) => {
        const table = new Float64Array(samples.length * 6 * ROW);
        for (const [i, r] of samples.flat().entries()) table.set(r, i * ROW);
        const out = mergeChannels(table, 6, groups);
        const perGroup = 6 / groups;
        const want = samples.flatMap((channels) =>
          Array.from({ length: groups }, (_, g) => [...foldByHand(channels.slice(g * perGroup, (g + 1) * perGroup))]),
        );
        expect([...out]).toEqual(want.flat());
      },
    ),
    { seed: 8, numRuns: 100 },
  );
});
