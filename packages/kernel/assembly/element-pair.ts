/**
 * Elements as the sums of gradients take them: in pairs, widened to float64. A branch on the type T is decided at compile
 * time. T is `f64` or `f32`; other types are widened to one of them before (see gradient-stage.ts).
 */
export function firstPairAt<T>(at: usize): v128 {
  if (sizeof<T>() === 8) return v128.load(at);
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

/** The pair behind the one at `at`. */
export function secondPairAt<T>(at: usize): v128 {
  if (sizeof<T>() === 8) return v128.load(at, 16);
  return f64x2.promote_low_f32x4(v128.load64_zero(at, 8));
}

/** Element `index` at `at`. */
export function elementAt<T>(at: usize, index: usize): f64 {
  return <f64>load<T>(at + index * sizeof<T>());
}
