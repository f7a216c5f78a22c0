import { itemSize } from "./dtype";
import { ByColumn, ByRow, clearColumns, columnAt, MEAN, MOST_COLUMNS, PRODUCTS, RSTD } from "./gradient-column-sums";
import { addRows } from "./gradient-column-tiles";
import { PAIR, writePair } from "./pair";

/**
 * One pair a channel, a leaf each, channels last. A plane's four lanes are columns of their own: positions 4i, 4i + 1,
 * 4i + 2, 4i + 3 make one row of 4 · channels columns.
 */
export function gradientSumsInterleaved(
  xType: i32,
  dyType: i32,
  x: usize,
  dy: usize,
  positions: usize,
  channels: usize,
  xStride: usize,
  dyStride: usize,
  statistics: usize,
  sums: usize,
): void {
  const most = MOST_COLUMNS / 4;
  const dense = channels <= most && xStride === channels * itemSize(xType) && dyStride === channels * itemSize(dyType);
  for (let channel: usize = 0; channel < channels; ) {
    const width = min<usize>(channels - channel, most);
    // Lane k of channel c is column k · pitch + c.
    const pitch = dense ? width : (width + 3) & ~3;
    const xAt = x + channel * itemSize(xType);
    const dyAt = dy + channel * itemSize(dyType);
    clearColumns(4 * pitch);
    placeStatistics(statistics + channel * PAIR, width, pitch);
    if (dense) {
      const whole = positions & ~3;
      addRows<ByColumn>(xType, dyType, xAt, 4 * xStride, dyAt, 4 * dyStride, positions >>> 2, 4 * width, 0, 0);
      if (positions !== whole) {
        const tail = (positions - whole) * width;
        addRows<ByColumn>(xType, dyType, xAt + whole * xStride, xStride, dyAt + whole * dyStride, dyStride, 1, tail, 0, 0);
      }
    } else {
      for (let lane: usize = 0; lane < 4 && lane < positions; ++lane) {
        const rows = (positions - lane + 3) >>> 2;
        const xLane = xAt + lane * xStride;
        const dyLane = dyAt + lane * dyStride;
        addRows<ByColumn>(xType, dyType, xLane, 4 * xStride, dyLane, 4 * dyStride, rows, width, 0, lane * pitch);
      }
    }
    for (let c: usize = 0; c < width; ++c) {
      writePair(sums + (channel + c) * PAIR, folded(columnAt(c), pitch), folded(columnAt(c) + PRODUCTS, pitch));
    }
    channel += width;
  }
}

/** Gives each lane of each channel the channel's mean and rstd. */
function placeStatistics(statistics: usize, width: usize, pitch: usize): void {
  for (let c: usize = 0; c < width; ++c) {
    const mean = load<f64>(statistics + c * PAIR);
    const rstd = load<f64>(statistics + c * PAIR, 8);
    for (let lane: usize = 0; lane < 4; ++lane) {
      const column = columnAt(lane * pitch + c);
      store<f64>(column + MEAN, mean);
      store<f64>(column + RSTD, rstd);
    }
  }
}

/** Lanes fold (0+2)+(1+3). */
function folded(first: usize, pitch: usize): f64 {
  const lane = pitch << 3;
  return load<f64>(first) + load<f64>(first + 2 * lane) + (load<f64>(first + lane) + load<f64>(first + 3 * lane));
}

/** One pair an element of the planes, over all planes in order. */
export function gradientColumnSums(
  xType: i32,
  dyType: i32,
  x: usize,
  dy: usize,
  planes: usize,
  values: usize,
  xStride: usize,
  dyStride: usize,
  statistics: usize,
  sums: usize,
): void {
  for (let left = values; left !== 0; ) {
    const width = min<usize>(left, MOST_COLUMNS);
    clearColumns(width);
    addRows<ByRow>(xType, dyType, x, xStride, dy, dyStride, planes, width, statistics, 0);
    for (let c: usize = 0; c < width; ++c) {
      writePair(sums, load<f64>(columnAt(c)), load<f64>(columnAt(c) + PRODUCTS));
      sums += PAIR;
    }
    x += width * itemSize(xType);
    dy += width * itemSize(dyType);
    left -= width;
  }
}
