/**
 * Elements as SIMD code takes them: four at a time (a quad), widened to two pairs of float64. T is `f32`, `f64` or `i32`.
 * A branch on the type of T is decided when T is known, at compile time.
 */

/** Whether sums are about a pivot (`AtPivot`) or about 0 (`AtZero`): types, so that each has code of its own. */
export type AtZero = i32;
export type AtPivot = f64;

/** Elements 0 and 1 of the quad at `at`. */
export function firstPair<T>(at: usize): v128 {
  if (sizeof<T>() === 8) return v128.load(at);
  if (isFloat<T>()) return f64x2.promote_low_f32x4(v128.load64_zero(at));
  return f64x2.convert_low_i32x4_s(v128.load64_zero(at));
}

/** Elements 2 and 3 of the quad at `at`. */
export function secondPair<T>(at: usize): v128 {
  if (sizeof<T>() === 8) return v128.load(at, 16);
  if (isFloat<T>()) return f64x2.promote_low_f32x4(v128.load64_zero(at, 8));
  return f64x2.convert_low_i32x4_s(v128.load64_zero(at, 8));
}

/** x − p, or x itself about 0. */
export function difference<Pivot>(x: v128, pivot: v128): v128 {
  if (isFloat<Pivot>()) return f64x2.sub(x, pivot);
  return x;
}

/** A vector of T that every element is below. */
export function highest<T>(): v128 {
  if (sizeof<T>() === 8) return f64x2.splat(Infinity);
  if (isFloat<T>()) return f32x4.splat(Infinity);
  return i32x4.splat(0x7fffffff);
}

/** A vector of T that every element is above. */
export function lowest<T>(): v128 {
  if (sizeof<T>() === 8) return f64x2.splat(-Infinity);
  if (isFloat<T>()) return f32x4.splat(-Infinity);
  return i32x4.splat(0x80000000);
}

/** The lesser of `low` and the quad at `at`, lane by lane (`pmin`: 4 × faster than `min`, right for all but NaN). */
export function leastOf<T>(low: v128, at: usize): v128 {
  if (sizeof<T>() === 8) return f64x2.pmin(f64x2.pmin(low, v128.load(at)), v128.load(at, 16));
  if (isFloat<T>()) return f32x4.pmin(low, v128.load(at));
  return i32x4.min_s(low, v128.load(at));
}

/** The greater of `high` and the quad at `at`, lane by lane. */
export function greatestOf<T>(high: v128, at: usize): v128 {
  if (sizeof<T>() === 8) return f64x2.pmax(f64x2.pmax(high, v128.load(at)), v128.load(at, 16));
  if (isFloat<T>()) return f32x4.pmax(high, v128.load(at));
  return i32x4.max_s(high, v128.load(at));
}

/** The least lane, as float64. */
export function leastLane<T>(low: v128): f64 {
  if (sizeof<T>() === 8) return min<f64>(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1));
  if (isFloat<T>()) {
    return min<f32>(
      min<f32>(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)),
      min<f32>(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)),
    );
  }
  return min<i32>(
    min<i32>(i32x4.extract_lane(low, 0), i32x4.extract_lane(low, 1)),
    min<i32>(i32x4.extract_lane(low, 2), i32x4.extract_lane(low, 3)),
  );
}

/** The greatest lane, as float64. */
export function greatestLane<T>(high: v128): f64 {
  if (sizeof<T>() === 8) return max<f64>(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1));
  if (isFloat<T>()) {
    return max<f32>(
      max<f32>(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)),
      max<f32>(f32x4.extract_lane(high, 2), f32x4.extract_lane(high, 3)),
    );
  }
  return max<i32>(
    max<i32>(i32x4.extract_lane(high, 0), i32x4.extract_lane(high, 1)),
    max<i32>(i32x4.extract_lane(high, 2), i32x4.extract_lane(high, 3)),
  );
}

/** Rule 4: lanes fold (0+2)+(1+3). */
export function foldLanes(first: v128, second: v128): f64 {
  const folded = f64x2.add(first, second);
  return f64x2.extract_lane(folded, 0) + f64x2.extract_lane(folded, 1);
}
