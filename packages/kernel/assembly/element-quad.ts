import { BIAS } from "./half-value";

/**
 * Elements as SIMD sums take them: four at a time (a quad), widened to two pairs of float64. A branch on the type T is
 * decided at compile time. T is `f64`, `f32`, `i32`, or one of these carriers of 16 bits:
 */
export type Float16 = i16;
export type BFloat16 = u16;

/** Whether sums are about a pivot (`AtPivot`) or about 0 (`AtZero`): types, so that each has code of its own. */
export type AtZero = i32;
export type AtPivot = f64;

/**
 * The quad at `at` as four float32 or int32; of float64, its first pair. Float16 infinities and NaN come out finite, at
 * ±65536 or beyond: the extremes tell (`isRegular`).
 */
export function quadAt<T>(at: usize): v128 {
  if (sizeof<T>() !== 2) return v128.load(at);
  const zero = i32x4.splat(0);
  const bits = i8x16.shuffle(zero, v128.load64_zero(at), 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
  if (!isSigned<T>()) return bits;
  return f32x4.mul(v128.and(i32x4.shr_s(bits, 3), i32x4.splat(0x8fffe000)), f32x4.splat(BIAS));
}

/** Elements 0 and 1 of the quad at `at`, which `quad` holds. */
export function firstPair<T>(at: usize, quad: v128): v128 {
  if (sizeof<T>() === 8) return quad;
  if (sizeof<T>() === 2) return f64x2.promote_low_f32x4(quad);
  if (isFloat<T>()) return f64x2.promote_low_f32x4(v128.load64_zero(at));
  return f64x2.convert_low_i32x4_s(v128.load64_zero(at));
}

/** Elements 2 and 3 of the quad at `at`, which `quad` holds. */
export function secondPair<T>(at: usize, quad: v128): v128 {
  if (sizeof<T>() === 8) return v128.load(at, 16);
  if (sizeof<T>() === 2) {
    return f64x2.promote_low_f32x4(i8x16.shuffle(quad, quad, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
  }
  if (isFloat<T>()) return f64x2.promote_low_f32x4(v128.load64_zero(at, 8));
  return f64x2.convert_low_i32x4_s(v128.load64_zero(at, 8));
}

/** x − p, or x itself about 0. */
export function difference<Pivot>(x: v128, pivot: v128): v128 {
  if (isFloat<Pivot>()) return f64x2.sub(x, pivot);
  return x;
}
