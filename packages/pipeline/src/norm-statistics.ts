import type { Moments, Norm } from "@normstream/moments";

/**
 * Statistics as one norm uses them: `sets` sets of `groups` values. Set k serves samples k · samplesPerSet and on; a channel c
 * takes group floor(c · groups / channels).
 */
export interface NormStatistics {
  /** Which norm they are for. */
  readonly norm: Norm;
  /** N of the data that they are of. */
  readonly samples: number;
  /** C of the data that they are of. */
  readonly channels: number;
  /** C for batch and instance norm, G for group norm, 1 for layer norm. */
  readonly groups: number;
  /** 1 for one batch, ⌈N / B⌉ for batches of B, N for instance, group and layer norm. */
  readonly sets: number;
  /** N for one batch, B for batches of B, 1 for instance, group and layer norm. */
  readonly samplesPerSet: number;
  /** Values that one statistic of a full set is taken over; 0 where planes vary in size. */
  readonly valuesPerStatistic: number;
  /** `[sets · groups]` arrays, set by set. Variance is the biased one (correction 0), which is what normalizes. */
  readonly moments: Moments;
}
