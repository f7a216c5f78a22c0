import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BatchNorm,
  engineOf,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  type Statistics,
  statisticsOf,
  type Tensor,
  tensorIn,
} from "@normstream/pipeline";
import type { DType, Layout } from "@normstream/tensor";
import { afterAll } from "vitest";

/** Numbers that look random and are the same everywhere, in [−2, 2). */
export function sampleValues(length: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
}

/** A folder of its own for a test file. */
export function scratchFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "normstream-convert-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A tensor of given or sample values; the caller disposes of it. */
export function sampleTensor(
  shape: readonly number[],
  layout: Layout,
  options: { data?: ArrayLike<number>; dtype?: DType; seed?: number } = {},
): Tensor {
  const { data = sampleValues(product(shape), options.seed), dtype = "float32" } = options;
  return tensorIn(engineOf(undefined), shape, dtype, { layout, data });
}

/** Shapes of every layout, with 3 channels. */
export const SHAPES = {
  NC: [7, 3],
  NCL: [4, 3, 9],
  NCHW: [4, 3, 5, 6],
  NHWC: [4, 5, 6, 3],
  NCDHW: [2, 3, 4, 3, 5],
} as const satisfies Partial<Record<Layout, readonly number[]>>;

export type SampleLayout = keyof typeof SHAPES;

/** The same with other extents but for the channels, or with another number of channels. */
export const reshaped = (layout: SampleLayout, { channels = 3, more = 0 }): number[] =>
  SHAPES[layout].map((extent, axis) => (layout[axis] === "C" ? channels : extent + more));

/** A batch norm layer that has learned: its averages have seen two batches, weight and bias are not 1 and 0. */
export async function trainedBatchNorm(layout: SampleLayout, options: { momentum?: number | null; eps?: number } = {}) {
  const layer = new BatchNorm(3, { layout, ...options });
  await train(layer, layout);
  return layer;
}

/** As `trainedBatchNorm`, with averages over instances. */
export async function trainedInstanceNorm(layout: SampleLayout) {
  const layer = new InstanceNorm(3, { layout, affine: true, trackRunningStats: true });
  await train(layer, layout);
  return layer;
}

async function train(layer: BatchNorm | InstanceNorm, layout: SampleLayout): Promise<void> {
  for (const seed of [11, 12]) {
    using x = sampleTensor(SHAPES[layout], layout, { seed });
    using _ = await layer.forward(x, { gradients: false });
  }
  setAffine(layer);
  layer.eval();
}

/** Gives a layer a weight and bias that show where they are swapped or misplaced. */
function setAffine<T extends { weight: Float64Array | null; bias: Float64Array | null }>(layer: T): T {
  layer.weight?.forEach((_, i, weight) => {
    weight[i] = 0.5 + (i % 5) * 0.75;
  });
  layer.bias?.forEach((_, i, bias) => {
    bias[i] = 0.25 * (i % 7) - 1;
  });
  return layer;
}

export const instanceNorm = (layout: SampleLayout, affine: boolean) =>
  setAffine(new InstanceNorm(3, { layout, affine, eps: 1e-4 }));
export const groupNorm = (layout: SampleLayout, affine = true) => setAffine(new GroupNorm(2, 6, { layout, affine }));
export const layerNorm = (shape: readonly number[], affine = true, bias = true) =>
  setAffine(new LayerNorm(shape, { affine, bias }));

/** What a layer gives for an input, in the order of its layout. */
export async function outputOf(
  layer: { forward(x: Tensor, options: { gradients: boolean }): Promise<Tensor> },
  x: Tensor,
): Promise<Float64Array> {
  using y = await layer.forward(x, { gradients: false });
  return Float64Array.from(y.data as Float32Array);
}

/** Statistics of sample values, or of those given. */
export async function sampleStatistics(
  shape: readonly number[],
  layout: Layout,
  options: { data?: ArrayLike<number>; dtype?: DType; nan?: "propagate" | "omit" } = {},
): Promise<Statistics> {
  using x = sampleTensor(shape, layout, options);
  return await statisticsOf(x, engineOf(undefined), { nan: options.nan });
}

/** The largest difference of two lists of numbers; NaN where one holds NaN. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = a.length === b.length ? 0 : Number.NaN;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
