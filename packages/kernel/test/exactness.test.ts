import { Fold, M2, MEAN, ROW_BYTES } from "@normstream/moments";
import { itemSize } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import { DATA_CLASSES, dataOf } from "./data.js";
import { memory, put, rowNumbers, rowsOf, SIMD_ROWS, SOURCE, simd } from "./twins.js";

/** The bound that the design promises for the variance, whatever the offset and spread of the data. */
const BOUND = 1e-12;

/** x · 2^shift as a whole number: exact, since every float is a whole number of some power of 2. */
function scaled(x: number, shift: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(x));
  const bits = view.getBigUint64(0);
  const exponent = Number(bits >> 52n);
  const fraction = bits & ((1n << 52n) - 1n);
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n);
  const power = Math.max(exponent, 1) - 1075 + shift;
  const size = power >= 0 ? mantissa << BigInt(power) : mantissa >> BigInt(-power);
  return x < 0 ? -size : size;
}

/** Relative errors of a mean and an m2 against exact rational arithmetic over the values. */
function errorsOf(values: ArrayLike<number>, mean: number, m2: number): { mean: number; m2: number } {
  const SHIFT = 1100;
  const n = BigInt(values.length);
  let sum = 0n;
  let squares = 0n;
  for (let i = 0; i < values.length; i++) {
    const x = scaled(values[i] as number, SHIFT);
    sum += x;
    squares += x * x;
  }
  // n · m2 = n Σx² − (Σx)²
  const exact = n * squares - sum * sum;
  return { mean: ratio(n * scaled(mean, SHIFT) - sum, sum), m2: ratio(n * scaled(m2, 2 * SHIFT) - exact, exact) };
}

function ratio(difference: bigint, whole: bigint): number {
  if (whole === 0n) return difference === 0n ? 0 : Infinity;
  return Math.abs(Number((difference * 10n ** 30n) / whole)) / 1e30;
}

const CLASSES = ["mean 0", "mean 1e4", "mean 1e6", "outlier first", "10^U(±18)", "mean moves after 64"] as const;

describe.each(CLASSES)("%s: variance within 1e-12 of exact arithmetic", (name) => {
  test.each([
    ["float32", 8192],
    ["float32", 60_000],
    ["float64", 30_000],
    ["float32", 777],
  ] as const)("a plane of %s, %i values", (dtype, count) => {
    expect(DATA_CLASSES).toHaveProperty([name]);
    const data = dataOf(dtype, name, count, 11);
    const values = dtype === "float32" ? data.map(Math.fround) : data;
    put(dtype, values, SOURCE + 4);
    const stride = count * itemSize(dtype);
    rowsOf(1, (kernel, at) => kernel.planeRows(dtype, SOURCE + 4, 1, count, stride, at));
    const row = rowNumbers("simd", 0);
    const errors = errorsOf(values, row[MEAN] as number, row[M2] as number);
    expect(errors.m2).toBeLessThan(BOUND);
  });

  test("a table of float32, blocks of 4096 merged", () => {
    const [channels, positions, blocks] = [5, 4096, 5];
    const columns = Array.from({ length: channels }, (_, c) =>
      dataOf("float32", name, positions * blocks, 100 + c).map(Math.fround),
    );
    const fold = new Fold(channels);
    for (let block = 0; block < blocks; block++) {
      const part = Float64Array.from(
        { length: positions * channels },
        (_, i) => columns[i % channels]?.[block * positions + Math.floor(i / channels)] as number,
      );
      put("float32", part, SOURCE);
      simd.tableRows("float32", SOURCE, positions, channels, channels * 4, SIMD_ROWS);
      fold.push(new Float64Array(memory.buffer, SIMD_ROWS, (channels * ROW_BYTES) / 8));
    }
    const rows = fold.result();
    for (let c = 0; c < channels; c++) {
      const errors = errorsOf(columns[c] as Float64Array, rows[c * 8 + MEAN] as number, rows[c * 8 + M2] as number);
      expect(errors.m2).toBeLessThan(BOUND);
    }
  });
});

test("8-bit integers are exact to the last rounding", () => {
  const values = dataOf("uint8", "uniform", 8192, 12);
  put("uint8", values, SOURCE);
  rowsOf(1, (kernel, at) => kernel.planeRows("uint8", SOURCE, 1, 8192, 8192, at));
  const row = rowNumbers("simd", 0);
  const errors = errorsOf(values, row[MEAN] as number, row[M2] as number);
  expect(errors.mean).toBeLessThan(2 ** -53);
  expect(errors.m2).toBeLessThan(2 ** -52);
});
