import { offset, shifted } from "./integer-leaf";

/**
 * Adds up to 128 rows, `step` bytes apart, of 16 columns of bytes. Two rows at a time are zipped: so that a column's two
 * bytes are neighbours, and pairwise sums and dot products add within the column.
 *
 * @param into 16 int32 sums, 16 int32 squares (at 64), minima (at 160) and maxima (at 176) of the 16 columns
 */
export function addBytes<T>(source: usize, step: usize, rows: usize, into: usize): void {
  let q0 = v128.load(into, 64);
  let q1 = v128.load(into, 80);
  let q2 = v128.load(into, 96);
  let q3 = v128.load(into, 112);
  let low = v128.load(into, 160);
  let high = v128.load(into, 176);
  let s0 = i16x8.splat(0);
  let s1 = s0;
  let at = source;
  for (let left = rows; left !== 0; ) {
    const a = v128.load(at);
    let b = i16x8.splat(0);
    low = v128.min<T>(low, a);
    high = v128.max<T>(high, a);
    if (left > 1) {
      b = v128.load(at + step);
      low = v128.min<T>(low, b);
      high = v128.max<T>(high, b);
      left -= 2;
    } else left = 0;
    at += 2 * step;
    const first = i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const second = i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    s0 = i16x8.add(s0, v128.extadd_pairwise<T>(first));
    s1 = i16x8.add(s1, v128.extadd_pairwise<T>(second));
    q0 = i32x4.add(q0, squared(v128.extend_low<T>(first)));
    q1 = i32x4.add(q1, squared(v128.extend_high<T>(first)));
    q2 = i32x4.add(q2, squared(v128.extend_low<T>(second)));
    q3 = i32x4.add(q3, squared(v128.extend_high<T>(second)));
  }
  v128.store(into, i32x4.add(v128.load(into), i32x4.extend_low_i16x8_s(s0)));
  v128.store(into, i32x4.add(v128.load(into, 16), i32x4.extend_high_i16x8_s(s0)), 16);
  v128.store(into, i32x4.add(v128.load(into, 32), i32x4.extend_low_i16x8_s(s1)), 32);
  v128.store(into, i32x4.add(v128.load(into, 48), i32x4.extend_high_i16x8_s(s1)), 48);
  v128.store(into, q0, 64);
  v128.store(into, q1, 80);
  v128.store(into, q2, 96);
  v128.store(into, q3, 112);
  v128.store(into, low, 160);
  v128.store(into, high, 176);
}

function squared(x: v128): v128 {
  return i32x4.dot_i16x8_s(x, x);
}

/**
 * As `addBytes`, of 8 columns of 16-bit integers, unsigned ones less 32768.
 *
 * @param into 8 int32 sums, 8 int64 squares (at 32), minima (at 160) and maxima (at 176) of the 8 columns
 */
export function addShorts<T>(source: usize, step: usize, rows: usize, into: usize): void {
  const flip = offset();
  let s0 = v128.load(into);
  let s1 = v128.load(into, 16);
  let q0 = v128.load(into, 32);
  let q1 = v128.load(into, 48);
  let q2 = v128.load(into, 64);
  let q3 = v128.load(into, 80);
  let low = v128.load(into, 160);
  let high = v128.load(into, 176);
  let at = source;
  for (let left = rows; left !== 0; ) {
    const a = shifted<T>(v128.load(at), flip);
    let b = i16x8.splat(0);
    low = i16x8.min_s(low, a);
    high = i16x8.max_s(high, a);
    if (left > 1) {
      b = shifted<T>(v128.load(at + step), flip);
      low = i16x8.min_s(low, b);
      high = i16x8.max_s(high, b);
      left -= 2;
    } else left = 0;
    at += 2 * step;
    const first = i8x16.shuffle(a, b, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
    const second = i8x16.shuffle(a, b, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
    s0 = i32x4.add(s0, i32x4.extadd_pairwise_i16x8_s(first));
    s1 = i32x4.add(s1, i32x4.extadd_pairwise_i16x8_s(second));
    const d0 = squared(first);
    const d1 = squared(second);
    q0 = i64x2.add(q0, i64x2.extend_low_i32x4_u(d0));
    q1 = i64x2.add(q1, i64x2.extend_high_i32x4_u(d0));
    q2 = i64x2.add(q2, i64x2.extend_low_i32x4_u(d1));
    q3 = i64x2.add(q3, i64x2.extend_high_i32x4_u(d1));
  }
  v128.store(into, s0);
  v128.store(into, s1, 16);
  v128.store(into, q0, 32);
  v128.store(into, q1, 48);
  v128.store(into, q2, 64);
  v128.store(into, q3, 80);
  v128.store(into, low, 160);
  v128.store(into, high, 176);
}
