import { addOne, clearColumns, columnAt, HIGH, LOW, MOST_COLUMNS, PIVOT, SQUARES } from "./column-sums";
import { addRows } from "./column-tiles";
import { highOf, isRegular, lowOf } from "./element-extremes";
import { AtPivot, AtZero } from "./element-quad";
import { FIRST, isFarFromPivot, isFinite64, ROW, roundedPivot, squaresAboutMean, writeRow } from "./row";
import { wideLeaf } from "./wide-leaf";
import { widenTo64 } from "./widen-64";

/**
 * One row a channel, a leaf each, where channels are the columns of a matrix of positions (rules 4 and 5). T as in
 * element-quad.ts. A plane's four lanes are columns of their own: positions 4i, 4i + 1, 4i + 2, 4i + 3 make one row of
 * 4 · channels columns.
 */
export function floatColumns<T, Rule>(source: usize, positions: usize, channels: usize, stride: usize, rows: usize): void {
  const size = sizeof<T>();
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
    addPositions<T, Rule, AtZero>(at, 0, first, stride, width, pitch, dense);
    if (choosePivots<Rule>(first, width, pitch)) {
      clearColumns<T>(lanes * pitch);
      addPositions<T, Rule, AtPivot>(at, 0, positions, stride, width, pitch, dense);
    } else if (positions > first) {
      addPositions<T, Rule, AtZero>(at, first, positions, stride, width, pitch, dense);
    }
    for (let c: usize = 0; c < width; ++c) {
      const row = rows + (channel + c) * ROW;
      if (!writeColumn<T, Rule>(positions, c, pitch, row)) {
        widenTo64<T>(at + c * size, stride, positions);
        wideLeaf<Rule>(positions, row);
      }
    }
    channel += width;
  }
}

/** Adds positions `from` … `to` − 1; `from` is a multiple of 8. */
function addPositions<T, Rule, Pivot>(
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
    addRows<T, Rule, Pivot>(start, stride, count, width, 0);
  } else if (dense) {
    addRows<T, Rule, Pivot>(start, 4 * stride, count >>> 2, 4 * width, 0);
    addTail<T, Pivot>(start + (count & ~3) * stride, (count & 3) * width);
  } else {
    for (let lane: usize = 0; lane < 4 && lane < count; ++lane) {
      addRows<T, Rule, Pivot>(start + lane * stride, 4 * stride, (count - lane + 3) >>> 2, width, lane * pitch);
    }
  }
}

/** Adds the last one to three positions of dense channels, an element to each of the first columns. */
function addTail<T, Pivot>(source: usize, count: usize): void {
  for (let column: usize = 0; column < count; ++column) addOne<T, Pivot>(source + column * sizeof<T>(), column);
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
    if (isFarFromPivot(n, sum, folded<Rule>(SQUARES, c, pitch))) pivot = roundedPivot(sum / n);
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
  let least = leastOf<T>(channel);
  let greatest = greatestOf<T>(channel);
  if (!isFloat<Rule>()) {
    for (let lane: usize = 1; lane < 4; ++lane) {
      least = min<f64>(least, leastOf<T>(lane * pitch + channel));
      greatest = max<f64>(greatest, greatestOf<T>(lane * pitch + channel));
    }
  }
  if (!isRegular<T>(least, greatest)) return false;
  const pivot = load<f64>(columnAt(channel) + PIVOT);
  writeRow(row, n, pivot + sum / n, squaresAboutMean(n, sum, squares), least, greatest);
  return true;
}

function leastOf<T>(column: usize): f64 {
  return lowOf<T>(columnAt(column & ~3) + LOW, column & 3);
}

function greatestOf<T>(column: usize): f64 {
  return highOf<T>(columnAt(column & ~3) + HIGH, column & 3);
}
