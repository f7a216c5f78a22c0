import type { SamplingError } from "./sampling-error.js";
import { twoSidedP } from "./student-t.js";

/** One side of a channel: its numbers under the NaN policy, and how sure they are. */
export interface ChannelSide {
  readonly count: number;
  readonly mean: number;
  /** Correction 0. */
  readonly variance: number;
  /** How sure the mean is. */
  readonly errorOfMean: SamplingError;
  /** How sure the variance is; from elsewhere where values are drawn alone, of which rows keep no fourth moments. */
  readonly errorOfStd: SamplingError;
}

/** How something differs between B and A, and whether that may be chance. NaN is what cannot be told. */
export interface Shift {
  /** B − A. */
  readonly shift: number;
  /** Standard deviation of `shift`, over samples drawn again; NaN where it cannot be told. */
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
  const va = (a.variance / unit / unit) * a.errorOfMean.mean;
  const vb = (b.variance / unit / unit) * b.errorOfMean.mean;
  const shift = b.mean - a.mean;
  return shiftOf(shift, unit * Math.sqrt(va + vb), welch(va, a.errorOfMean.degreesOfFreedom, vb, b.errorOfMean.degreesOfFreedom));
}

/**
 * ln(std of B / std of A), and its standard error: half those of ln σ², each with its bias taken out. Where one side is constant and
 * the other is not, the ratio is ±Infinity, and t is that of the difference of the variances: σ² of the other side over its error.
 */
export function stdShift(a: ChannelSide, b: ChannelSide): Shift {
  const areKnown = a.errorOfStd.degreesOfFreedom > 0 && b.errorOfStd.degreesOfFreedom > 0;
  if (!areKnown || !Number.isFinite(a.variance + b.variance)) return { ...UNKNOWN, shift: logRatio(a, b) };
  const va = a.variance === 0 ? 0 : a.errorOfStd.logVariance / 4;
  const vb = b.variance === 0 ? 0 : b.errorOfStd.logVariance / 4;
  const df = welch(va, a.errorOfStd.degreesOfFreedom, vb, b.errorOfStd.degreesOfFreedom);
  if ((a.variance === 0) !== (b.variance === 0)) {
    const t = (a.variance === 0 ? 1 : -1) / (2 * Math.sqrt(va + vb));
    return { shift: logRatio(a, b), standardError: Number.NaN, t, degreesOfFreedom: df, p: twoSidedP(t, df) };
  }
  return shiftOf(logRatio(a, b), Math.sqrt(va + vb), df);
}

/** Half the difference of ln σ²; 0 for two constants. What is not known of the biases is left out. */
function logRatio(a: ChannelSide, b: ChannelSide): number {
  if (a.variance === 0 && b.variance === 0) return 0;
  const [x, y] = [a, b].map(({ variance, errorOfStd }) => Math.log(variance) + (errorOfStd.logVarianceBias || 0)) as [
    number,
    number,
  ];
  return (y - x) / 2;
}

function shiftOf(shift: number, standardError: number, df: number): Shift {
  const t = standardError === 0 ? (shift === 0 ? 0 : shift * Infinity) : shift / standardError;
  return { shift, standardError, t, degreesOfFreedom: df, p: t === 0 && !Number.isNaN(df) ? 1 : twoSidedP(t, df) };
}

/** Degrees of freedom of a sum of two variances (Welch, Satterthwaite); those of both together where both are 0. */
function welch(va: number, dfA: number, vb: number, dfB: number): number {
  if (va + vb === 0) return dfA + dfB;
  const [a, b] = [va / (va + vb), vb / (va + vb)];
  return 1 / ((a * a) / dfA + (b * b) / dfB);
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
