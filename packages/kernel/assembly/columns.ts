import { FLOAT16, FLOAT32, FLOAT64, INT8, INT32, isExactInteger, itemSize, UINT8, UINT16 } from "./dtype";
import { BFloat16, Float16 } from "./element-quad";
import { floatColumns } from "./float-columns";
import { integerColumns } from "./integer-columns";
import { leaf } from "./planes";
import { emptyRow, ROW } from "./row";
import { Groups, Lanes } from "./wide-leaf";

/** One row a channel, channels last: the rule of planes. */
export function interleavedRows(dtype: i32, source: usize, positions: usize, channels: usize, stride: usize, rows: usize): void {
  if (isExactInteger(dtype)) integersByType(dtype, source, positions, channels, stride, rows);
  else if (channels === 1 && stride === itemSize(dtype)) leaf(dtype, source, positions, rows);
  else floatsByType<Lanes>(dtype, source, positions, channels, stride, rows);
}

/** One row a channel of planes of one value: the rule of tables. */
export function tableRows(dtype: i32, source: usize, positions: usize, channels: usize, stride: usize, rows: usize): void {
  if (isExactInteger(dtype)) integersByType(dtype, source, positions, channels, stride, rows);
  else floatsByType<Groups>(dtype, source, positions, channels, stride, rows);
}

function floatsByType<Rule>(dtype: i32, source: usize, positions: usize, channels: usize, stride: usize, rows: usize): void {
  if (positions === 0) {
    for (let c: usize = 0; c < channels; ++c) emptyRow(rows + c * ROW);
  } else if (dtype === FLOAT64) floatColumns<f64, Rule>(source, positions, channels, stride, rows);
  else if (dtype === INT32) floatColumns<i32, Rule>(source, positions, channels, stride, rows);
  else if (dtype === FLOAT32) floatColumns<f32, Rule>(source, positions, channels, stride, rows);
  else if (dtype === FLOAT16) floatColumns<Float16, Rule>(source, positions, channels, stride, rows);
  else floatColumns<BFloat16, Rule>(source, positions, channels, stride, rows);
}

function integersByType(dtype: i32, source: usize, positions: usize, channels: usize, stride: usize, rows: usize): void {
  if (dtype === UINT8) integerColumns<u8>(source, positions, channels, stride, rows);
  else if (dtype === INT8) integerColumns<i8>(source, positions, channels, stride, rows);
  else if (dtype === UINT16) integerColumns<u16>(source, positions, channels, stride, rows);
  else integerColumns<i16>(source, positions, channels, stride, rows);
}
