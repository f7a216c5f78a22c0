import { addOne, clearColumns, columnAt, highAt, lowAt, MOST_COLUMNS, PIVOT, SQUARES } from "./column-sums";
import { addRows } from "./column-tiles";
import { itemSize } from "./dtype";
import { AtPivot, AtZero } from "./element-pair";
import { FIRST, isFarFromPivot, isFinite64, ROW, squaresAboutMean, writeRow } from "./row";
import { stageAt } from "./scratch";
import { wideLeaf } from "./wide-leaf";
import { widenTo32 } from "./widen-32";
import { widenAnyTo64 } from "./widen-64";

/**
 * One row a channel, a leaf each, where channels are the columns of a matrix of positions (rules 4 and 5). T is what the
 * sums run over: float32 also stands for the 16-bit floats. A plane's four lanes are columns of their own: positions
 * 4i, 4i + 1, 4i + 2, 4i + 3 make one row of 4 · channels columns.
 */
export function floatColumns<T, Rule>(
  dtype: i32,
  source: usize,
  positions: usize,
  channels: usize,
  stride: usize,
  rows: usize,
): void {
  const size = itemSize(dtype);
  const lanes: usize = isFloat<Rule>() ? 1 : 4;
  const most = MOST_COLUMNS / lanes;
  const dense = lanes === 4 && stride === channels * size && channels <= most;
  for (let channel: usize = 0; channel < channels; ) {
    const width = min<usize>(channels - channel, most);
    const at = source + channel * size;
    // Lane k of channel c is column k · pitch + c.
    const pitch = dense ? width : (width + 3) & ~3;
    const first = min<usize>(positions, FIRST);
    clearColumns<T>(lanes * pitch);
    addPositions<T, Rule, AtZero>(dtype, at, 0, first, stride, width, pitch, dense);
    if (choosePivots<Rule>(first, width, pitch)) {
      clearColumns<T>(lanes * pitch);
      addPositions<T, Rule, AtPivot>(dtype, at, 0, positions, stride, width, pitch, dense);
    } else if (positions > first) {
      addPositions<T, Rule, AtZero>(dtype, at, first, positions, stride, width, pitch, dense);
    }
    for (let c: usize = 0; c < width; ++c) {
      const row = rows + (channel + c) * ROW;
      if (!writeColumn<T, Rule>(positions, c, pitch, row)) {
        widenAnyTo64(dtype, at + c * size, stride, positions);
        wideLeaf<Rule>(positions, row);
      }
    }
    channel += width;
  }
}

/** Adds positions `from` … `to` − 1; `from` is a multiple of 8. */
function addPositions<T, Rule, Pivot>(
  dtype: i32,
  source: usize,
  from: usize,
  to: usize,
  stride: usize,
  width: usize,
  pitch: usize,
  dense: bool,
): void {
  const start = source + from * stride;
  const count = to - from;
  if (isFloat<Rule>()) {
    addRows<T, Rule, Pivot>(dtype, start, stride, count, width, 0);
  } else if (dense) {
    addRows<T, Rule, Pivot>(dtype, start, 4 * stride, count >>> 2, 4 * width, 0);
    addTail<T, Pivot>(dtype, start + (count & ~3) * stride, (count & 3) * width);
  } else {
    for (let lane: usize = 0; lane < 4 && lane < count; ++lane) {
      addRows<T, Rule, Pivot>(dtype, start + lane * stride, 4 * stride, (count - lane + 3) >>> 2, width, lane * pitch);
    }
  }
}

/** Adds the last one to three positions of dense channels, an element to each of the first columns. */
function addTail<T, Pivot>(dtype: i32, source: usize, count: usize): void {
  let at = source;
  if (itemSize(dtype) === 2) {
    at = stageAt();
    widenTo32(dtype, source, at, count);
  }
  for (let column: usize = 0; column < count; ++column) addOne<T, Pivot>(at + column * sizeof<T>(), column);
}

/** Folds the lanes of a channel's sums, or of its squares where `at` is `SQUARES`: (0+2)+(1+3). */
function folded<Rule>(at: usize, channel: usize, pitch: usize): f64 {
  const first = load<f64>(columnAt(channel) + at);
  if (isFloat<Rule>()) return first;
  const second = load<f64>(columnAt(pitch + channel) + at);
  const third = load<f64>(columnAt(2 * pitch + channel) + at);
  return first + third + (second + load<f64>(columnAt(3 * pitch + channel) + at));
}

/** Rule 5's first pivots from the sums of the first positions; whether any is not 0. */
function choosePivots<Rule>(count: usize, width: usize, pitch: usize): bool {
  let any = false;
  const n = <f64>count;
  for (let c: usize = 0; c < width; ++c) {
    const sum = folded<Rule>(0, c, pitch);
    let pivot: f64 = 0;
    if (isFarFromPivot(n, sum, folded<Rule>(SQUARES, c, pitch))) pivot = <f64>(<f32>(sum / n));
    if (pivot !== 0) any = true;
    store<f64>(columnAt(c) + PIVOT, pivot);
    if (!isFloat<Rule>()) {
      store<f64>(columnAt(pitch + c) + PIVOT, pivot);
      store<f64>(columnAt(2 * pitch + c) + PIVOT, pivot);
      store<f64>(columnAt(3 * pitch + c) + PIVOT, pivot);
    }
  }
  return any;
}

/** Writes a channel's row; false where its sums are not finite or call for another pivot. */
function writeColumn<T, Rule>(count: usize, channel: usize, pitch: usize, row: usize): bool {
  const n = <f64>count;
  const sum = folded<Rule>(0, channel, pitch);
  const squares = folded<Rule>(SQUARES, channel, pitch);
  if (!isFinite64(sum) || (isFarFromPivot(n, sum, squares) && sum !== 0)) return false;
  let least = load<T>(lowAt<T>(channel));
  let greatest = load<T>(highAt<T>(channel));
  if (!isFloat<Rule>()) {
    for (let lane: usize = 1; lane < 4; ++lane) {
      least = min<T>(least, load<T>(lowAt<T>(lane * pitch + channel)));
      greatest = max<T>(greatest, load<T>(highAt<T>(lane * pitch + channel)));
    }
  }
  const pivot = load<f64>(columnAt(channel) + PIVOT);
  writeRow(row, n, pivot + sum / n, squaresAboutMean(n, sum, squares), <f64>least, <f64>greatest);
  return true;
}
