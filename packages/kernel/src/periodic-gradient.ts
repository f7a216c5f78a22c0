import { narrowInputGradient } from "./input-gradient.js";
import { expandedPeriod, HEADER_BYTES, pitchOf } from "./periodic.js";

/** Bytes that `writePeriodicGradient` fills. */
export const periodicGradientBytes = (period: number): number => HEADER_BYTES + pitchOf(expandedPeriod(period)) * 4 * (4 + 8);

/**
 * Fills `prepared` (a byte offset into `buffer`, 16-byte aligned) with coefficients that repeat, laid out as the affines of
 * periodic.ts are: arrays a, b, m, c of float32 and a, b, mean, c of float64. Sources are `[period]` float64, not mutated.
 */
export function writePeriodicGradient(
  buffer: ArrayBufferLike,
  prepared: number,
  a: Float64Array,
  b: Float64Array,
  mean: Float64Array,
  c: Float64Array,
  wideMath: boolean,
): void {
  const period = a.length;
  const expanded = expandedPeriod(period);
  const pitch = pitchOf(expanded);
  const narrow = new Float32Array(buffer, prepared + HEADER_BYTES, 4 * pitch);
  const wide = new Float64Array(buffer, prepared + HEADER_BYTES + narrow.byteLength, 4 * pitch);
  let safe = !wideMath;
  for (let i = 0, k = 0; i < pitch; i++, k = k + 1 === period ? 0 : k + 1) {
    const by = { a: a[k] as number, b: b[k] as number, mean: mean[k] as number, c: c[k] as number };
    wide[i] = by.a;
    wide[pitch + i] = by.b;
    wide[2 * pitch + i] = by.mean;
    wide[3 * pitch + i] = by.c;
    const form = safe ? narrowInputGradient(by) : undefined;
    if (form) {
      narrow[i] = form.a;
      narrow[pitch + i] = form.b;
      narrow[2 * pitch + i] = form.m;
      narrow[3 * pitch + i] = form.c;
    } else safe = false;
  }
  new Uint32Array(buffer, prepared, 2).set([safe ? 1 : 0, expanded]);
}
