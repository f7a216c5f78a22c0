import { expect, test } from "vitest";
import { SumFold } from "../src/index.js";

/** The canonical tree by its definition: the largest power of 2 below the length goes left. */
function treeSum(values: readonly number[]): number {
  if (values.length <= 1) return values[0] ?? 0;
  const left = 2 ** (Math.ceil(Math.log2(values.length)) - 1);
  return treeSum(values.slice(0, left)) + treeSum(values.slice(left));
}

const values = Array.from({ length: 100 }, (_, i) => Math.sin(i * 7.3) * 10 ** ((i * 5) % 17));

test.each([0, 1, 2, 3, 4, 5, 7, 8, 11, 64, 100])("the sum of %i vectors is that of the canonical tree", (length) => {
  const fold = new SumFold(2);
  for (const value of values.slice(0, length)) fold.push(Float64Array.of(9, value, 2 * value), 1);
  expect([...fold.result()]).toEqual([treeSum(values.slice(0, length)), 2 * treeSum(values.slice(0, length))]);
  expect(fold.length).toBe(length);
});

test("an aligned node stands for its vectors", () => {
  const part = new SumFold(1);
  for (const value of values.slice(4, 8)) part.push(Float64Array.of(value));
  const fold = new SumFold(1);
  for (const value of values.slice(0, 4)) fold.push(Float64Array.of(value));
  fold.push(part.result(), 0, 2);
  fold.push(Float64Array.of(values[8] as number));
  expect(fold.length).toBe(9);
  expect([...fold.result()]).toEqual([treeSum(values.slice(0, 9))]);
  expect(() => fold.push(part.result(), 0, 2)).toThrow("a node of level 2 cannot stand at 9");
});

test("a result is a copy, NaN of one pattern, and the fold goes on", () => {
  const fold = new SumFold(1);
  fold.push(Float64Array.of(Infinity));
  fold.result().fill(3);
  fold.push(Float64Array.of(-Infinity));
  expect(new BigUint64Array(fold.result().buffer)[0]).toBe(0x7ff8000000000000n);
});
