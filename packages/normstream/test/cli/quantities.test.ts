import { expect, test } from "vitest";
import { counted, formatBytes, formatNumber, formatRate, formatSeconds } from "../../src/cli/quantities.js";
import { textTable } from "../../src/cli/text-table.js";

test.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [1000, "1.00 kB"],
  [12_345, "12.3 kB"],
  [7_840_000, "7.84 MB"],
  [256e6, "256 MB"],
  [8_388_608_128, "8.39 GB"],
  [1e15, "1.00 PB"],
  [1e18, "1000 PB"],
])("%d bytes", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0.012345, "0.012 s"],
  [0.5, "0.5 s"],
  [3, "3 s"],
  [4.23, "4.2 s"],
  [65.4, "65 s"],
  [3600, "60 min"],
])("%d seconds", (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

test("a rate, and a number of things", () => {
  expect(formatRate(2.31e9, 1)).toBe("2.31 GB/s");
  expect(formatRate(0, 0)).toBe("0 bytes/s");
  expect([counted(1, "sample"), counted(0, "sample"), counted(2, "sample")]).toEqual(["1 sample", "0 samples", "2 samples"]);
});

test.each([
  [0, "0"],
  [-0, "0"],
  [255, "255"],
  [-524288000, "-524288000"],
  [73.14656658163265, "73.14657"],
  [0.00012, "0.00012"],
  [1e-5, "1e-5"],
  [0.000012345678, "1.234568e-5"],
  [1.5e20, "1.5e+20"],
  [1e20, "1e+20"],
  [Number.NaN, "NaN"],
  [Number.NEGATIVE_INFINITY, "-Infinity"],
])("%d", (value, text) => expect(formatNumber(value)).toBe(text));

test("columns are as wide as they need; words stand left, numbers right; a note stands alone", () => {
  const rows = [["a", "1"], "… and more", ["long name", "100"]];
  expect(textTable(["name", "n"], rows, 1)).toBe("name         n\na            1\n… and more\nlong name  100\n");
});
