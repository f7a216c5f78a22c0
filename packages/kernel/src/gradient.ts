import type { GradientKernel, InputGradient, OutputDType } from "@normstream/moments";
import type { DType } from "@normstream/tensor";
import { DTYPE_CODE as code, type KernelExports } from "./exports.js";
import { narrowInputGradient, WEIGHTED_LIMIT } from "./input-gradient.js";
import { periodicGradientBytes, writePeriodicGradient } from "./periodic-gradient.js";
import { weightsBytes, writeWeights } from "./weights.js";

/** The part of an instance's `Kernel` that deals with gradients. */
export function gradientKernel(memory: WebAssembly.Memory, wasm: KernelExports): GradientKernel {
  const input = (
    xType: DType,
    dyType: DType,
    outType: OutputDType,
    x: number,
    dy: number,
    dx: number,
    values: number,
    weights: number,
    first: number,
    by: InputGradient,
    wide = false,
  ): void => {
    const narrow = wide ? undefined : narrowInputGradient(by, weights === NO_WEIGHTS ? undefined : WEIGHTED_LIMIT);
    const n = narrow ?? NONE;
    const safe = narrow ? 1 : 0;
    const { a, b, mean, c } = by;
    // A list of arguments in full: gathering them takes longer than a row of 64 values.
    wasm.gradientInput(
      code[xType],
      code[dyType],
      code[outType],
      x,
      dy,
      dx,
      values,
      weights,
      first,
      safe,
      n.a,
      n.b,
      n.m,
      n.c,
      a,
      b,
      mean,
      c,
    );
  };

  return {
    gradientSums: (xType, dyType, x, dy, planes, values, xStride, dyStride, statistics, sums) =>
      wasm.gradientSums(code[xType], code[dyType], x, dy, planes, values, xStride, dyStride, NO_WEIGHTS, statistics, sums),
    gradientLeafSums: (xType, dyType, x, dy, values, statistics, sums) =>
      wasm.gradientLeafSums(code[xType], code[dyType], x, dy, values, NO_WEIGHTS, 0, statistics, sums),
    gradientSumsInterleaved: (xType, dyType, x, dy, positions, channels, xStride, dyStride, statistics, sums) =>
      wasm.gradientSumsInterleaved(code[xType], code[dyType], x, dy, positions, channels, xStride, dyStride, statistics, sums),
    weightsBytes,
    prepareWeights: (weight, prepared) => writeWeights(memory.buffer, prepared, weight),
    gradientSumsWeighted: (xType, dyType, x, dy, planes, values, xStride, dyStride, weights, statistics, sums) =>
      wasm.gradientSums(code[xType], code[dyType], x, dy, planes, values, xStride, dyStride, weights, statistics, sums),
    gradientLeafSumsWeighted: (xType, dyType, x, dy, values, weights, first, statistics, sums) =>
      wasm.gradientLeafSums(code[xType], code[dyType], x, dy, values, weights, first, statistics, sums),
    gradientColumnSums: (xType, dyType, x, dy, planes, values, xStride, dyStride, statistics, sums) =>
      wasm.gradientColumnSums(code[xType], code[dyType], x, dy, planes, values, xStride, dyStride, statistics, sums),
    gradientInput: (xType, dyType, outType, x, dy, dx, values, by, wide) =>
      input(xType, dyType, outType, x, dy, dx, values, NO_WEIGHTS, 0, by, wide),
    gradientInputWeighted: input,
    gradientInputBytes: periodicGradientBytes,
    prepareGradientInput: (a, b, mean, c, prepared, wide = false) =>
      writePeriodicGradient(memory.buffer, prepared, a, b, mean, c, wide),
    gradientInputPeriodic: (xType, dyType, outType, x, dy, dx, values, prepared) =>
      wasm.gradientInputPeriodic(code[xType], code[dyType], code[outType], x, dy, dx, values, prepared),
  };
}

/** The pointer that stands for no weights. */
const NO_WEIGHTS = 0;

const NONE = { a: 0, b: 0, m: 0, c: 0 };
