import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byteText, countText, numberText, percentText } from "../../src/charts/index.js";
import { tickTexts } from "../../src/charts/numbers.js";

describe("numbers as people read them", () => {
  test.each([
    [0, "0"],
    [12, "12"],
    [12.5, "12.5"],
    [89.87326, "89.87"],
    [0.0731066, "0.07311"],
    [100, "100"],
    [9999.4, "9999"],
    [12_345.6, "12,346"],
    [-12_345.6, "−12,346"],
    [1e10, "1e10"],
    [1.2e20, "1.2e20"],
    [1.2345e-10, "1.234e−10"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "−∞"],
  ])("%d is %s", (value, text) => expect(numberText(value)).toBe(text));

  test.each([
    [784, "784"],
    [10_000, "10,000"],
    [999_999, "999,999"],
    [7_840_000, "7.84\u00a0M"],
    [-1000, "−1,000"],
  ])("the count %d is %s", (value, text) => expect(countText(value)).toBe(text));

  test.each([
    [8, "8\u00a0B"],
    [25_088, "25.1\u00a0kB"],
    [999_999, "1\u00a0MB"],
    [64e9, "64\u00a0GB"],
    [0, "0\u00a0B"],
  ])("%d bytes are %s", (value, text) => expect(byteText(value)).toBe(text));

  test.each([
    [0.13, "13\u00a0%"],
    [0.0004, "<0.1\u00a0%"],
    [1, "100\u00a0%"],
  ])("the share %d is %s", (value, text) => expect(percentText(value)).toBe(text));

  test("read back they are the number, to four figures", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }), (value) => {
        const read = Number(numberText(value).replaceAll("−", "-").replaceAll(",", ""));
        expect(Math.abs(read - value)).toBeLessThanOrEqual(Math.max(Math.abs(value) * 5.1e-4, 1e-300));
      }),
      { seed: 4 },
    );
  });

  test("ticks have the same decimals, and zero has no sign", () => {
    expect(tickTexts([-0.5, -0, 0.5], 0.5)).toEqual(["−0.5", "0.0", "0.5"]);
    expect(tickTexts([0, 5000, 10_000], 5000)).toEqual(["0", "5,000", "10,000"]);
    expect(tickTexts([0, 2e6], 2e6)).toEqual(["0", "2e6"]);
  });
});
