import { describe, expect, test } from "vitest";
import { finishRows, type NanPolicy } from "../src/index.js";

/** count, mean, m2, min, max, NaN, +Inf, −Inf → mean and variance under `propagate` and under `omit` (rule 15). */
const rows: ReadonlyArray<{ name: string; row: number[]; propagate: [number, number]; omit: [number, number] }> = [
  { name: "finite values", row: [4, 2.5, 5, 1, 4, 0, 0, 0], propagate: [2.5, 1.25], omit: [2.5, 1.25] },
  { name: "one value", row: [1, 7, 0, 7, 7, 0, 0, 0], propagate: [7, 0], omit: [7, 0] },
  { name: "a NaN", row: [4, 2.5, 5, 1, 4, 1, 0, 0], propagate: [NaN, NaN], omit: [2.5, 1.25] },
  { name: "+Infinity", row: [4, 2.5, 5, 1, 4, 0, 2, 0], propagate: [Infinity, NaN], omit: [2.5, 1.25] },
  { name: "−Infinity", row: [4, 2.5, 5, 1, 4, 0, 0, 1], propagate: [-Infinity, NaN], omit: [2.5, 1.25] },
  { name: "both infinities", row: [4, 2.5, 5, 1, 4, 0, 1, 1], propagate: [NaN, NaN], omit: [2.5, 1.25] },
  { name: "an infinity and a NaN", row: [4, 2.5, 5, 1, 4, 1, 1, 0], propagate: [NaN, NaN], omit: [2.5, 1.25] },
  { name: "nothing", row: [0, 0, 0, Infinity, -Infinity, 0, 0, 0], propagate: [NaN, NaN], omit: [NaN, NaN] },
  { name: "nothing finite", row: [0, 0, 0, Infinity, -Infinity, 0, 3, 0], propagate: [Infinity, NaN], omit: [NaN, NaN] },
  { name: "an m2 that overflowed", row: [2, 0, Infinity, -1e200, 1e200, 0, 0, 0], propagate: [0, Infinity], omit: [0, Infinity] },
];

describe.each(["propagate", "omit", "error"] as NanPolicy[])("%s", (policy) => {
  test.each(rows)("$name", ({ row, ...results }) => {
    // Who asked for `error` has stopped before: it reads as `propagate`.
    const [mean, variance] = policy === "omit" ? results.omit : results.propagate;
    const moments = finishRows(Float64Array.from(row), policy);
    expect([moments.mean[0], moments.variance[0]]).toEqual([mean, variance]);
    expect([moments.count, moments.min, moments.max, moments.nan, moments.posInf, moments.negInf].map(([x]) => x)).toEqual(
      [0, 3, 4, 5, 6, 7].map((i) => row[i]),
    );
  });
});

test("many rows at once, the rows untouched", () => {
  const all = Float64Array.from(rows.flatMap(({ row }) => row));
  const before = all.slice();
  const { mean, m2 } = finishRows(all, "propagate");
  expect([...mean]).toEqual(rows.map(({ propagate }) => propagate[0]));
  expect(m2[0]).toBe(5);
  expect(all).toEqual(before);
});
