import type { DType } from "@normstream/tensor";
import type { GradientKernel } from "./gradient-kernel.js";
import type { OutputDType } from "./output-dtype.js";

/** y = (x − mean) · scale + shift, all float64. */
export interface Affine {
  readonly mean: number;
  readonly scale: number;
  readonly shift: number;
}

/**
 * The hot loops over one memory. Pointers are byte offsets into it; sources may have any alignment, and are little-endian
 * (`byteSwap` first where they are not). A row of moments takes 64 bytes at `rows`, which is 8-byte aligned. Nothing is checked here: the plans above
 * it know that every range lies inside the memory. Two implementations: SIMD (packages/kernel) and the plain reference.
 */
export interface Kernel extends GradientKernel {
  /** The memory that pointers point into; ask again after the memory has grown. */
  readonly buffer: ArrayBufferLike;

  /** One row a plane (R = 1): plane i = `values` consecutive elements at `source + i · strideBytes`, its leaves folded. */
  planeRows(dtype: DType, source: number, planes: number, values: number, strideBytes: number, rows: number): void;

  /** One row a leaf: `values` consecutive elements that start at a leaf boundary of a plane, 8192 a leaf, the last one shorter. */
  leafRows(dtype: DType, source: number, values: number, rows: number): void;

  /**
   * One row a channel, a single leaf each (R > 1, channels first): channel c holds `runs` runs of `values` elements,
   * run r at `source + c · channelStrideBytes + r · runStrideBytes`; runs · values ≤ 8192.
   */
  runRows(
    dtype: DType,
    source: number,
    channels: number,
    runs: number,
    values: number,
    channelStrideBytes: number,
    runStrideBytes: number,
    rows: number,
  ): void;

  /**
   * One row a channel, a single leaf each (channels last): position j of channel c at
   * `source + j · strideBytes + c · itemSize`; positions ≤ 8192. Lanes as for planes.
   */
  interleavedRows(dtype: DType, source: number, positions: number, channels: number, strideBytes: number, rows: number): void;

  /** As `interleavedRows`, with the rule of tables (planes of one value): positions summed in groups of 8. */
  tableRows(dtype: DType, source: number, positions: number, channels: number, strideBytes: number, rows: number): void;

  /** Normalizes consecutive elements with one affine. `target` may equal `source` where both types have one size. */
  normalizeRun(from: DType, to: OutputDType, source: number, target: number, values: number, affine: Affine): void;

  /** Bytes that `preparePeriodic` fills for a period. */
  periodicBytes(period: number): number;

  /**
   * Prepares affines that repeat with `period`: mean, scale and shift are each `[period]` float64 (not in the kernel's
   * memory, not mutated). `prepared` is 16-byte aligned. `wide` asks for float64 math where float32 would do, so that a part of
   * the affines is computed as all of them are.
   */
  preparePeriodic(mean: Float64Array, scale: Float64Array, shift: Float64Array, prepared: number, wide?: boolean): void;

  /** Normalizes consecutive elements; element i takes affine i mod `period`. For channels last, tables and elementwise weights. */
  normalizePeriodic(
    from: DType,
    to: OutputDType,
    source: number,
    target: number,
    values: number,
    prepared: number,
    period: number,
  ): void;

  /** Reverses the bytes of each element of 2, 4 or 8 bytes, in place. */
  byteSwap(itemSize: 2 | 4 | 8, source: number, values: number): void;
}
