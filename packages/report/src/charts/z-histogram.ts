import type { ChannelHistogram } from "../report.js";

/** A bar of a histogram in z: [from, to) in σ, the share of values in it, and its density per σ. */
export interface ZBar {
  readonly from: number;
  readonly to: number;
  readonly share: number;
  readonly density: number;
}

export interface ZHistogram {
  readonly bars: readonly ZBar[];
  /** Shares beyond the range on each side. */
  readonly below: number;
  readonly above: number;
}

/** Shares in equal z-bins with one end bin on each side, as bars. Empty where there are none. `[zBins + 2]` */
export function zHistogram(shares: Float32Array, zRange: number): ZHistogram | null {
  const count = shares.length - 2;
  if (count < 1) return null;
  const width = (2 * zRange) / count;
  const bars = Array.from({ length: count }, (_, index) => {
    const from = -zRange + index * width;
    const share = shares[index + 1] ?? 0;
    return { from, to: from + width, share, density: share / width };
  });
  return { bars, below: shares[0] ?? 0, above: shares[count + 1] ?? 0 };
}

/**
 * The input's dyadic bins in z = (x − μ)/σ. Neighbours are joined, two by two, while they stay within `width` σ, so that the
 * bars' heights compare with the z-histograms'. A bin goes to an end where its middle lies beyond ±zRange.
 */
export function inputHistogram(
  histogram: ChannelHistogram,
  mean: number,
  std: number,
  zRange: number,
  width: number,
): ZHistogram | null {
  if (!(std > 0) || histogram.input.length === 0) return null;
  const unit = 2 ** histogram.exponent;
  const joined = Math.max(1, 2 ** Math.floor(Math.log2((width * std) / unit)));
  const cells = new Map<number, number>();
  histogram.input.forEach((share, index) => {
    const cell = Math.floor((histogram.first + index) / joined);
    cells.set(cell, (cells.get(cell) ?? 0) + share);
  });
  let [below, above] = [0, 0];
  const bars: ZBar[] = [];
  for (const [cell, share] of cells) {
    const from = (cell * joined * unit - mean) / std;
    const to = ((cell + 1) * joined * unit - mean) / std;
    const middle = (from + to) / 2;
    if (middle < -zRange) below += share;
    else if (middle > zRange) above += share;
    else bars.push({ from: Math.max(from, -zRange), to: Math.min(to, zRange), share, density: share / (to - from) });
  }
  return { bars, below, above };
}

/** The density of N(0, 1). */
export const normalDensity = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
