/**
 * Running averages of a normalization layer, `[C]` float64 each; the layer alone mutates them.
 * PyTorch's `running_mean`, `running_var` and `num_batches_tracked`.
 */
export interface RunningAverages {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  batches: number;
}

/** What one batch adds: `[sets, C]` arrays, one set for batch norm, one a sample for instance norm. Not mutated. */
export interface BatchMoments {
  readonly count: Float64Array;
  readonly mean: Float64Array;
  /** Sum of squared differences from the mean. */
  readonly m2: Float64Array;
}

/** Averages of a layer that has seen nothing: mean 0, variance 1. */
export const initialAverages = (channels: number): RunningAverages => ({
  mean: new Float64Array(channels),
  variance: new Float64Array(channels).fill(1),
  batches: 0,
});

/**
 * r ← (1 − f) · r + f · s with f = `momentum`, or 1 / (batches counted, this one included) where it is null. s is the batch's mean, and
 * its variance with the given correction, averaged over the sets (torch.nn.functional.batch_norm and instance_norm).
 * @param averages mutated
 */
export function updateAverages(averages: RunningAverages, batch: BatchMoments, momentum: number | null, correction: 0 | 1): void {
  averages.batches++;
  const channels = averages.mean.length;
  const sets = batch.mean.length / channels;
  const f = momentum ?? 1 / averages.batches;
  for (let c = 0; c < channels; c++) {
    let mean = 0;
    let variance = 0;
    for (let i = c; i < batch.mean.length; i += channels) {
      mean += (batch.mean[i] as number) / sets;
      variance += (batch.m2[i] as number) / ((batch.count[i] as number) - correction) / sets;
    }
    averages.mean[c] = (1 - f) * (averages.mean[c] as number) + f * mean;
    averages.variance[c] = (1 - f) * (averages.variance[c] as number) + f * variance;
  }
}
