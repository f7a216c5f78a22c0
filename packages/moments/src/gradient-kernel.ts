import type { DType } from "@normstream/tensor";
import type { OutputDType } from "./output-dtype.js";

/** Types that dy, the gradient of what normalizing gave, can have. */
export type GradientDType = "float64" | "float32";

/** Numbers, and bytes, of a pair of sums: Σ dy, then Σ dy·x̂, float64. */
export const PAIR = 2;
export const PAIR_BYTES = 16;

/** dx = a · dy + b · (x − mean) + c, all float64. */
export interface InputGradient {
  readonly a: number;
  readonly b: number;
  readonly mean: number;
  readonly c: number;
}

/**
 * The hot loops of the backward pass; pointers as for `Kernel`. x is what was normalized, dy the gradient of the result, and
 * x̂ = (x − mean) · rstd. `statistics` holds pairs of float64, mean and rstd (16 bytes), and `sums` receives pairs Σ dy and
 * Σ dy·x̂ (16 bytes), both 8-byte aligned and in one order. Products and sums are float64: position j of a leaf goes to lane
 * j mod 4, `s += dy; q += dy · ((x − mean) · rstd)`, ascending, no fused multiply-add; lanes fold (0+2)+(1+3), and leaves
 * merge by addition in the canonical tree (`SumFold`). Nothing is left out: NaN and infinities go where IEEE 754 lets them,
 * and a sum that is NaN is written with one pattern of bits.
 */
export interface GradientKernel {
  /** One pair a plane: plane i = `values` consecutive elements of both sources, its statistics at `statistics + 16 i`, leaves folded. */
  gradientSums(
    xType: DType,
    dyType: GradientDType,
    x: number,
    dy: number,
    planes: number,
    values: number,
    xStrideBytes: number,
    dyStrideBytes: number,
    statistics: number,
    sums: number,
  ): void;

  /** One pair a leaf: `values` consecutive elements that start at a leaf boundary of a plane, 8192 a leaf, with one pair of statistics. */
  gradientLeafSums(
    xType: DType,
    dyType: GradientDType,
    x: number,
    dy: number,
    values: number,
    statistics: number,
    sums: number,
  ): void;

  /**
   * One pair a channel, a single leaf each (channels last, and tables): position j of channel c is j strides and c elements
   * behind `x` and `dy`; positions ≤ 8192; statistics a channel. The bits are those of the same values in planes.
   */
  gradientSumsInterleaved(
    xType: DType,
    dyType: GradientDType,
    x: number,
    dy: number,
    positions: number,
    channels: number,
    xStrideBytes: number,
    dyStrideBytes: number,
    statistics: number,
    sums: number,
  ): void;

  /** Bytes that `prepareWeights` fills. */
  weightsBytes(values: number): number;

  /** Prepares elementwise weights: `[values]` float64 (not in the kernel's memory, not mutated). `prepared` is 16-byte aligned, not 0. */
  prepareWeights(weight: Float64Array, prepared: number): void;

  /** As `gradientSums`, of dy · weight: element j of each plane takes weight j. `weights` is what `prepareWeights` filled. */
  gradientSumsWeighted(
    xType: DType,
    dyType: GradientDType,
    x: number,
    dy: number,
    planes: number,
    values: number,
    xStrideBytes: number,
    dyStrideBytes: number,
    weights: number,
    statistics: number,
    sums: number,
  ): void;

  /** As `gradientLeafSums`, of dy · weight: the part starts at element `first` of its plane. */
  gradientLeafSumsWeighted(
    xType: DType,
    dyType: GradientDType,
    x: number,
    dy: number,
    values: number,
    weights: number,
    first: number,
    statistics: number,
    sums: number,
  ): void;

  /**
   * One pair an element of the planes, for elementwise weights: over `planes` planes, in ascending order from 0 and with the
   * statistics of each, pair j = Σ dy and Σ dy·x̂ of element j. `values` may be a part of the planes.
   */
  gradientColumnSums(
    xType: DType,
    dyType: GradientDType,
    x: number,
    dy: number,
    planes: number,
    values: number,
    xStrideBytes: number,
    dyStrideBytes: number,
    statistics: number,
    sums: number,
  ): void;

  /**
   * dx of consecutive elements with one set of coefficients, rounded to `outType`. `dx` may equal `x` or `dy` where both types
   * have one size; other overlaps are not allowed. `wide` asks for float64 math where float32 would do, so that a part of
   * the channels is computed as all of them are.
   */
  gradientInput(
    xType: DType,
    dyType: GradientDType,
    outType: OutputDType,
    x: number,
    dy: number,
    dx: number,
    values: number,
    by: InputGradient,
    wide?: boolean,
  ): void;

  /** As `gradientInput`, of dy · weight: the part starts at element `first` of its plane. `weights` is what `prepareWeights` filled. */
  gradientInputWeighted(
    xType: DType,
    dyType: GradientDType,
    outType: OutputDType,
    x: number,
    dy: number,
    dx: number,
    values: number,
    weights: number,
    first: number,
    by: InputGradient,
    wide?: boolean,
  ): void;

  /** Bytes that `prepareGradientInput` fills for a period. */
  gradientInputBytes(period: number): number;

  /**
   * Prepares coefficients that repeat: each `[period]` float64 (not in the kernel's memory, not mutated). `prepared` is 16-byte
   * aligned. `wide` as for `gradientInput`.
   */
  prepareGradientInput(
    a: Float64Array,
    b: Float64Array,
    mean: Float64Array,
    c: Float64Array,
    prepared: number,
    wide?: boolean,
  ): void;

  /** As `gradientInput`, element i by coefficients i mod `period`. For channels last and tables. */
  gradientInputPeriodic(
    xType: DType,
    dyType: GradientDType,
    outType: OutputDType,
    x: number,
    dy: number,
    dx: number,
    values: number,
    prepared: number,
    period: number,
  ): void;
}
