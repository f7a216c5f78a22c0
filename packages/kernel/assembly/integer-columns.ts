import { gather } from "./gather";
import { addBytes, addShorts } from "./integer-column-sums";
import { integerLeaf, shortOffset, writeIntegerRow, writeShortRow } from "./integer-leaf";
import { ROW } from "./row";
import { columnsAt, stageAt } from "./scratch";
import { touch } from "./touch";

/**
 * One row a channel of 8- or 16-bit integers, where channels are the columns of a matrix of positions (rule 6). Sums are
 * exact, so any order will do: several positions of few channels are taken as one row of many columns.
 */
export function integerColumns<T>(source: usize, positions: usize, channels: usize, stride: usize, rows: usize): void {
  const vector: usize = 16 / sizeof<T>();
  if (channels === 0) return;
  if (channels >= vector) {
    for (let channel: usize = 0; channel < channels; ) {
      const width = min<usize>(channels - channel, MOST_COLUMNS);
      // The last chunk may reach back so that it is as wide as a vector.
      const from = width < vector ? channels - vector : channel;
      const columns = channel + width - from;
      sumColumns<T>(source + from * sizeof<T>(), positions, columns, stride);
      for (let c: usize = 0; c < columns; ++c) writeColumns<T>(positions, c, 1, 0, columns, 0, rows + (from + c) * ROW);
      channel += width;
    }
  } else if (stride === channels * sizeof<T>()) {
    // Columns c, c + channels, c + 2 · channels, … of a row of `fold` positions are one channel.
    const fold = vector / greatestPowerOf2In(channels, vector);
    const columns = fold * channels;
    const whole = positions / fold;
    sumColumns<T>(source, whole, columns, stride * fold);
    const tail = source + whole * fold * stride;
    for (let c: usize = 0; c < channels; ++c) {
      writeColumns<T>(positions, c, fold, channels, columns, tail + c * sizeof<T>(), rows + c * ROW);
    }
  } else {
    for (let c: usize = 0; c < channels; ++c) {
      gather(source + c * sizeof<T>(), stageAt(), positions, sizeof<T>(), stride, sizeof<T>());
      integerLeaf<T>(stageAt(), positions, rows + c * ROW);
    }
  }
}

/** Columns that are in flight at most; for each vector of them, 192 bytes of sums. */
const MOST_COLUMNS: usize = 2048;

/** The greatest power of 2, up to `limit`, that divides `x`. */
function greatestPowerOf2In(x: usize, limit: usize): usize {
  return min<usize>(x & (0 - x), limit);
}

/** Bytes of the rows of one tile; at most 128 rows, whose bytes 16-bit sums can hold. */
const TILE_BYTES: usize = 16 * 1024;

/** Sums of a vector of columns: see integer-column-sums.ts. */
const SUMS: usize = 192;

/** Sums `columns` columns, a vector at a time; the last vector ends with the last column. */
function sumColumns<T>(source: usize, positions: usize, columns: usize, stride: usize): void {
  const vector: usize = 16 / sizeof<T>();
  const vectors = (columns + vector - 1) / vector;
  const tile = max<usize>(8, min<usize>(128, TILE_BYTES / max<usize>(stride, 1)) & ~7);
  for (let v: usize = 0; v < vectors; ++v) {
    const into = columnsAt() + v * SUMS;
    memory.fill(into, 0, 160);
    v128.store(into + 160, v128.splat<T>(greatestOf<T>()));
    v128.store(into + 176, v128.splat<T>(leastOf<T>()));
  }
  let at = source;
  for (let left = positions; left !== 0; ) {
    const count = min<usize>(tile, left);
    touch(at, stride, count);
    for (let v: usize = 0; v < vectors; ++v) {
      const from = at + min<usize>(v * vector, columns - vector) * sizeof<T>();
      if (sizeof<T>() === 1) addBytes<T>(from, stride, count, columnsAt() + v * SUMS);
      else addShorts<T>(from, stride, count, columnsAt() + v * SUMS);
    }
    at += count * stride;
    left -= count;
  }
}

/** Neutral elements of minimum and maximum; 16-bit values are kept less their offset, so both kinds are signed. */
function greatestOf<T>(): T {
  return sizeof<T>() === 2 ? <T>0x7fff : isSigned<T>() ? <T>0x7f : <T>0xff;
}
function leastOf<T>(): T {
  return sizeof<T>() === 2 ? <T>0x8000 : isSigned<T>() ? <T>0x80 : <T>0;
}

/** Writes the row of the channel whose columns are `column + i · apart`, i < fold, and whose last positions stand at `tail`. */
function writeColumns<T>(
  positions: usize,
  column: usize,
  fold: usize,
  apart: usize,
  columns: usize,
  tail: usize,
  row: usize,
): void {
  const vector: usize = 16 / sizeof<T>();
  const last = (columns + vector - 1) / vector - 1;
  let sum: i64 = 0;
  let squares: i64 = 0;
  let least: i32 = 0x7fffffff;
  let greatest: i32 = -0x80000000;
  for (let i: usize = 0; i < fold; ++i) {
    const c = column + i * apart;
    const v = min<usize>(c / vector, last);
    const lane = c - min<usize>(v * vector, columns - vector);
    const at = columnsAt() + v * SUMS;
    sum += load<i32>(at + (lane << 2));
    if (sizeof<T>() === 1) {
      squares += load<u32>(at + 64 + (lane << 2));
      least = min<i32>(least, load<T>(at + 160 + lane));
      greatest = max<i32>(greatest, load<T>(at + 176 + lane));
    } else {
      squares += load<i64>(at + 32 + (lane << 3));
      least = min<i32>(least, load<i16>(at + 160 + (lane << 1)));
      greatest = max<i32>(greatest, load<i16>(at + 176 + (lane << 1)));
    }
  }
  const offset: i32 = sizeof<T>() === 2 ? shortOffset<T>() : 0;
  for (let j: usize = 0; j < positions % fold; ++j) {
    const x = <i32>load<T>(tail + j * apart * sizeof<T>()) - offset;
    sum += x;
    squares += <i64>x * x;
    least = min<i32>(least, x);
    greatest = max<i32>(greatest, x);
  }
  if (sizeof<T>() === 1) writeIntegerRow(row, positions, sum, squares, least, greatest);
  else writeShortRow<T>(row, positions, sum, squares, least, greatest);
}
