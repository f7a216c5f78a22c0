import type { Affine, OutputDType } from "@normstream/moments";
import type { DType } from "@normstream/tensor";

/** An affine as the float32 kernel takes it: y = (x − m) · s + b. */
export interface NarrowAffine {
  readonly m: number;
  readonly s: number;
  readonly b: number;
}

/** Whether a conversion may be computed in float32 at all: the source is exact in float32 and the result no wider. */
export const isNarrow = (from: DType, to: OutputDType): boolean => from !== "float64" && from !== "int32" && to !== "float64";

/**
 * The float32 form of (x − mean) · scale + shift, or undefined where it would not keep the promised error.
 *
 * m = fround(mean), s = fround(scale), b = fround(shift − (mean − m) · scale); mean − m is exact in float64, and
 * |shift| ≤ 2^20 keeps the float64 error of b' = shift − (mean − m) · scale below 1e-9.
 * With u = 2^-24 and t = (x − m) · s, float32 rounds x − m, s, the product, b and the sum, each within u:
 * |error| ≤ 3u|t| + u|b'| + u|y| ≤ 4u(|y| + |b'|), since |t| ≤ |y| + |b'|. With |b'| ≤ 3 that is at most
 * 4u · 4 · max(1, |y|) < 1e-6 · max(1, |y|). The bounds on scale and mean keep s normal, and x − m and t from
 * overflowing where y does not.
 */
export function narrowAffine({ mean, scale, shift }: Affine): NarrowAffine | undefined {
  const size = Math.abs(scale);
  if (!(Math.abs(mean) <= 2 ** 100 && size > 2 ** -100 && size < 2 ** 100 && Math.abs(shift) <= 2 ** 20)) return undefined;
  const m = Math.fround(mean);
  const b = shift - (mean - m) * scale;
  return Math.abs(b) <= 3 ? { m, s: Math.fround(scale), b: Math.fround(b) } : undefined;
}

/** Whether one affine is computed in float32, where the types allow it. */
export const fitsFloat32 = (affine: Affine): boolean => narrowAffine(affine) !== undefined;
