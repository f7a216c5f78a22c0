/** z-histograms cover ±6 in 48 equal bins, and one more on each side for what lies beyond. */
export const Z_RANGE = 6;
export const Z_BINS = 48;

/** Counts of z = (x − mean)/std: `[50]`, the first z < −6, the last z ≥ 6. */
export const zBins = (): Float64Array => new Float64Array(Z_BINS + 2);

/** Counts finite values. @param counts mutated; unchanged where `std` is not above 0 */
export function countZ(counts: Float64Array, values: Float64Array, mean: number, std: number): void {
  if (!(std > 0)) return;
  const scale = Z_BINS / (2 * Z_RANGE);
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number;
    if (!Number.isFinite(x)) continue;
    const bin = Math.floor(((x - mean) / std + Z_RANGE) * scale) + 1;
    const at = Math.max(0, Math.min(Z_BINS + 1, bin));
    counts[at] = (counts[at] as number) + 1;
  }
}
