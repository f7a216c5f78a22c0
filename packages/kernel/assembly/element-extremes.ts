/**
 * Minimum and maximum of quads, two vectors each. Of float64: the extremes of the first pairs and of the second pairs. Of
 * floats that meet as float32: since the adders are what sums wait for, extremes are taken of the bits, as integers, in
 * other units. The greatest bits, unsigned, are the most negative number, and the least are the smallest
 * positive one; signed ones are the greatest positive and, least, the negative one next to zero. Which of both is asked for is
 * known at the end. Infinities and NaN make sums that are not finite, and then nobody asks for the extremes.
 */

/** What both vectors of a minimum start from: +Infinity, or the greatest integer. */
export function startLow<T>(): v128 {
  if (sizeof<T>() === 8) return f64x2.splat(Infinity);
  if (meetsAsInt32<T>()) return i32x4.splat(0x7fffffff);
  return f32x4.splat(Infinity);
}

/** What both vectors of a maximum start from: −Infinity, or the least integer. */
export function startHigh<T>(): v128 {
  if (sizeof<T>() === 8) return f64x2.splat(-Infinity);
  if (meetsAsInt32<T>()) return i32x4.splat(0x80000000);
  return f32x4.splat(-Infinity);
}

function meetsAsInt32<T>(): bool {
  return sizeof<T>() === 4 && !isFloat<T>();
}

/** First vector of a minimum, with the quad that starts at `at`. */
export function firstLow<T>(low: v128, quad: v128): v128 {
  if (sizeof<T>() === 8) return f64x2.pmin(low, quad);
  if (meetsAsInt32<T>()) return i32x4.min_s(low, quad);
  return i32x4.max_u(low, quad);
}

/** Second vector of a minimum. */
export function secondLow<T>(low: v128, quad: v128, at: usize): v128 {
  if (sizeof<T>() === 8) return f64x2.pmin(low, v128.load(at, 16));
  if (meetsAsInt32<T>()) return low;
  return i32x4.min_u(low, quad);
}

/** First vector of a maximum. */
export function firstHigh<T>(high: v128, quad: v128): v128 {
  if (sizeof<T>() === 8) return f64x2.pmax(high, quad);
  return i32x4.max_s(high, quad);
}

/** Second vector of a maximum. */
export function secondHigh<T>(high: v128, quad: v128, at: usize): v128 {
  if (sizeof<T>() === 8) return f64x2.pmax(high, v128.load(at, 16));
  if (meetsAsInt32<T>()) return high;
  return i32x4.min_s(high, quad);
}

/** Minimum of one place of a quad (0 to 3), from its two vectors as they lie in memory, one behind the other. */
export function lowOf<T>(vectors: usize, place: usize): f64 {
  if (sizeof<T>() === 8) return load<f64>(vectors + (place << 3));
  const first = load<i32>(vectors + (place << 2));
  if (meetsAsInt32<T>()) return <f64>first;
  return <f64>reinterpret<f32>(first < 0 ? first : load<i32>(vectors + (place << 2), 16));
}

/** Maximum of one place of a quad. */
export function highOf<T>(vectors: usize, place: usize): f64 {
  if (sizeof<T>() === 8) return load<f64>(vectors + (place << 3));
  const first = load<i32>(vectors + (place << 2));
  if (meetsAsInt32<T>()) return <f64>first;
  return <f64>reinterpret<f32>(first < 0 ? load<i32>(vectors + (place << 2), 16) : first);
}

/** Whether extremes say that all values were finite, where sums do not: 65504 is float16's greatest number. */
export function isRegular<T>(least: f64, greatest: f64): bool {
  if (sizeof<T>() === 2 && isSigned<T>()) return least > -65536 && greatest < 65536;
  return true;
}

/** Lowers the minimum of one place of a quad to `x` where that is less. */
export function addLow<T>(vectors: usize, place: usize, x: f64): void {
  if (lowOf<T>(vectors, place) > x) putExtreme<T>(vectors, place, x);
}

/** Raises the maximum of one place of a quad to `x` where that is greater. */
export function addHigh<T>(vectors: usize, place: usize, x: f64): void {
  if (highOf<T>(vectors, place) < x) putExtreme<T>(vectors, place, x);
}

/** Makes `x` what both vectors of a minimum or maximum say of a place. */
function putExtreme<T>(vectors: usize, place: usize, x: f64): void {
  if (sizeof<T>() === 8) store<f64>(vectors + (place << 3), x);
  else if (meetsAsInt32<T>()) store<i32>(vectors + (place << 2), <i32>x);
  else {
    store<f32>(vectors + (place << 2), <f32>x);
    store<f32>(vectors + (place << 2), <f32>x, 16);
  }
}
