import type { InputGradient } from "@normstream/moments";

/** Coefficients as the float32 kernel takes them: dx = a · dy + b · (x − m) + c. */
export interface NarrowInputGradient {
  readonly a: number;
  readonly b: number;
  readonly m: number;
  readonly c: number;
}

/**
 * The float32 form of a · dy + b · (x − mean) + c for x and dy that are exact in float32, or undefined where it would not keep
 * the promised error: 1e-6 · (|a · dy| + |b · (x − mean)| + |c|) + 2^-148, as long as no term leaves float32's range.
 *
 * m = fround(mean) and c' = c − b · (mean − m), with mean − m exact in float64. With u = 2^-24, float32 rounds a, b and c',
 * the product a·dy, the difference x − m and its product by b, and two sums, each within u:
 * |error| ≤ 4u|a·dy| + 5u|b·(x − m)| + 2u|c'|. No float32 is nearer to mean than m, so that |mean − m| ≤ |x − mean|, from
 * which |x − m| ≤ 2|x − mean| and |c'| ≤ |c| + |b·(x − mean)|: |error| ≤ 4u|a·dy| + 12u|b·(x − mean)| + 2u|c|, and
 * 12u < 0.72e-6. An elementwise weight w, |w| in the range of `isSafeWeight`, adds the rounding of w and of a·w: 6u|a·w·dy|.
 * The bounds keep a, b and a·w normal, so that only products and c' can underflow: each by at most 2^-150.
 */
export function narrowInputGradient({ a, b, mean, c }: InputGradient, limit: number = LIMIT): NarrowInputGradient | undefined {
  if (!(isSafe(a, limit) && isSafe(b, LIMIT) && Math.abs(mean) <= LIMIT)) return undefined;
  const m = Math.fround(mean);
  const rest = c - b * (mean - m);
  return Math.abs(rest) <= LIMIT ? { a: Math.fround(a), b: Math.fround(b), m, c: Math.fround(rest) } : undefined;
}

/** Sizes of coefficients that float32 is safe with, and, where a is multiplied by a weight, of both of these. */
const LIMIT = 2 ** 100;
export const WEIGHTED_LIMIT = 2 ** 60;

/** Whether a weight may be taken as float32. */
export const isSafeWeight = (weight: number): boolean => isSafe(weight, WEIGHTED_LIMIT);

const isSafe = (x: number, limit: number): boolean => x === 0 || (Math.abs(x) > 1 / limit && Math.abs(x) < limit);

/** Whether one dx is computed in float32, where the types (and weights, if it has them) allow it. */
export const gradientFitsFloat32 = (by: InputGradient, weighted = false): boolean =>
  narrowInputGradient(by, weighted ? WEIGHTED_LIMIT : LIMIT) !== undefined;
