import type { GradientDType } from "@normstream/moments";
import { DTYPES, type DType, itemSize } from "@normstream/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classesOf, dataOf, randomOf } from "./data.js";
import { DY, memory, PREPARED, pairsOf, put, SOURCE, STATISTICS, simd } from "./twins.js";

const GRADIENTS: readonly GradientDType[] = ["float32", "float64"];
const LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 49, 64, 100, 8191, 8192, 8193, 20000];
const CHANNELS = [1, 2, 3, 4, 5, 7, 8, 16, 17, 33, 64, 100];

/** Means and rstds: ordinary ones, and some that no data have. */
function putStatistics(count: number, seed: number): void {
  const random = randomOf(seed);
  const pairs = new Float64Array(memory.buffer, STATISTICS, 2 * count);
  for (let i = 0; i < count; i++) {
    pairs[2 * i] = random() < 0.9 ? 100 * random() - 50 : ([0, 1e4, NaN, Infinity, 1e300][Math.floor(random() * 5)] as number);
    pairs[2 * i + 1] = random() < 0.9 ? 3 * random() : ([0, 1, 316.2, NaN, 1e-300][Math.floor(random() * 5)] as number);
  }
}

/** Bytes of fresh elements of x and of dy, whose classes take turns by column where there are columns. */
function putElements(xType: DType, dyType: GradientDType, count: number, columns: number, c: Case): void {
  for (const [dtype, names, at] of [
    [xType, c.xNames, SOURCE + c.xShift],
    [dyType, c.dyNames, DY + c.dyShift],
  ] as const) {
    const lists = names.map((name, i) => dataOf(dtype, name, count, c.seed + i));
    put(
      dtype,
      Float64Array.from({ length: count }, (_, i) => lists[(i % columns) % lists.length]?.[i] as number),
      at,
    );
  }
}

interface Case {
  readonly xNames: string[];
  readonly dyNames: string[];
  readonly xShift: number;
  readonly dyShift: number;
  readonly seed: number;
}

const casesOf = (xType: DType, dyType: GradientDType): fc.Arbitrary<Case> =>
  fc.record({
    xNames: fc.array(fc.constantFrom(...classesOf(xType)), { minLength: 1, maxLength: 3 }),
    dyNames: fc.array(fc.constantFrom(...classesOf(dyType)), { minLength: 1, maxLength: 3 }),
    xShift: fc.integer({ min: 0, max: 15 }),
    dyShift: fc.integer({ min: 0, max: 15 }),
    seed: fc.integer(),
  });

const types = DTYPES.flatMap((xType) => GRADIENTS.map((dyType) => [xType, dyType] as const));

describe.each(types)("sums of gradients of %s and %s have the reference's bits", (xType, dyType) => {
  const [xSize, dySize] = [itemSize(xType), itemSize(dyType)];
  const cases = casesOf(xType, dyType);
  const seed = 100 * DTYPES.indexOf(xType) + 50 * GRADIENTS.indexOf(dyType);
  const lengths = fc.oneof(fc.constantFrom(...LENGTHS), fc.integer({ min: 0, max: 300 }));
  /** Elements between one plane, or position, and the next. */
  const gaps = fc.constantFrom([0, 0], [0, 0], [3, 0], [1, 2]) as fc.Arbitrary<[number, number]>;

  test("gradientSums and gradientSumsWeighted", () => {
    fc.assert(
      fc.property(cases, lengths, fc.integer({ min: 1, max: 3 }), gaps, fc.boolean(), (c, values, planes, gap, weighted) => {
        putElements(xType, dyType, planes * (values + Math.max(...gap)), 1, c);
        putStatistics(planes, c.seed);
        const strides = [(values + gap[0]) * xSize, (values + gap[1]) * dySize] as const;
        const weight = dataOf("float64", "mean 0", values, c.seed);
        const pairs = pairsOf(planes, (kernel, sums) => {
          const sources = [xType, dyType, SOURCE + c.xShift, DY + c.dyShift, planes, values, ...strides] as const;
          kernel.prepareWeights(weight, PREPARED);
          if (weighted) kernel.gradientSumsWeighted(...sources, PREPARED, STATISTICS, sums);
          else kernel.gradientSums(...sources, STATISTICS, sums);
        });
        expect(pairs.simd).toEqual(pairs.reference);
      }),
      { numRuns: 20, seed: seed + 11 },
    );
  });

  test("gradientLeafSums and gradientLeafSumsWeighted", () => {
    fc.assert(
      fc.property(cases, lengths, fc.constantFrom(0, 1, 8192), (c, values, first) => {
        putElements(xType, dyType, values, 1, c);
        putStatistics(1, c.seed);
        const weight = dataOf("float64", "mean 0", first + values, c.seed);
        const leaves = Math.ceil(values / 8192);
        const sources = [xType, dyType, SOURCE + c.xShift, DY + c.dyShift, values] as const;
        const plain = pairsOf(leaves, (kernel, sums) => kernel.gradientLeafSums(...sources, STATISTICS, sums));
        expect(plain.simd).toEqual(plain.reference);
        const weighted = pairsOf(leaves, (kernel, sums) => {
          kernel.prepareWeights(weight, PREPARED);
          kernel.gradientLeafSumsWeighted(...sources, PREPARED, first, STATISTICS, sums);
        });
        expect(weighted.simd).toEqual(weighted.reference);
      }),
      { numRuns: 10, seed: seed + 12 },
    );
  });

  test.each([8193, 40_001])("planes of %i values, plain and weighted", (values) => {
    const names = [classesOf(xType)[0] as string];
    putElements(xType, dyType, values, 1, { xNames: names, dyNames: ["mean 0"], xShift: 1, dyShift: 7, seed: 9 });
    new Float64Array(memory.buffer, STATISTICS, 2).set([0.3, 1.7]);
    const weight = dataOf("float64", "mean 1e4", values, 10);
    const sources = [xType, dyType, SOURCE + 1, DY + 7, 1, values, 0, 0] as const;
    const plain = pairsOf(1, (kernel, sums) => kernel.gradientSums(...sources, STATISTICS, sums));
    expect(plain.simd).toEqual(plain.reference);
    const weighted = pairsOf(1, (kernel, sums) => {
      kernel.prepareWeights(weight, PREPARED);
      kernel.gradientSumsWeighted(...sources, PREPARED, STATISTICS, sums);
    });
    expect(weighted.simd).toEqual(weighted.reference);
  });

  const positions = fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 5, 31, 32, 33, 64, 100, 257), fc.integer({ min: 0, max: 150 }));
  const channels = fc.oneof(fc.constantFrom(...CHANNELS), fc.integer({ min: 1, max: 40 }));

  test("gradientSumsInterleaved and gradientColumnSums", () => {
    fc.assert(
      fc.property(cases, positions, channels, gaps, (c, rows, width, gap) => {
        putElements(xType, dyType, rows * (width + Math.max(...gap)), width + gap[0], c);
        putStatistics(Math.max(rows, width), c.seed);
        const strides = [(width + gap[0]) * xSize, (width + gap[1]) * dySize] as const;
        const sources = [xType, dyType, SOURCE + c.xShift, DY + c.dyShift, rows, width, ...strides] as const;
        for (const method of ["gradientSumsInterleaved", "gradientColumnSums"] as const) {
          const pairs = pairsOf(width, (kernel, sums) => kernel[method](...sources, STATISTICS, sums));
          expect(pairs.simd, method).toEqual(pairs.reference);
        }
      }),
      { numRuns: 20, seed: seed + 13 },
    );
  });

  test.each([
    [8192, 3, 0],
    [8191, 1, 0],
    [4099, 5, 1],
    [21, 1000, 0],
    [37, 517, 0],
    [70, 256, 0],
    [33, 300, 3],
  ])("%i rows of %i columns, %i apart", (rows, width, gap) => {
    const names = [classesOf(xType)[0] as string];
    const c = { xNames: names, dyNames: ["mean 0"], xShift: 1, dyShift: 3, seed: 7 };
    putElements(xType, dyType, rows * (width + gap), width + gap, c);
    putStatistics(Math.max(rows, width), 7);
    const strides = [(width + gap) * xSize, (width + gap) * dySize] as const;
    const sources = [xType, dyType, SOURCE + 1, DY + 3, rows, width, ...strides] as const;
    for (const method of ["gradientSumsInterleaved", "gradientColumnSums"] as const) {
      const pairs = pairsOf(width, (kernel, sums) => kernel[method](...sources, STATISTICS, sums));
      expect(pairs.simd, method).toEqual(pairs.reference);
    }
  });

  test("channels last has the bits of channels first", () => {
    const [width, count] = [6, 1001];
    const c = { xNames: ["constant"], dyNames: ["mean 0"], xShift: 5, dyShift: 2, seed: 3 };
    const [xName, dyName] = [classesOf(xType)[0] as string, "10^U(±18)"];
    const planes = [dataOf(xType, xName, width * count, 1), dataOf(dyType, dyName, width * count, 2)] as const;
    const last = planes.map((all) =>
      Float64Array.from({ length: all.length }, (_, i) => all[(i % width) * count + Math.floor(i / width)] as number),
    );
    putStatistics(width, 5);
    const run = (layout: readonly ArrayLike<number>[], method: () => void): string[] => {
      put(xType, layout[0] as ArrayLike<number>, SOURCE + c.xShift);
      put(dyType, layout[1] as ArrayLike<number>, DY + c.dyShift);
      method();
      return Array.from(new BigUint64Array(memory.buffer, PREPARED, 2 * width), String);
    };
    const sources = [xType, dyType, SOURCE + c.xShift, DY + c.dyShift] as const;
    const nchw = run(planes, () =>
      simd.gradientSums(...sources, width, count, count * xSize, count * dySize, STATISTICS, PREPARED),
    );
    const nhwc = run(last, () =>
      simd.gradientSumsInterleaved(...sources, count, width, width * xSize, width * dySize, STATISTICS, PREPARED),
    );
    expect(nhwc).toEqual(nchw);
  });
});
