import { computeStatistics, type DType } from "normstream";
import { describe, expect, test } from "vitest";
import { fileWriter } from "./containers.js";
import { sharedPools } from "./engines.js";
import { dataOf, KINDS, type Kind, normalOf, randomOf, type SampleData, sampleData } from "./sample-data.js";

const files = fileWriter();
const poolOf = sharedPools();
const inline = poolOf({ threads: 0 });

const SCALE = 1074;

/** A float64 as a whole number of 2^−1074, exactly. */
function exactly(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(x));
  const bits = view.getBigUint64(0);
  const exponent = Number(bits >> 52n);
  const fraction = bits & (2n ** 52n - 1n);
  const size = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return x < 0 ? -size : size;
}

/** numerator / (denominator · 2^scale) as a float64; right to the last bit or the one before it. */
function toNumber(numerator: bigint, denominator: bigint, scale: number): number {
  if (numerator < 0n) return -toNumber(-numerator, denominator, scale);
  if (numerator === 0n) return 0;
  const shift = Math.max(0, 64 - (numerator.toString(2).length - denominator.toString(2).length));
  const quotient = (numerator << BigInt(shift)) / denominator;
  const drop = Math.max(0, quotient.toString(2).length - 64);
  const exponent = drop - shift - scale;
  const lead = Number(quotient >> BigInt(drop));
  return exponent < -1000 ? lead * 2 ** -1000 * 2 ** (exponent + 1000) : lead * 2 ** exponent;
}

/** Mean and variance of one channel as exact rationals, rounded once. */
function exactMoments(data: SampleData, channel: number): { mean: number; variance: number } {
  let sum = 0n;
  let squares = 0n;
  const n = BigInt(data.samples * data.planeSize);
  for (let i = 0; i < data.samples; i++) {
    for (let j = 0; j < data.planeSize; j++) {
      const x = exactly(data.at(i, channel, j));
      sum += x;
      squares += x * x;
    }
  }
  return { mean: toNumber(sum, n, SCALE), variance: toNumber(n * squares - sum * sum, n * n, 2 * SCALE) };
}

const relative = (got: number, want: number) => (want === 0 ? Math.abs(got) : Math.abs(got - want) / Math.abs(want));

const shapes = [
  [2, 1, 9000],
  [5, 2, 300],
  [150, 2, 49],
  [4500, 1, 1],
] as const;
const finite = (Object.keys(KINDS) as Kind[]).filter((kind) => !kind.includes("finite"));

/**
 * The bar is 1e-12. At a mean of 10⁶ standard deviations, where rows of a few hundred values are merged, it is missed by a little: a
 * row's mean is rounded to 2^−53 · 10⁶, about 1e-10, and the square of the difference of two means, about 1/300 of the variance,
 * takes that along (rules 7 and 8).
 */
const bound = (kind: Kind, [, , planeSize]: readonly number[]) =>
  kind === "mean 1e6" && (planeSize as number) < 8192 ? 4e-12 : 1e-12;

describe.each(["float32", "float64"] as DType[])("%s", (dtype) => {
  test.each(finite.flatMap((kind) => shapes.map((shape) => ({ kind, shape }))))("$kind in $shape", async ({ kind, shape }) => {
    const data = sampleData(dtype, shape, kind, 77);
    const file = await files.open("npy", data, { layout: "NCL" });
    using statistics = await computeStatistics(file, { pool: inline });
    for (let c = 0; c < data.channels; c++) {
      const exact = exactMoments(data, c);
      expect(relative(statistics.variance[c] as number, exact.variance)).toBeLessThan(bound(kind, shape));
      // A mean near 0 is a difference of large sums: its error is measured against what the values are made of.
      const size = Math.hypot(exact.mean, Math.sqrt(exact.variance));
      expect(Math.abs((statistics.mean[c] as number) - exact.mean)).toBeLessThanOrEqual(1e-12 * size);
    }
  });
});

test.each(["int16", "uint16", "int8", "uint8"] as DType[])(
  "%s: the mean is the exact one, rounded once in each merge",
  async (dtype) => {
    const data = sampleData(dtype, [1, 2, 9000], "normal", 5);
    using statistics = await computeStatistics(await files.open("npy", data, { layout: "NCL" }), { pool: inline });
    for (let c = 0; c < 2; c++) {
      const exact = exactMoments(data, c);
      expect(relative(statistics.mean[c] as number, exact.mean)).toBeLessThan(1e-12);
      expect(relative(statistics.variance[c] as number, exact.variance)).toBeLessThan(1e-14);
    }
  },
);

test("a level that changes in the middle of a leaf, and from plane to plane", async () => {
  const random = randomOf(8);
  const data = dataOf(
    "float32",
    [2, 2, 9000],
    Float64Array.from({ length: 2 * 2 * 9000 }, (_, i) =>
      Math.fround(normalOf(random) + (i % 9000 > 3000 ? 1e5 : 0) + Math.floor(i / 9000) * 1e3),
    ),
  );
  using statistics = await computeStatistics(await files.open("npy", data, { layout: "NCL" }), { pool: inline });
  for (let c = 0; c < 2; c++)
    expect(relative(statistics.variance[c] as number, exactMoments(data, c).variance)).toBeLessThan(1e-12);
});

describe("values at the end of float64's range", () => {
  const rows = [
    { name: "the largest number everywhere", values: () => Number.MAX_VALUE },
    { name: "plus and minus the largest", values: (i: number) => (i % 2 ? 1 : -1) * Number.MAX_VALUE },
    { name: "1e200", values: () => 1e200 },
    { name: "the least number", values: () => Number.MIN_VALUE },
  ];
  test.each(rows.flatMap((row) => shapes.map((shape) => ({ ...row, shape }))))("$name in $shape", async ({ shape, values }) => {
    const [n, c, s] = shape;
    const data = dataOf(
      "float64",
      shape,
      Float64Array.from({ length: n * c * s }, (_, i) => values(i)),
    );
    using statistics = await computeStatistics(await files.open("npy", data, { layout: "NCL" }), { pool: inline });
    const size = Math.abs(values(0));
    for (const [channel, got] of statistics.mean.entries()) {
      // Halves, so that the difference stays in range.
      expect(Math.abs(got / 2 - exactMoments(data, channel).mean / 2) / size).toBeLessThan(1e-12);
    }
    for (const got of statistics.variance) expect(got).toBeGreaterThanOrEqual(0);
    expect([...statistics.moments.nan]).toEqual(shape[1] === 1 ? [0] : [0, 0]);
    expect([...statistics.rows()].some(Number.isNaN)).toBe(false);
  });
});
