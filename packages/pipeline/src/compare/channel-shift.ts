import type { SamplingError } from "./sampling-error.js";
import { twoSidedP } from "./student-t.js";

/** One side of a channel: its numbers under the NaN policy, and how sure they are. */
export interface ChannelSide {
  readonly count: number;
  readonly mean: number;
  /** Correction 0. */
  readonly variance: number;
  readonly error: SamplingError;
}

/** How something differs between B and A, and whether that may be chance. NaN is what cannot be told. */
export interface Shift {
  /** B − A. */
  readonly shift: number;
  readonly standardError: number;
  /** shift / standardError. */
  readonly t: number;
  /** Welch's, for t. */
  readonly degreesOfFreedom: number;
  /** Chance of such a t, or one further from 0, where nothing differs (two-sided). */
  readonly p: number;
}

/**
 * The difference of two means. Its standard error comes from both sides, each with its own variance (Welch): no side is taken for
 * known. Two constant channels have a standard error of 0, and t is 0 or ±Infinity.
 */
export function meanShift(a: ChannelSide, b: ChannelSide): Shift {
  // In units of the larger std, in which nothing overflows.
  const unit = Math.sqrt(Math.max(a.variance, b.variance)) || 1;
  const va = (a.variance / unit / unit) * a.error.mean;
  const vb = (b.variance / unit / unit) * b.error.mean;
  const shift = b.mean - a.mean;
  return shiftOf(shift, unit * Math.sqrt(va + vb), welch(va, a.error.meanDf, vb, b.error.meanDf));
}

/**
 * ln(std of B / std of A). Each variance is corrected for its mean, which was estimated from the same data: σ² (1 + Var(mean) / σ²),
 * which is the division by n − 1 where values are drawn one by one. Its standard error by the delta method: that of σ² / 2σ².
 * Where one side is constant and the other is not, the ratio is ±Infinity, and t is that of the difference of the variances.
 */
export function stdShift(a: ChannelSide, b: ChannelSide): Shift {
  const va = a.variance === 0 ? 0 : a.error.variance / 4;
  const vb = b.variance === 0 ? 0 : b.error.variance / 4;
  const areKnown = a.error.meanDf > 0 && b.error.meanDf > 0;
  if (!areKnown || !Number.isFinite(a.variance + b.variance)) return { ...UNKNOWN, shift: logRatio(a, b) };
  const df = welch(va, a.error.varianceDf, vb, b.error.varianceDf);
  if (a.variance === 0 && b.variance === 0) return shiftOf(0, 0, df);
  if (a.variance === 0 || b.variance === 0) {
    const t = (a.variance === 0 ? 1 : -1) / (2 * Math.sqrt(va + vb));
    return { shift: logRatio(a, b), standardError: Number.NaN, t, degreesOfFreedom: df, p: twoSidedP(t, df) };
  }
  return shiftOf(logRatio(a, b), Math.sqrt(va + vb), df);
}

/** ½ ln of the corrected variances' ratio; 0 for two constants. */
function logRatio(a: ChannelSide, b: ChannelSide): number {
  if (a.variance === 0 && b.variance === 0) return 0;
  // A factor of 1 where it is not known: the ratio is that of the plain variances then.
  const factor = ({ error }: ChannelSide) => (Number.isNaN(error.mean) ? 1 : 1 + error.mean);
  const [x, y] = [a, b].map((side) => Math.log(side.variance) + Math.log(factor(side))) as [number, number];
  return (y - x) / 2;
}

function shiftOf(shift: number, standardError: number, df: number): Shift {
  const t = standardError === 0 ? (shift === 0 ? 0 : shift * Infinity) : shift / standardError;
  return { shift, standardError, t, degreesOfFreedom: df, p: t === 0 && !Number.isNaN(df) ? 1 : twoSidedP(t, df) };
}

/** Degrees of freedom of a sum of two variances (Welch, Satterthwaite); those of both together where both are 0. */
function welch(va: number, dfA: number, vb: number, dfB: number): number {
  const share = va / (va + vb);
  if (va + vb === 0) return dfA + dfB;
  return 1 / ((share * share) / dfA + ((1 - share) * (1 - share)) / dfB);
}

const UNKNOWN = { standardError: Number.NaN, t: Number.NaN, degreesOfFreedom: Number.NaN, p: Number.NaN };

/**
 * The shift of the mean in stds, √((σa² + σb²) / 2): like Cohen's d, but that the sides weigh alike, since how many samples a side
 * has says nothing of how far apart the two are. What normalizing B with A's statistics puts beside 0. ±Infinity between constants.
 */
export function effectSize(a: ChannelSide, b: ChannelSide): number {
  const difference = b.mean - a.mean;
  if (difference === 0) return Number.isNaN(a.variance + b.variance) ? Number.NaN : 0;
  return difference / Math.sqrt(a.variance / 2 + b.variance / 2);
}

/**
 * Holm's adjusted p-values: what is below α after it is a finding, and the chance of one false finding or more among all is at most
 * α, however the tests depend on each other (S. Holm 1979). That is the promise that a check in a pipeline needs; Benjamini and
 * Hochberg's, that most findings are right, lets more false alarms through. NaN stays, and does not count as a test.
 */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).filter((i) => !Number.isNaN(p[i]));
  order.sort((i, j) => (p[i] as number) - (p[j] as number));
  const adjusted = p.map(() => Number.NaN);
  let least = 0;
  order.forEach((i, rank) => {
    least = Math.max(least, Math.min(1, (order.length - rank) * (p[i] as number)));
    adjusted[i] = least;
  });
  return adjusted;
}
