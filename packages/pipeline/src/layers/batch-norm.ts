import { Fold, finishRows } from "@normstream/moments";
import { dataError, type StoredTensor, throwIfAborted, usageError } from "@normstream/tensor";
import { assertTensor } from "../arguments.js";
import { statisticsOf } from "../compute-statistics.js";
import type { Progress } from "../progress.js";
import { TrackingLayer, type TrackingOptions } from "./tracking-layer.js";

/** How `BatchNorm.fit` runs. */
export interface FitOptions {
  /** Stops the pass with an error of kind `aborted`; the averages stay as they were. */
  readonly signal?: AbortSignal;
  /** How far the pass over the batch at hand has come. */
  readonly onProgress?: (progress: Progress) => void;
}

/** A data set: one tensor, in a file or in memory, or its batches, which may differ in size. */
export type FitSource = StoredTensor | Iterable<StoredTensor> | AsyncIterable<StoredTensor>;

/**
 * Batch normalization with PyTorch's semantics (`torch.nn.BatchNorm1d`, `2d`, `3d`; Ioffe and Szegedy 2015): the biased variance
 * of the batch normalizes, the unbiased one goes into `runningVar`; inference takes the running averages.
 */
export class BatchNorm extends TrackingLayer {
  protected readonly norm = "batch";

  /**
   * Makes a layer in training mode: weight 1, bias 0, running mean 0, running variance 1.
   * @param numFeatures C
   * @throws NormstreamError of kind `usage` for a number of features, an eps or a momentum that cannot be
   */
  constructor(numFeatures: number, options: TrackingOptions = {}) {
    super(numFeatures, options, { affine: true, track: true });
  }

  /**
   * Sets the running averages to the statistics of a whole data set, in one pass and by counts: a short last batch weighs what
   * it holds. Called with the training data this is precise batch norm (Wu and Johnson 2021, "Rethinking 'Batch' in BatchNorm"); with
   * the data of another domain it adapts the layer to that (AdaBN: Li et al. 2016). The layer's input is what `source` must hold.
   * `numBatchesTracked` becomes the number of tensors taken, so that training can go on from there.
   * @param source not disposed of; on failure the averages stay as they were
   * @throws NormstreamError of kind `usage` where no averages are kept or the channels do not fit, `data` for fewer than 2 values
   *   a channel
   */
  async fit(source: FitSource, options: FitOptions = {}): Promise<this> {
    if (!this.runningMean)
      throw usageError("fit of a layer without running averages", { hint: "Make it with trackRunningStats." });
    const { signal, onProgress } = options;
    const fold = new Fold(this.numFeatures);
    for await (const batch of isTensors(source) ? source : [source]) {
      throwIfAborted(signal);
      assertTensor(batch);
      const run = { nan: this.nan, keepTable: false, signal, onProgress };
      using statistics = await statisticsOf(this.view(batch), this.engine, run);
      fold.push(statistics.total);
    }
    const { count, mean, m2 } = finishRows(fold.result(), this.nan);
    const least = count.reduce((a, b) => Math.min(a, b), Infinity);
    if (least <= this.runningVarCorrection) {
      throw dataError(`${least} values per channel in all`, { expected: "2 or more", hint: "A variance is of several values." });
    }
    const variance = m2.map((value, c) => value / ((count[c] as number) - this.runningVarCorrection));
    this.setAverages(mean, variance, fold.length);
    return this;
  }
}

const isTensors = (source: FitSource): source is Exclude<FitSource, StoredTensor> =>
  typeof source === "object" && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source);
