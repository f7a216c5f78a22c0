import type { Moments, Norm } from "@normstream/moments";

/**
 * Statistics as one norm uses them: `sets` sets of `groups` values. Set k serves samples k · samplesPerSet and on; a channel c
 * takes group floor(c · groups / channels).
 */
export interface NormStatistics {
  readonly norm: Norm;
  readonly samples: number;
  readonly channels: number;
  /** C for batch and instance norm, G for group norm, 1 for layer norm. */
  readonly groups: number;
  readonly sets: number;
  /** N for one batch, B for batches of B, 1 for instance, group and layer norm. */
  readonly samplesPerSet: number;
  /** Values that one statistic of a full set is taken over. */
  readonly valuesPerStatistic: number;
  /** `[sets · groups]` arrays, set by set. Variance is the biased one (correction 0), which is what normalizes. */
  readonly moments: Moments;
}
