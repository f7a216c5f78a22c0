import { elementReader, type GradientDType, type InputGradient, type Kernel, type OutputDType } from "@normstream/moments";
import { DTYPES, type DType, itemSize } from "@normstream/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gradientFitsFloat32, isSafeWeight, narrowInputGradient, WEIGHTED_LIMIT } from "../src/input-gradient.js";
import { classesOf, dataOf, randomOf } from "./data.js";
import { DY, memory, PREPARED, put, REFERENCE_TARGET, reference, SIMD_TARGET, SOURCE, simd } from "./twins.js";

const GRADIENTS: readonly GradientDType[] = ["float32", "float64"];
const OUTPUTS: readonly OutputDType[] = ["float64", "float32", "float16", "bfloat16"];
const LENGTHS = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 1023, 1024, 1025, 2500];

/** Coefficients that are safe in float32, and some that are not. */
const coefficients = fc.constantFrom<InputGradient>(
  { a: 1, b: 0, mean: 0, c: 0 },
  { a: 0, b: 1, mean: 0.4567891234, c: 0 },
  { a: 1.7, b: -0.3, mean: 10000.5000123, c: 0.2 },
  { a: -0.9, b: 3.3e-3, mean: 1e6 + 0.123456789, c: -1e-3 },
  { a: 1 / 73, b: 1e-9, mean: 128.4, c: 1e-9 },
  { a: 100, b: 1e3, mean: 0.1, c: 3 },
  { a: 1e-20, b: -1e-25, mean: 3, c: 1e-38 },
  { a: 1e18, b: 1e28, mean: 1e29, c: 1e29 },
  { a: 1e-35, b: 1, mean: 0, c: 0 },
  { a: 1, b: 1e-60, mean: 0, c: 0 },
  { a: 1, b: 1, mean: 0, c: 1e35 },
  { a: Infinity, b: 0, mean: 0, c: 0 },
  { a: 0, b: 1, mean: NaN, c: 0 },
  { a: 0, b: 0, mean: 0, c: NaN },
);

const isNarrow = (xType: DType, dyType: GradientDType, outType: OutputDType): boolean =>
  xType !== "float64" && xType !== "int32" && dyType === "float32" && outType !== "float64";

/** One unit in the last place of a 16-bit result, that it may be off by beyond the error of the float32 form. */
const UNIT: Record<OutputDType, (y: number) => number> = {
  float64: () => 0,
  float32: () => 0,
  float16: (y) => Math.max(2 ** -24, Math.abs(y) * 2 ** -10),
  bfloat16: (y) => Math.max(2 ** -133, Math.abs(y) * 2 ** -7),
};

const GREATEST: Record<OutputDType, number> = { float64: 1.7e308, float32: 3.4e38, float16: 65504, bfloat16: 3.38e38 };

function read(dtype: DType, at: number, count: number): number[] {
  const view = new DataView(memory.buffer);
  return Array.from({ length: count }, (_, i) => elementReader(dtype)(view, at + i * itemSize(dtype)));
}

/** One element as the test computes it, before it is rounded. */
interface Expected {
  readonly dx: number;
  /** |a · dy| + |b · (x − mean)| + |c| */
  readonly terms: number;
}

/** The reference's bits (NaN as NaN), or, in float32, within the promised error of what is exact. */
function expectClose(outType: OutputDType, got: number[], want: number[], exact: readonly Expected[], narrow: boolean): void {
  for (const [i, { dx, terms }] of exact.entries()) {
    const [a, b] = [got[i] as number, want[i] as number];
    if (Object.is(a, b)) continue;
    if (narrow) {
      const bound = 1e-6 * terms + 2 ** -148 + UNIT[outType](dx);
      if (Math.abs(a - dx) <= bound) continue;
      // Where a term leaves the range of float32, or a result that of its type, either may be infinite.
      if (Number.isFinite(terms) && terms >= GREATEST.float32) continue;
      if (Math.abs(dx) + bound >= GREATEST[outType] && Math.abs(a) >= GREATEST[outType]) continue;
    }
    expect.fail(`element ${i}: got ${a}, expected ${b}`);
  }
}

const types = DTYPES.flatMap((xType) => GRADIENTS.flatMap((dyType) => OUTPUTS.map((out) => [xType, dyType, out] as const)));

describe.each(types)("dx of %s and %s in %s", (xType, dyType, outType) => {
  const seed = 1000 * DTYPES.indexOf(xType) + 100 * GRADIENTS.indexOf(dyType) + 10 * OUTPUTS.indexOf(outType);
  const cases = fc.record({
    xName: fc.constantFrom(...classesOf(xType)),
    dyName: fc.constantFrom(...classesOf(dyType)),
    count: fc.oneof(fc.constantFrom(...LENGTHS), fc.integer({ min: 0, max: 200 })),
    xShift: fc.integer({ min: 0, max: 15 }),
    dyShift: fc.integer({ min: 0, max: 15 }),
    place: fc.constantFrom("apart", "on x", "on dy"),
    seed: fc.integer(),
  });
  type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

  /** Runs both kernels, the SIMD one in place if so asked for, and compares. */
  const check = (
    { xName, dyName, count, xShift, dyShift, place, seed: dataSeed }: Case,
    byAt: (index: number) => InputGradient & { weight?: number },
    safe: boolean,
    run: (kernel: Kernel, x: number, dy: number, dx: number) => void,
  ): void => {
    const [x, dy] = [dataOf(xType, xName, count, dataSeed), dataOf(dyType, dyName, count, dataSeed + 1)];
    const results = [simd, reference].map((kernel) => {
      put(xType, x, SOURCE + xShift);
      put(dyType, dy, DY + dyShift);
      let dx = (kernel === simd ? SIMD_TARGET : REFERENCE_TARGET) + 3;
      if (kernel === simd && place === "on x" && itemSize(xType) === itemSize(outType)) dx = SOURCE + xShift;
      if (kernel === simd && place === "on dy" && itemSize(dyType) === itemSize(outType)) dx = DY + dyShift;
      run(kernel, SOURCE + xShift, DY + dyShift, dx);
      return read(outType, dx, count);
    });
    put(xType, x, SOURCE + xShift);
    put(dyType, dy, DY + dyShift);
    const [xs, dys] = [read(xType, SOURCE + xShift, count), read(dyType, DY + dyShift, count)];
    const exact = xs.map((value, i) => {
      const { a, b, mean, c, weight = 1 } = byAt(i);
      const [first, second] = [a * ((dys[i] as number) * weight), b * (value - mean)];
      return { dx: first + second + c, terms: Math.abs(first) + Math.abs(second) + Math.abs(c) };
    });
    const narrow = safe && isNarrow(xType, dyType, outType);
    expectClose(outType, results[0] as number[], results[1] as number[], exact, narrow);
  };

  test("one set of coefficients", () => {
    fc.assert(
      fc.property(cases, coefficients, (c, by) => {
        const safe = narrowInputGradient(by) !== undefined;
        check(
          c,
          () => by,
          safe,
          (kernel, x, dy, dx) => kernel.gradientInput(xType, dyType, outType, x, dy, dx, c.count, by),
        );
      }),
      { numRuns: 40, seed: seed + 14 },
    );
  });

  test("elementwise weights", () => {
    fc.assert(
      fc.property(cases, coefficients, fc.constantFrom(0, 1, 6), fc.boolean(), (c, by, first, ordinary) => {
        const weight = dataOf("float64", ordinary ? "mean 0" : "10^U(±18)", first + c.count, c.seed);
        const safe = narrowInputGradient(by, WEIGHTED_LIMIT) !== undefined && weight.every(isSafeWeight);
        const byAt = (i: number) => ({ ...by, weight: weight[first + i] as number });
        check(c, byAt, safe, (kernel, x, dy, dx) => {
          kernel.prepareWeights(weight, PREPARED);
          kernel.gradientInputWeighted(xType, dyType, outType, x, dy, dx, c.count, PREPARED, first, by);
        });
      }),
      { numRuns: 24, seed: seed + 15 },
    );
  });

  test("periodic coefficients", () => {
    const periods = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(63, 64, 65, 66, 67, 100, 1000, 1027));
    fc.assert(
      fc.property(cases, periods, fc.boolean(), (c, period, safe) => {
        const random = randomOf(c.seed);
        const draw = (make: () => number) => Float64Array.from({ length: period }, make);
        const [a, b] = [draw(() => 2 * random() - 1), draw(() => 2 * random() - 1)];
        const [mean, shift] = [draw(() => 100 * random()), draw(() => random())];
        if (!safe) b[Math.floor(random() * period)] = 1e-40;
        const byAt = (i: number) => {
          const [k, number] = [i % period, (list: Float64Array) => list[i % period] as number];
          return { a: a[k] as number, b: number(b), mean: number(mean), c: number(shift) };
        };
        check(c, byAt, safe, (kernel, x, dy, dx) => {
          kernel.prepareGradientInput(a, b, mean, shift, PREPARED);
          kernel.gradientInputPeriodic(xType, dyType, outType, x, dy, dx, c.count, PREPARED, period);
        });
      }),
      { numRuns: 24, seed: seed + 16 },
    );
  });
});

test("the float32 form is refused where it would lose digits", () => {
  const safe = { a: 0.5, b: 2, mean: 0.25, c: 1 };
  expect(narrowInputGradient(safe)).toEqual({ a: 0.5, b: 2, m: 0.25, c: 1 });
  expect(narrowInputGradient({ ...safe, mean: 1 + 2 ** -30 })?.c).toBe(Math.fround(1 - 2 * 2 ** -30));
  for (const wrong of [
    { a: 2 ** -100 },
    { a: 2 ** 100 },
    { a: NaN },
    { b: 2 ** -110 },
    { b: Infinity },
    { mean: 2 ** 101 },
    { mean: NaN },
    { c: 2 ** 101 },
    { c: NaN },
  ]) {
    expect(narrowInputGradient({ ...safe, ...wrong }), JSON.stringify(wrong)).toBeUndefined();
  }
  expect([gradientFitsFloat32(safe), gradientFitsFloat32({ ...safe, b: 1e40 })]).toEqual([true, false]);
  const large = { ...safe, a: 2 ** 61 };
  expect([gradientFitsFloat32(large), gradientFitsFloat32(large, true)]).toEqual([true, false]);
  expect([0, 1, -1e18, 1e-18].map(isSafeWeight)).toEqual([true, true, true, true]);
  expect([1e19, 1e-19, NaN, Infinity].map(isSafeWeight)).toEqual([false, false, false, false]);
});

test("what is asked for wide has the reference's bits, and one decision makes one channel's dx the same in any layout", () => {
  const by = { a: 1.7, b: -0.3, mean: 0.123456789, c: 0.2 };
  const count = 1000;
  put("float32", dataOf("float32", "mean 0", count, 1), SOURCE);
  put("float32", dataOf("float32", "mean 0", count, 2), DY);
  const types = ["float32", "float32", "float32"] as const;
  const periodic = (kernel: Kernel, dx: number, wide: boolean) => {
    const lists = [by.a, by.b, by.mean, by.c].map((value) => Float64Array.of(value, value, value)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    kernel.prepareGradientInput(...lists, PREPARED, wide);
    kernel.gradientInputPeriodic(...types, SOURCE, DY, dx, count, PREPARED, 3);
    return read("float32", dx, count);
  };
  reference.gradientInput(...types, SOURCE, DY, REFERENCE_TARGET, count, by);
  const want = read("float32", REFERENCE_TARGET, count);
  const run = (wide: boolean) => {
    simd.gradientInput(...types, SOURCE, DY, SIMD_TARGET, count, by, wide);
    return read("float32", SIMD_TARGET, count);
  };
  const weighted = (wide: boolean) => {
    simd.prepareWeights(new Float64Array(count).fill(1), PREPARED);
    simd.gradientInputWeighted(...types, SOURCE, DY, SIMD_TARGET, count, PREPARED, 0, by, wide);
    return read("float32", SIMD_TARGET, count);
  };
  expect(run(true)).toEqual(want);
  expect(weighted(true)).toEqual(want);
  expect(periodic(simd, SIMD_TARGET, true)).toEqual(want);
  expect(run(false)).not.toEqual(want);
  expect(weighted(false)).toEqual(run(false));
  expect(periodic(simd, SIMD_TARGET, false)).toEqual(run(false));
});

test("weights that are not safe are taken in float64", () => {
  const by = { a: 1, b: 0, mean: 0, c: 0 };
  put("float32", [1, 1, 1, 1], SOURCE);
  put("float32", [2 ** 100, 2 ** -100, 3, 0], DY);
  simd.prepareWeights(Float64Array.of(2 ** -90, 2 ** 90, 0.1, 5), PREPARED);
  simd.gradientInputWeighted("float32", "float32", "float32", SOURCE, DY, SIMD_TARGET, 4, PREPARED, 0, by);
  expect(read("float32", SIMD_TARGET, 4)).toEqual([2 ** 10, 2 ** -10, Math.fround(3 * 0.1), 0]);
});
