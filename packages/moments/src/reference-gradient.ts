import { type DType, itemSize } from "@normstream/tensor";
import { elementReader, elementWriter } from "./elements.js";
import { type GradientDType, type GradientKernel, PAIR, PAIR_BYTES } from "./gradient-kernel.js";
import { addToColumn, type GradientElement, gradientLeaf, onePattern } from "./gradient-leaf.js";
import type { OutputDType } from "./output-dtype.js";
import { LEAF } from "./row.js";
import { SumFold } from "./sum-fold.js";

/** Where the elements of a plane, or of a channel, are. */
interface Course {
  readonly x: number;
  readonly dy: number;
  readonly xStep: number;
  readonly dyStep: number;
  /** `[values]` float64, or none. */
  readonly weights?: Float64Array | undefined;
}

/** The backward pass in plain JavaScript over any buffer: float64 arithmetic, rounded once. */
export function referenceGradient(buffer: ArrayBufferLike): GradientKernel {
  const view = new DataView(buffer);
  const pairAt = (at: number): [number, number] => [view.getFloat64(at, true), view.getFloat64(at + 8, true)];
  const write = (sums: Float64Array, at: number): void => new Float64Array(buffer, at, sums.length).set(sums);

  function* elementsOf(xType: DType, dyType: GradientDType, course: Course, values: number): Iterable<GradientElement> {
    const readX = elementReader(xType);
    const readDy = elementReader(dyType);
    for (let j = 0; j < values; j++) {
      const dy = readDy(view, course.dy + j * course.dyStep);
      const weight = course.weights?.[j];
      yield { x: readX(view, course.x + j * course.xStep), dy: weight === undefined ? dy : dy * weight };
    }
  }

  /** The pairs of a plane's leaves. */
  function* leavesOf(
    xType: DType,
    dyType: GradientDType,
    x: number,
    dy: number,
    values: number,
    [mean, rstd]: [number, number],
    weights?: Float64Array,
  ): Iterable<Float64Array> {
    const [xStep, dyStep] = [itemSize(xType), itemSize(dyType)];
    for (let first = 0; first < values; first += LEAF) {
      const course = { x: x + first * xStep, dy: dy + first * dyStep, xStep, dyStep, weights: weights?.subarray(first) };
      yield gradientLeaf(elementsOf(xType, dyType, course, Math.min(LEAF, values - first)), mean, rstd);
    }
  }

  const planeSums = (
    planes: number,
    statistics: number,
    sums: number,
    leaves: (plane: number, statistics: [number, number]) => Iterable<Float64Array>,
  ): void => {
    for (let i = 0; i < planes; i++) {
      const fold = new SumFold(PAIR);
      for (const pair of leaves(i, pairAt(statistics + i * PAIR_BYTES))) fold.push(pair);
      write(fold.result(), sums + i * PAIR_BYTES);
    }
  };

  const leafSums = (leaves: Iterable<Float64Array>, sums: number): void => {
    let at = sums;
    for (const pair of leaves) {
      write(pair, at);
      at += PAIR_BYTES;
    }
  };

  /** Writes dx = a · g + b · (x − mean) + c of each element, g being dy or dy · weight. */
  const inputGradient = (
    xType: DType,
    dyType: GradientDType,
    outType: OutputDType,
    course: Pick<Course, "x" | "dy" | "weights">,
    dx: number,
    values: number,
    coefficientsAt: (index: number) => readonly [a: number, b: number, mean: number, c: number],
  ): void => {
    const put = elementWriter(outType);
    const whole = { ...course, xStep: itemSize(xType), dyStep: itemSize(dyType) };
    let i = 0;
    for (const { x, dy } of elementsOf(xType, dyType, whole, values)) {
      const [a, b, mean, c] = coefficientsAt(i);
      put(view, dx + i * itemSize(outType), a * dy + b * (x - mean) + c);
      i++;
    }
  };

  const weightsAt = (weights: number, first: number, values: number): Float64Array =>
    new Float64Array(buffer, weights + first * 8, values);

  return {
    gradientSums: (xType, dyType, x, dy, planes, values, xStrideBytes, dyStrideBytes, statistics, sums) =>
      planeSums(planes, statistics, sums, (i, pair) =>
        leavesOf(xType, dyType, x + i * xStrideBytes, dy + i * dyStrideBytes, values, pair),
      ),

    gradientLeafSums: (xType, dyType, x, dy, values, statistics, sums) =>
      leafSums(leavesOf(xType, dyType, x, dy, values, pairAt(statistics)), sums),

    gradientSumsInterleaved(xType, dyType, x, dy, positions, channels, xStrideBytes, dyStrideBytes, statistics, sums) {
      for (let c = 0; c < channels; c++) {
        const course = {
          x: x + c * itemSize(xType),
          dy: dy + c * itemSize(dyType),
          xStep: xStrideBytes,
          dyStep: dyStrideBytes,
        };
        const [mean, rstd] = pairAt(statistics + c * PAIR_BYTES);
        write(gradientLeaf(elementsOf(xType, dyType, course, positions), mean, rstd), sums + c * PAIR_BYTES);
      }
    },

    weightsBytes: (values) => values * 8,

    prepareWeights: (weight, prepared) => weightsAt(prepared, 0, weight.length).set(weight),

    gradientSumsWeighted(xType, dyType, x, dy, planes, values, xStrideBytes, dyStrideBytes, weights, statistics, sums) {
      const weight = weightsAt(weights, 0, values);
      planeSums(planes, statistics, sums, (i, pair) =>
        leavesOf(xType, dyType, x + i * xStrideBytes, dy + i * dyStrideBytes, values, pair, weight),
      );
    },

    gradientLeafSumsWeighted: (xType, dyType, x, dy, values, weights, first, statistics, sums) =>
      leafSums(leavesOf(xType, dyType, x, dy, values, pairAt(statistics), weightsAt(weights, first, values)), sums),

    gradientColumnSums(xType, dyType, x, dy, planes, values, xStrideBytes, dyStrideBytes, statistics, sums) {
      const pairs = new Float64Array(values * PAIR);
      for (let i = 0; i < planes; i++) {
        const [mean, rstd] = pairAt(statistics + i * PAIR_BYTES);
        const course = {
          x: x + i * xStrideBytes,
          dy: dy + i * dyStrideBytes,
          xStep: itemSize(xType),
          dyStep: itemSize(dyType),
        };
        let column = 0;
        for (const element of elementsOf(xType, dyType, course, values)) addToColumn(pairs, column++, element, mean, rstd);
      }
      write(onePattern(pairs), sums);
    },

    gradientInput(xType, dyType, outType, x, dy, dx, values, { a, b, mean, c }) {
      const coefficients = [a, b, mean, c] as const;
      inputGradient(xType, dyType, outType, { x, dy }, dx, values, () => coefficients);
    },

    gradientInputWeighted(xType, dyType, outType, x, dy, dx, values, weights, first, { a, b, mean, c }) {
      const coefficients = [a, b, mean, c] as const;
      const course = { x, dy, weights: weightsAt(weights, first, values) };
      inputGradient(xType, dyType, outType, course, dx, values, () => coefficients);
    },

    gradientInputBytes: (period) => period * 4 * 8,

    prepareGradientInput(a, b, mean, c, prepared) {
      const into = new Float64Array(buffer, prepared, a.length * 4);
      for (const [i, list] of [a, b, mean, c].entries()) into.set(list, i * a.length);
    },

    gradientInputPeriodic(xType, dyType, outType, x, dy, dx, values, prepared, period) {
      const all = new Float64Array(buffer, prepared, period * 4);
      inputGradient(xType, dyType, outType, { x, dy }, dx, values, (i) => {
        const k = i % period;
        return [all[k] as number, all[period + k] as number, all[2 * period + k] as number, all[3 * period + k] as number];
      });
    },
  };
}
