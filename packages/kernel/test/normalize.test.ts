import { type Affine, elementReader, type Kernel, type OutputDType } from "@normstream/moments";
import { DTYPES, type DType, itemSize } from "@normstream/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isNarrow, narrowAffine } from "../src/affine.js";
import { classesOf, dataOf, randomOf } from "./data.js";
import { memory, PREPARED, put, REFERENCE_TARGET, reference, SIMD_TARGET, SOURCE, simd } from "./twins.js";

const OUTPUTS: readonly OutputDType[] = ["float64", "float32", "float16", "bfloat16"];
const LENGTHS = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 1023, 1024, 1025, 2500];
const SHARP = 2 ** -24;

/** Affines that are safe in float32, and some that are not. */
const affines = fc.constantFrom<Affine>(
  { mean: 0, scale: 1, shift: 0 },
  { mean: 0.4567891234, scale: 2.3, shift: -0.7 },
  { mean: 1e4 + 0.123456789, scale: 3.3, shift: 1 },
  { mean: 1e6 + 0.123456789, scale: -0.9, shift: 0.25 },
  { mean: 128.4, scale: 1 / 73, shift: 2.9 },
  { mean: 0.1, scale: 0, shift: 1 },
  { mean: 3, scale: 1e3, shift: 50 },
  { mean: 1e35, scale: 1e-35, shift: 0 },
  { mean: 0, scale: Infinity, shift: NaN },
  { mean: 0, scale: 2e-8, shift: 0 },
  { mean: 0, scale: 1e300, shift: 1e-300 },
);

/** Values of one type at `at`, and the size of the unit in the last place that 16-bit results may differ by. */
function read(dtype: OutputDType, at: number, count: number): number[] {
  const view = new DataView(memory.buffer);
  return Array.from({ length: count }, (_, i) => elementReader(dtype)(view, at + i * itemSize(dtype)));
}

const ULP: Record<OutputDType, (y: number) => number> = {
  float64: () => 0,
  float32: (y) => 1e-6 * Math.max(1, Math.abs(y)),
  float16: (y) => Math.max(2 ** -24, Math.abs(y) * 2 ** -10),
  bfloat16: (y) => Math.max(2 ** -133, Math.abs(y) * 2 ** -7),
};

/** Same bits (NaN as NaN), or, in the float32 path, within the promised error. */
function expectClose(to: OutputDType, got: number[], want: number[], narrow: boolean): void {
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [got[i] as number, want[i] as number];
    if (Object.is(a, b) || (narrow && Math.abs(a - b) <= ULP[to](b) * (1 + SHARP) + (to === "float32" ? 0 : 1e-6))) continue;
    // Where float32 results meet its greatest value, either may round to infinity.
    if (narrow && Math.abs(b) >= 3.4028e38) continue;
    expect.fail(`element ${i}: got ${a}, expected ${b}`);
  }
}

function runBoth(run: (kernel: Kernel, target: number) => void): void {
  run(simd, SIMD_TARGET);
  run(reference, REFERENCE_TARGET);
}

const pairs = DTYPES.flatMap((from) => OUTPUTS.map((to) => [from, to] as const));

describe.each(pairs)("normalizing %s to %s", (from, to) => {
  const cases = fc.record({
    name: fc.constantFrom(...classesOf(from)),
    count: fc.oneof(fc.constantFrom(...LENGTHS), fc.integer({ min: 0, max: 200 })),
    shift: fc.integer({ min: 0, max: 15 }),
    inPlace: fc.boolean(),
    seed: fc.integer(),
  });

  test("one affine", () => {
    fc.assert(
      fc.property(cases, affines, ({ name, count, shift, inPlace, seed }, affine) => {
        const data = dataOf(from, name, count, seed);
        put(from, data, SOURCE + shift);
        runBoth((kernel, target) => {
          const same = inPlace && kernel === simd && itemSize(from) === itemSize(to);
          if (same) put(from, data, target + shift);
          kernel.normalizeRun(from, to, same ? target + shift : SOURCE + shift, target + shift, count, affine);
        });
        const narrow = isNarrow(from, to) && narrowAffine(affine) !== undefined;
        expectClose(to, read(to, SIMD_TARGET + shift, count), read(to, REFERENCE_TARGET + shift, count), narrow);
      }),
      { numRuns: 30, seed: 5 },
    );
  });

  test("periodic affines", () => {
    const periods = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(63, 64, 65, 66, 67, 100, 1000, 1027));
    fc.assert(
      fc.property(cases, periods, fc.boolean(), ({ name, count, shift, inPlace, seed }, period, safe) => {
        const data = dataOf(from, name, count, seed);
        put(from, data, SOURCE + shift);
        const { mean, scale, shift: offset } = periodic(period, safe, seed);
        for (const kernel of [simd, reference]) {
          kernel.preparePeriodic(mean, scale, offset, PREPARED);
          const target = (kernel === simd ? SIMD_TARGET : REFERENCE_TARGET) + shift;
          const same = inPlace && kernel === simd && itemSize(from) === itemSize(to);
          if (same) put(from, data, target);
          kernel.normalizePeriodic(from, to, same ? target : SOURCE + shift, target, count, PREPARED, period);
        }
        const narrow = isNarrow(from, to) && safe;
        expectClose(to, read(to, SIMD_TARGET + shift, count), read(to, REFERENCE_TARGET + shift, count), narrow);
      }),
      { numRuns: 30, seed: 6 },
    );
  });
});

function periodic(period: number, safe: boolean, seed: number) {
  const random = randomOf(seed);
  const draw = (make: () => number) => Float64Array.from({ length: period }, make);
  const mean = draw(() => 100 * random());
  const scale = draw(() => 0.5 + random());
  const shift = draw(() => random() * 2 - 1);
  if (!safe) shift[Math.floor(random() * period)] = 40;
  return { mean, scale, shift };
}

test("the float32 form is refused where it would lose digits", () => {
  expect(narrowAffine({ mean: 0.5, scale: 2, shift: 1 })).toEqual({ m: 0.5, s: 2, b: 1 });
  for (const affine of [
    { mean: 0, scale: 1, shift: 3.5 },
    { mean: 1e30 * 1.1, scale: 1, shift: 0 },
    { mean: 2 ** 101, scale: 1, shift: 0 },
    { mean: 0, scale: 0, shift: 0 },
    { mean: 0, scale: 2 ** 100, shift: 0 },
    { mean: NaN, scale: 1, shift: 0 },
    { mean: 0, scale: 1, shift: NaN },
  ]) {
    expect(narrowAffine(affine), JSON.stringify(affine)).toBeUndefined();
  }
});

test.each([
  ["uint8", "float32"],
  ["int16", "float32"],
] as [DType, OutputDType][])("%s to %s: every value", (from, to) => {
  const [low, high] = from === "uint8" ? [0, 255] : [-32768, 32767];
  const count = high - low + 1;
  put(
    from,
    Float64Array.from({ length: count }, (_, i) => low + i),
    SOURCE,
  );
  const affine = { mean: 100.3, scale: 1 / 58, shift: 0.5 };
  runBoth((kernel, target) => kernel.normalizeRun(from, to, SOURCE, target, count, affine));
  expectClose(to, read(to, SIMD_TARGET, count), read(to, REFERENCE_TARGET, count), true);
});

describe.each(["float16", "bfloat16"] as const)("%s", (dtype) => {
  const identity = { mean: 0, scale: 1, shift: 0 };
  const unsafe = { mean: 0, scale: 1, shift: 1e7 };

  test("every bit pattern widens and rounds back to itself", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    new Uint16Array(memory.buffer, SOURCE, 65536).set(bits);
    for (const wide of ["float32", "float64"] as const) {
      runBoth((kernel, target) => kernel.normalizeRun(dtype, wide, SOURCE, target, 65536, identity));
      expectClose(wide, read(wide, SIMD_TARGET, 65536), read(wide, REFERENCE_TARGET, 65536), false);
    }
    simd.normalizeRun(dtype, dtype, SOURCE, SIMD_TARGET, 65536, identity);
    // x − 0 + 0 makes −0 to +0.
    const want = read(dtype, SOURCE, 65536).map((x) => x + 0);
    expectClose(dtype, read(dtype, SIMD_TARGET, 65536), want, false);
  });

  test("float64 is rounded once, halfway cases to even", () => {
    const view = new DataView(memory.buffer);
    new Uint16Array(memory.buffer, SOURCE, 65536).set(Uint16Array.from({ length: 65536 }, (_, i) => i));
    const values: number[] = [];
    for (let i = 0; i < 0x7fff; i += 7) {
      const [a, b] = [0, 1].map((k) => elementReader(dtype)(view, SOURCE + 2 * (i + k))) as [number, number];
      if (!Number.isFinite(a + b)) continue;
      const half = (a + b) / 2;
      values.push(half, -half, half * (1 + 2 ** -50), half * (1 - 2 ** -50), half * (1 + 2 ** -26), a, -b);
    }
    values.push(65519.99, 65520, 3.3961e38, 3.4e38, 1e300, 1e-300, -1e-300, NaN, Infinity, -Infinity, -0);
    put("float64", values, SOURCE + 2 ** 20);
    runBoth((kernel, target) => kernel.normalizeRun("float64", dtype, SOURCE + 2 ** 20, target, values.length, identity));
    expectClose(dtype, read(dtype, SIMD_TARGET, values.length), read(dtype, REFERENCE_TARGET, values.length), false);
    runBoth((kernel, target) => kernel.normalizeRun("float64", dtype, SOURCE + 2 ** 20, target, values.length, unsafe));
    expectClose(dtype, read(dtype, SIMD_TARGET, values.length), read(dtype, REFERENCE_TARGET, values.length), false);
  });
});
