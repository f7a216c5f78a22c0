import { describe, expect, test } from "vitest";
import { difference } from "./compare.mjs";

const tolerance = { rtol: 1e-6, atol: 1e-3 };
const vector = (...data: number[]) => ({ shape: [data.length], data });

/** The tolerance rules of cases/README.md, one line each. */
const rules: ReadonlyArray<[rule: string, output: string, got: number, want: number, dtype: string, passes: boolean]> = [
  ["within atol", "y", 1.0009, 1, "float32", true],
  ["above atol", "y", 1.0011, 1, "float32", false],
  ["within rtol", "y", 1e6 + 1, 1e6, "float32", true],
  ["NaN where a number is right", "y", NaN, 1, "float32", false],
  ["a number where NaN is right", "y", 1, NaN, "float32", false],
  ["NaN where NaN is right", "y", NaN, NaN, "float32", true],
  ["an infinity where NaN is right", "y", Infinity, NaN, "float32", false],
  ["the same infinity", "y", -Infinity, -Infinity, "float32", true],
  ["the other infinity", "y", Infinity, -Infinity, "float32", false],
  ["a statistic: an infinity where NaN is right", "batch_mean", Infinity, NaN, "float32", true],
  ["a statistic: NaN where an infinity is right", "total_var", NaN, Infinity, "float32", true],
  ["a statistic: a number where NaN is right", "batch_var", 0, NaN, "float32", false],
  ["beyond float32: an infinity of the same sign", "batch_var", Infinity, 1e39, "float32", true],
  ["beyond float32: an infinity of the other sign", "batch_var", -Infinity, 1e39, "float32", false],
  ["beyond float32, but the data are float64", "batch_var", Infinity, 1e39, "float64", false],
];

describe("tolerance", () => {
  test.each(rules)("%s", (_, output, got, want, dtype, passes) => {
    const found = difference(output, vector(0, got), vector(0, want), tolerance, dtype);
    if (passes) expect(found).toBeUndefined();
    else expect(found).toContain("element 1");
  });

  test("a wrong shape, although the numbers are right", () => {
    expect(difference("y", { shape: [1, 2], data: [1, 2] }, { shape: [2, 1], data: [1, 2] }, tolerance, "float32")).toContain(
      "shape",
    );
    expect(difference("y", vector(1), vector(1, 2), tolerance, "float32")).toContain("shape");
  });

  test("the worst element is named", () => {
    expect(difference("y", vector(1, 2, 9), vector(0, 0, 0), tolerance, "float32")).toMatch(/3 of 3 .* element 2/);
  });
});
