import type { DType } from "@normstream/tensor";

/** Codes of assembly/dtype.ts. */
export const DTYPE_CODE: Record<DType, number> = {
  float64: 0,
  float32: 1,
  float16: 2,
  bfloat16: 3,
  int32: 4,
  int16: 5,
  uint16: 6,
  int8: 7,
  uint8: 8,
};

type Code = number;
type Pointer = number;

/** What assembly/index.ts exports. Pointers are unsigned 32-bit byte offsets; JavaScript passes them as numbers. */
export interface KernelExports {
  placeScratch(at: Pointer): void;
  planeRows(dtype: Code, source: Pointer, planes: number, values: number, stride: number, rows: Pointer): void;
  leafRows(dtype: Code, source: Pointer, values: number, rows: Pointer): void;
  runRows(
    dtype: Code,
    source: Pointer,
    channels: number,
    runs: number,
    values: number,
    channelStride: number,
    runStride: number,
    rows: Pointer,
  ): void;
  interleavedRows(dtype: Code, source: Pointer, positions: number, channels: number, stride: number, rows: Pointer): void;
  tableRows(dtype: Code, source: Pointer, positions: number, channels: number, stride: number, rows: Pointer): void;
  normalizeRun(
    from: Code,
    to: Code,
    source: Pointer,
    target: Pointer,
    values: number,
    safe: number,
    m: number,
    s: number,
    b: number,
    mean: number,
    scale: number,
    shift: number,
  ): void;
  normalizePeriodic(from: Code, to: Code, source: Pointer, target: Pointer, values: number, prepared: Pointer): void;
  byteSwap(itemSize: number, source: Pointer, values: number): void;
  gradientSums(
    xType: Code,
    dyType: Code,
    x: Pointer,
    dy: Pointer,
    planes: number,
    values: number,
    xStride: number,
    dyStride: number,
    weights: Pointer,
    statistics: Pointer,
    sums: Pointer,
  ): void;
  gradientLeafSums(
    xType: Code,
    dyType: Code,
    x: Pointer,
    dy: Pointer,
    values: number,
    weights: Pointer,
    first: number,
    statistics: Pointer,
    sums: Pointer,
  ): void;
  gradientSumsInterleaved(
    xType: Code,
    dyType: Code,
    x: Pointer,
    dy: Pointer,
    positions: number,
    channels: number,
    xStride: number,
    dyStride: number,
    statistics: Pointer,
    sums: Pointer,
  ): void;
  gradientColumnSums(
    xType: Code,
    dyType: Code,
    x: Pointer,
    dy: Pointer,
    planes: number,
    values: number,
    xStride: number,
    dyStride: number,
    statistics: Pointer,
    sums: Pointer,
  ): void;
  gradientInput(
    xType: Code,
    dyType: Code,
    outType: Code,
    x: Pointer,
    dy: Pointer,
    dx: Pointer,
    values: number,
    weights: Pointer,
    first: number,
    safe: number,
    narrowA: number,
    narrowB: number,
    narrowMean: number,
    narrowC: number,
    a: number,
    b: number,
    mean: number,
    c: number,
  ): void;
  gradientInputPeriodic(
    xType: Code,
    dyType: Code,
    outType: Code,
    x: Pointer,
    dy: Pointer,
    dx: Pointer,
    values: number,
    prepared: Pointer,
  ): void;
}
