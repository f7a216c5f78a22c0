import { describe, expect, test } from "vitest";
import { DTYPES, isExactInteger, itemSize, NormstreamError, parseDType } from "../src/index.js";

test.each([
  ["float32", "float32", false],
  ["f4", "float32", false],
  ["<f4", "float32", false],
  [">f4", "float32", true],
  ["=f8", "float64", false],
  ["|u1", "uint8", false],
  ["bf16", "bfloat16", false],
  [">i2", "int16", true],
  ["half", "float16", false],
  [" F32 ", "float32", false],
] as const)("%j is %s", (text, dtype, bigEndian) => {
  expect(parseDType(text)).toEqual({ dtype, bigEndian });
});

test.each(DTYPES)("%s names itself", (dtype) => {
  expect(parseDType(dtype)).toEqual({ dtype, bigEndian: false });
  expect(itemSize(dtype)).toBe(dtype === "bfloat16" ? 2 : Number(/\d+/.exec(dtype)) / 8);
});

test.each(["", "f3", "int64", "complex64", "<<f4", "float32;", "toString", "__proto__", "constructor"])(
  "%j is refused",
  (text) => {
    expect(() => parseDType(text)).toThrow(NormstreamError);
  },
);

describe("integers whose sums are exact", () => {
  test.each(DTYPES)("%s", (dtype) => {
    expect(isExactInteger(dtype)).toBe(/^u?int(8|16)$/.test(dtype));
  });
});
