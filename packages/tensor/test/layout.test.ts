import { describe, expect, test } from "vitest";
import { defaultLayout, elementCount, formatShape, geometryOf, type Layout, NormstreamError, parseLayout } from "../src/index.js";

describe("geometry", () => {
  test.each<[Layout, number[], number, number, number, number[], boolean]>([
    ["NC", [5, 3], 5, 3, 1, [], false],
    ["NCL", [5, 3, 7], 5, 3, 7, [7], false],
    ["NHW", [5, 7, 2], 5, 1, 14, [7, 2], false],
    ["NCHW", [5, 3, 7, 2], 5, 3, 14, [7, 2], false],
    ["NHWC", [5, 7, 2, 3], 5, 3, 14, [7, 2], true],
    ["NCDHW", [5, 3, 4, 7, 2], 5, 3, 56, [4, 7, 2], false],
  ])("%s of %j", (layout, shape, samples, channels, planeSize, spatial, channelsLast) => {
    expect(geometryOf(shape, layout)).toEqual({ samples, channels, planeSize, spatial, channelsLast });
  });

  test("a rank that does not fit", () => {
    expect(() => geometryOf([5, 3], "NCHW")).toThrow(/NCHW.*\[5, 3\].*rank 4.*rank 2/);
  });
});

test("default layouts, by rank", () => {
  expect([2, 3, 4, 5].map((rank) => defaultLayout(Array(rank).fill(1)))).toEqual(["NC", "NCL", "NCHW", "NCDHW"]);
  for (const rank of [0, 1, 6]) expect(() => defaultLayout(Array(rank).fill(1))).toThrow(NormstreamError);
});

test("layouts are read in either case", () => {
  expect(parseLayout("nhwc")).toBe("NHWC");
  for (const text of ["", "NHWCC", "CHW"]) expect(() => parseLayout(text)).toThrow(NormstreamError);
});

describe("number of elements", () => {
  test.each([
    [[], 1],
    [[0], 0],
    [[3, 4], 12],
    [[2 ** 52, 0], 0],
    [[2 ** 26, 2 ** 26], 2 ** 52],
  ])("%j", (shape, count) => {
    expect(elementCount(shape)).toBe(count);
  });

  test.each([[[-1]], [[1.5]], [[Number.NaN]], [[2 ** 53]], [[2 ** 27, 2 ** 27]], [[2 ** 52, 0, 2 ** 52]]])(
    "%j is refused",
    (shape) => {
      expect(() => elementCount(shape, { file: "x.npy" })).toThrow(/^x\.npy: shape/);
    },
  );
});

test("a long shape stays one line", () => {
  expect(formatShape([1, 2])).toBe("[1, 2]");
  expect(formatShape(Array(1000).fill(7)).length).toBeLessThan(60);
});
