import { emptyRow, writeRow } from "./row";

/**
 * One leaf of consecutive 8- or 16-bit integers (rule 6): Σx and Σx² exactly. T is `u8`, `i8`, `u16` or `i16`.
 */
export function integerLeaf<T>(source: usize, count: usize, row: usize): void {
  if (sizeof<T>() === 1) byteLeaf<T>(source, count, row);
  else shortLeaf<T>(source, count, row);
}

/** Writes a row from exact sums: mean = Σx / n, m2 = float64(n·Σx² − (Σx)²) / n; |bracket| < 2^58. */
export function writeIntegerRow(row: usize, count: usize, sum: i64, squares: i64, least: f64, greatest: f64): void {
  if (count === 0) {
    emptyRow(row);
    return;
  }
  const n = <f64>count;
  writeRow(row, n, <f64>sum / n, <f64>(<i64>count * squares - sum * sum) / n, least, greatest);
}

/** Bytes: squares of 2 × 16 bits meet in 32-bit lanes, which 8192 values cannot overflow. */
function byteLeaf<T>(source: usize, count: usize, row: usize): void {
  let sums = i32x4.splat(0);
  let squares = i32x4.splat(0);
  let low = v128.splat<T>(isSigned<T>() ? <T>0x7f : <T>0xff);
  let high = v128.splat<T>(isSigned<T>() ? <T>0x80 : <T>0);
  let at = source;
  for (let i = count >>> 5; i !== 0; --i) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    low = v128.min<T>(low, v128.min<T>(a, b));
    high = v128.max<T>(high, v128.max<T>(a, b));
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(i16x8.add(v128.extadd_pairwise<T>(a), v128.extadd_pairwise<T>(b))));
    squares = i32x4.add(squares, i32x4.add(squaresOf<T>(a), squaresOf<T>(b)));
    at += 32;
  }
  if ((count & 16) !== 0) {
    const a = v128.load(at);
    low = v128.min<T>(low, a);
    high = v128.max<T>(high, a);
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(v128.extadd_pairwise<T>(a)));
    squares = i32x4.add(squares, squaresOf<T>(a));
    at += 16;
  }
  let sum = <i64>sumOfLanes(sums);
  let square = <i64>sumOfLanes(squares);
  let least: i32 = leastByte<T>(low);
  let greatest: i32 = greatestByte<T>(high);
  for (let i = count & 15; i !== 0; --i) {
    const x = <i32>load<T>(at);
    sum += x;
    square += x * x;
    least = min<i32>(least, x);
    greatest = max<i32>(greatest, x);
    at += 1;
  }
  writeIntegerRow(row, count, sum, square, least, greatest);
}

/** Squares of 16 bytes, four to a 32-bit lane: even and odd bytes as 16-bit integers, each squared with its neighbour. */
function squaresOf<T>(bytes: v128): v128 {
  let even: v128;
  let odd: v128;
  if (isSigned<T>()) {
    even = i16x8.shr_s(i16x8.shl(bytes, 8), 8);
    odd = i16x8.shr_s(bytes, 8);
  } else {
    even = v128.and(bytes, i16x8.splat(0xff));
    odd = i16x8.shr_u(bytes, 8);
  }
  return i32x4.add(i32x4.dot_i16x8_s(even, even), i32x4.dot_i16x8_s(odd, odd));
}

/**
 * 16-bit integers, unsigned ones less 32768: pairs of squares are at most 2^31, taken as unsigned and widened to 64 bits
 * at once.
 */
function shortLeaf<T>(source: usize, count: usize, row: usize): void {
  const flip = offset();
  let sums = i32x4.splat(0);
  let q0 = i64x2.splat(0);
  let q1 = q0;
  let low = i16x8.splat(0x7fff);
  let high = i16x8.splat(-0x8000);
  let at = source;
  for (let i = count >>> 3; i !== 0; --i) {
    const x = shifted<T>(v128.load(at), flip);
    low = i16x8.min_s(low, x);
    high = i16x8.max_s(high, x);
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(x));
    const squares = i32x4.dot_i16x8_s(x, x);
    q0 = i64x2.add(q0, i64x2.extend_low_i32x4_u(squares));
    q1 = i64x2.add(q1, i64x2.extend_high_i32x4_u(squares));
    at += 16;
  }
  q0 = i64x2.add(q0, q1);
  let sum = <i64>sumOfLanes(sums);
  let square = i64x2.extract_lane(q0, 0) + i64x2.extract_lane(q0, 1);
  let least = leastShort(low);
  let greatest = greatestShort(high);
  for (let i = count & 7; i !== 0; --i) {
    const x = <i32>load<T>(at) - shortOffset<T>();
    sum += x;
    square += <i64>x * x;
    least = min<i32>(least, x);
    greatest = max<i32>(greatest, x);
    at += 2;
  }
  writeShortRow<T>(row, count, sum, square, least, greatest);
}

/** Writes a row from sums of x − 32768 (unsigned) or x: Σx = Σy + 2^15 n, Σx² = Σy² + 2^16 Σy + 2^30 n. */
export function writeShortRow<T>(row: usize, count: usize, sum: i64, squares: i64, least: i32, greatest: i32): void {
  if (!isSigned<T>()) {
    squares += (sum << 16) + ((<i64>count) << 30);
    sum += (<i64>count) << 15;
    least += 0x8000;
    greatest += 0x8000;
  }
  writeIntegerRow(row, count, sum, squares, least, greatest);
}

/** What 16-bit values are taken less of: 32768 where they are unsigned. */
export function shortOffset<T>(): i32 {
  return isSigned<T>() ? 0 : 0x8000;
}

/** The same for vectors: an exclusive or with this takes 32768 off each unsigned lane. */
export function offset(): v128 {
  return i16x8.splat(-0x8000);
}

/** A vector of 16-bit values less their offset; signed ones have none. */
export function shifted<T>(x: v128, flip: v128): v128 {
  if (isSigned<T>()) return x;
  return v128.xor(x, flip);
}

function sumOfLanes(x: v128): i32 {
  return i32x4.extract_lane(x, 0) + i32x4.extract_lane(x, 1) + i32x4.extract_lane(x, 2) + i32x4.extract_lane(x, 3);
}

function leastByte<T>(x: v128): i32 {
  let lanes = v128.min<T>(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  lanes = v128.min<T>(lanes, i8x16.shuffle(lanes, lanes, 4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3));
  return min<i32>(
    min<i32>(v128.extract_lane<T>(lanes, 0), v128.extract_lane<T>(lanes, 1)),
    min<i32>(v128.extract_lane<T>(lanes, 2), v128.extract_lane<T>(lanes, 3)),
  );
}

function greatestByte<T>(x: v128): i32 {
  let lanes = v128.max<T>(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  lanes = v128.max<T>(lanes, i8x16.shuffle(lanes, lanes, 4, 5, 6, 7, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3));
  return max<i32>(
    max<i32>(v128.extract_lane<T>(lanes, 0), v128.extract_lane<T>(lanes, 1)),
    max<i32>(v128.extract_lane<T>(lanes, 2), v128.extract_lane<T>(lanes, 3)),
  );
}

function leastShort(x: v128): i32 {
  const half = i16x8.min_s(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return min<i32>(
    min<i32>(i16x8.extract_lane_s(half, 0), i16x8.extract_lane_s(half, 1)),
    min<i32>(i16x8.extract_lane_s(half, 2), i16x8.extract_lane_s(half, 3)),
  );
}

function greatestShort(x: v128): i32 {
  const half = i16x8.max_s(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return max<i32>(
    max<i32>(i16x8.extract_lane_s(half, 0), i16x8.extract_lane_s(half, 1)),
    max<i32>(i16x8.extract_lane_s(half, 2), i16x8.extract_lane_s(half, 3)),
  );
}
