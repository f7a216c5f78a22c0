import { type BatchNoise, batchNoise, type ChannelShape } from "./noise.js";
import { median } from "./quantile.js";

/** How far inference stands from training, in σ: root mean square over a batch's values. */
export interface ChannelGap {
  readonly total: number;
  /** What comes from the means: total² = mean² + scale². */
  readonly mean: number;
  readonly scale: number;
}

export interface GapSettings {
  /** B */
  readonly batchSize: number;
  /** PyTorch's momentum α; null is the cumulative average. */
  readonly momentum: number | null;
  /** N of the data set. */
  readonly samples: number;
  /** m: values of a plane. */
  readonly planeSize: number;
}

/**
 * The gap after k batches, between the next batch's output in training (its own statistics) and in inference (running averages that
 * started at mean 0 and variance 1).
 *
 * Of a batch with mean M_b and std s_b, value x = M_b + s_b·z becomes z in training and (M_b + s_b·z − M)/S in inference: G² =
 * E(1 − s_b/S)² + E(M_b − M)²/S². M and S² are the averages: their noise is f times that of a batch, and S² stands at
 * r = (1 − β^k)·e·n/(n − 1) + β^k/σ², n = Bm (running variances have correction 1).
 * @param mean μ and std σ of the channel, σ > 0
 * @param batches k ≥ 1; Infinity for the gap that stays
 */
export function channelGap(shape: ChannelShape, mean: number, std: number, batches: number, settings: GapSettings): ChannelGap {
  const noise = batchNoise(shape, settings.batchSize, settings.samples);
  const { momentum, batchSize, planeSize, samples } = settings;
  const eta2 = noise.eta ** 2;
  const q2 = noise.q ** 2;
  const e = noise.expectedVariance;
  const n = Math.min(batchSize, samples) * planeSize;
  const left = momentum === null ? 0 : (1 - momentum) ** batches;
  const f = momentum === null ? 1 / batches : (momentum / (2 - momentum)) * (1 - left * left);
  const r = n > 1 ? ((1 - left) * e * n) / (n - 1) + left / (std * std) : Number.NaN;
  const start = (mean / std) * left;
  const ofMean = (eta2 * (1 + f) + start * start) / r;
  // s_b and 1/S to the second order in the noise of the variances that they are roots of.
  const ratio = Math.sqrt(e / r) * (1 - q2 / (8 * e * e) + (3 * f * q2) / (8 * r * r));
  const spread = (e / r) * (q2 / (4 * e * e) + (f * q2) / (4 * r * r));
  const ofScale = spread + (1 - ratio) ** 2;
  return { total: Math.sqrt(ofMean + ofScale), mean: Math.sqrt(ofMean), scale: Math.sqrt(ofScale) };
}

/**
 * The median of channels' gaps. Its parts are split by the median of their shares: those of the channel in the middle would jump from
 * one number of batches to the next, where another channel is in the middle. NaN of none.
 */
export function medianGap(gaps: readonly ChannelGap[]): ChannelGap {
  const total = median(gaps.map((gap) => gap.total));
  const share = median(gaps.map((gap) => (gap.total > 0 ? (gap.mean / gap.total) ** 2 : 0)));
  return { total, mean: total * Math.sqrt(share), scale: total * Math.sqrt(1 - share) };
}

/** Above this q/e, expansions to the second order no longer hold: the gap is told as "≈". */
const LARGE_NOISE = 0.5;

export const isRoughGap = ({ q, expectedVariance }: BatchNoise): boolean => !(q / expectedVariance <= LARGE_NOISE);

/** G ≤ 1.1 · G(∞) counts as settled. */
const SETTLED = 1.1;
const MOST_BATCHES = 1e6;

/**
 * The first number of batches at which `gapAt` stays settled: it falls with k but for the rise of the averages' noise, so that a
 * search by halves finds it.
 * @param gapAt G after k batches
 * @returns null where 10⁶ batches do not settle it
 */
export function settledAfter(gapAt: (batches: number) => number): number | null {
  const limit = SETTLED * gapAt(Infinity);
  if (!(gapAt(MOST_BATCHES) <= limit)) return null;
  let low = 0;
  let high = MOST_BATCHES;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (gapAt(middle) <= limit) high = middle;
    else low = middle;
  }
  return high;
}
