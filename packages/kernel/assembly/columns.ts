import { isExactInteger, itemSize } from "./dtype";
import { gather } from "./gather";
import { leaf } from "./planes";
import { ROW } from "./row";
import { stageAt } from "./scratch";
import { Groups, wideLeaf } from "./wide-leaf";
import { widenAnyTo64 } from "./widen-64";

export function interleavedRows(dtype: i32, source: usize, positions: usize, channels: usize, stride: usize, rows: usize): void {
  const size = itemSize(dtype);
  for (let c: usize = 0; c < channels; ++c) {
    gather(source + c * size, stageAt(), positions, size, stride);
    leaf(dtype, stageAt(), positions, rows + c * ROW);
  }
}

export function tableRows(dtype: i32, source: usize, positions: usize, channels: usize, stride: usize, rows: usize): void {
  if (isExactInteger(dtype)) {
    interleavedRows(dtype, source, positions, channels, stride, rows);
    return;
  }
  for (let c: usize = 0; c < channels; ++c) {
    widenAnyTo64(dtype, source + c * itemSize(dtype), stride, positions);
    wideLeaf<Groups>(positions, rows + c * ROW);
  }
}
