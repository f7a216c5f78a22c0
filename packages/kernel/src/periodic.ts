import { narrowAffine } from "./affine.js";

/**
 * Affines that repeat, as the kernel reads them from `prepared`: uint32 `safe`, uint32 period (both little-endian), 8
 * bytes unused, then arrays m, s, b of float32 and mean, scale, shift of float64. Each array holds the period, written out
 * again until it is at least 64 long where it is short, and its first elements once more, so that any 4 in a row
 * can be loaded as one vector.
 */
export const HEADER_BYTES = 16;

/** Short periods are repeated: so that a turn of the inner loop is worth its while, and loads are of whole vectors. */
export const expandedPeriod = (period: number): number => (period >= 64 ? period : period * 4 * Math.ceil(16 / period));

/** Length of each array. */
export const pitchOf = (expanded: number): number => Math.ceil((expanded + 4) / 4) * 4;

/** Bytes that `writePeriodic` fills. */
export const periodicBytes = (period: number): number => HEADER_BYTES + pitchOf(expandedPeriod(period)) * 3 * (4 + 8);

/** Fills `prepared` (a byte offset into `buffer`, 16-byte aligned) from `[period]` float64 each, which are not mutated. */
export function writePeriodic(
  buffer: ArrayBufferLike,
  prepared: number,
  mean: Float64Array,
  scale: Float64Array,
  shift: Float64Array,
  wideMath: boolean,
): void {
  const period = mean.length;
  const expanded = expandedPeriod(period);
  const pitch = pitchOf(expanded);
  const narrow = new Float32Array(buffer, prepared + HEADER_BYTES, 3 * pitch);
  const wide = new Float64Array(buffer, prepared + HEADER_BYTES + narrow.byteLength, 3 * pitch);
  let safe = !wideMath;
  for (let i = 0, c = 0; i < pitch; i++, c = c + 1 === period ? 0 : c + 1) {
    const affine = { mean: mean[c] as number, scale: scale[c] as number, shift: shift[c] as number };
    wide[i] = affine.mean;
    wide[pitch + i] = affine.scale;
    wide[2 * pitch + i] = affine.shift;
    const form = safe ? narrowAffine(affine) : undefined;
    if (form) {
      narrow[i] = form.m;
      narrow[pitch + i] = form.s;
      narrow[2 * pitch + i] = form.b;
    } else safe = false;
  }
  new Uint32Array(buffer, prepared, 2).set([safe ? 1 : 0, expanded]);
}
