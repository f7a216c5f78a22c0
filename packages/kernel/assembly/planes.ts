import { BFLOAT16, FLOAT16, FLOAT32, FLOAT64, INT8, INT16, INT32, itemSize, UINT8, UINT16 } from "./dtype";
import { BFloat16, Float16 } from "./element-quad";
import { floatLeaf } from "./float-leaf";
import { gather } from "./gather";
import { integerLeaf } from "./integer-leaf";
import { LEAF, mergeRows, ROW } from "./row";
import { stackAt, stageAt } from "./scratch";

/** One leaf of consecutive elements of any type. */
export function leaf(dtype: i32, source: usize, count: usize, row: usize): void {
  if (dtype === FLOAT32) floatLeaf<f32>(source, count, row);
  else if (dtype === FLOAT64) floatLeaf<f64>(source, count, row);
  else if (dtype === UINT8) integerLeaf<u8>(source, count, row);
  else if (dtype === FLOAT16) floatLeaf<Float16>(source, count, row);
  else if (dtype === BFLOAT16) floatLeaf<BFloat16>(source, count, row);
  else if (dtype === INT16) integerLeaf<i16>(source, count, row);
  else if (dtype === UINT16) integerLeaf<u16>(source, count, row);
  else if (dtype === INT8) integerLeaf<i8>(source, count, row);
  else if (dtype === INT32) floatLeaf<i32>(source, count, row);
}

/** One row a plane: leaves of 8192 values, folded in the canonical tree (rules 3, 9, 10). */
export function planeRows(dtype: i32, source: usize, planes: usize, values: usize, stride: usize, rows: usize): void {
  let at = source;
  let row = rows;
  for (let i = planes; i !== 0; --i) {
    if (values <= LEAF) leaf(dtype, at, values, row);
    else foldedPlane(dtype, at, values, row);
    at += stride;
    row += ROW;
  }
}

function foldedPlane(dtype: i32, source: usize, values: usize, row: usize): void {
  const leafBytes = LEAF * itemSize(dtype);
  let top = stackAt();
  let at = source;
  let index: u32 = 0;
  for (let left = values; left !== 0; ) {
    const count = min<usize>(left, LEAF);
    leaf(dtype, at, count, top);
    for (let bits = index; (bits & 1) !== 0; bits >>>= 1) {
      mergeRows(top - ROW, top, top - ROW);
      top -= ROW;
    }
    top += ROW;
    at += leafBytes;
    left -= count;
    ++index;
  }
  top -= ROW;
  while (top !== stackAt()) {
    mergeRows(top - ROW, top, top - ROW);
    top -= ROW;
  }
  memory.copy(row, top, ROW);
}

/** One row a leaf of a plane. */
export function leafRows(dtype: i32, source: usize, values: usize, rows: usize): void {
  const leafBytes = LEAF * itemSize(dtype);
  let at = source;
  let row = rows;
  for (let left = values; left !== 0; ) {
    const count = min<usize>(left, LEAF);
    leaf(dtype, at, count, row);
    at += leafBytes;
    row += ROW;
    left -= count;
  }
}

/** One row a channel of a block of samples, channels first: its runs are gathered, then taken as one leaf. */
export function runRows(
  dtype: i32,
  source: usize,
  channels: usize,
  runs: usize,
  values: usize,
  channelStride: usize,
  runStride: usize,
  rows: usize,
): void {
  const runBytes = values * itemSize(dtype);
  let at = source;
  let row = rows;
  for (let i = channels; i !== 0; --i) {
    if (runStride === runBytes || runs === 1) {
      leaf(dtype, at, runs * values, row);
    } else {
      gather(at, stageAt(), runs, runBytes, runStride, runBytes);
      leaf(dtype, stageAt(), runs * values, row);
    }
    at += channelStride;
    row += ROW;
  }
}
