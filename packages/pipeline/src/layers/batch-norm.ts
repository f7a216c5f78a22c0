import { Fold, finishRows } from "@normstream/moments";
import { dataError, type StoredTensor, usageError } from "@normstream/tensor";
import { assertOptions, assertSignal, assertTensor, shapeText } from "../arguments.js";
import { ofBatch } from "../batch-error.js";
import { statisticsOf } from "../compute-statistics.js";
import type { Progress } from "../progress.js";
import { eachOf, type Pulled } from "../pulled.js";
import { TrackingLayer, type TrackingOptions } from "./tracking-layer.js";

/** How `BatchNorm.fit` runs. */
export interface FitOptions {
  /** Stops the pass with an error of kind `aborted`; the averages stay as they were. */
  readonly signal?: AbortSignal;
  /** How far the pass over the batch at hand has come. */
  readonly onProgress?: (progress: Progress) => void;
}

/** A data set: one tensor, in a file or in memory, or whatever gives its batches when it is asked; they may differ in size. */
export type FitSource = StoredTensor | Pulled<StoredTensor>;

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
    super("BatchNorm", numFeatures, options, { affine: true, track: true });
  }

  /**
   * Sets the running averages to the statistics of a whole data set, in one pass and by counts: a short last batch weighs what
   * it holds. Called with the training data this is precise batch norm (Wu and Johnson 2021, "Rethinking 'Batch' in BatchNorm"); with
   * the data of another domain it adapts the layer to that (AdaBN: Li et al. 2016). The layer's input is what `source` must hold.
   * `numBatchesTracked` becomes the number of tensors taken, so that training can go on from there.
   * @param source its tensors are not disposed of; on failure the averages stay as they were
   * @throws NormstreamError of kind `usage` where no averages are kept or the channels do not fit, `data` for fewer than 2 values
   *   a channel; with `details.batch` where `source` gives several tensors
   */
  async fit(source: FitSource, options: FitOptions = {}): Promise<this> {
    if (!this.runningMean)
      throw usageError("fit of a layer without running averages", { hint: "Make it with trackRunningStats." });
    assertOptions(options, "options of fit");
    assertSignal(options.signal);
    const fold = new Fold(this.numFeatures);
    if (isTensors(source)) {
      let batch = 0;
      for await (const x of eachOf<StoredTensor>(source, options.signal)) {
        const total = await this.#totalOf(x, options).catch((error) => {
          throw ofBatch(error, batch);
        });
        fold.push(total);
        batch++;
      }
    } else fold.push(await this.#totalOf(source, options));
    const { count, mean, m2 } = finishRows(fold.result(), this.nan);
    const least = count.reduce((a, b) => Math.min(a, b), Infinity);
    if (least <= this.runningVarCorrection) {
      throw dataError(`${least} values per channel in all`, { expected: "2 or more", hint: "A variance is of several values." });
    }
    const variance = m2.map((value, c) => value / ((count[c] as number) - this.runningVarCorrection));
    await this.inOrder(async () => this.setAverages(mean, variance, fold.length));
    return this;
  }

  /** Rows `[C, 8]` of all that a tensor holds. */
  async #totalOf(x: StoredTensor, { signal, onProgress }: FitOptions): Promise<Float64Array> {
    assertTensor(x);
    if (this.layout !== undefined && x.layout !== this.layout) {
      throw usageError(`a tensor of ${shapeText(x)}`, { expected: `layout ${this.layout}` });
    }
    const run = { nan: this.nan, keepTable: false, signal, onProgress };
    using statistics = await statisticsOf(this.view(x), this.engine, run);
    return statistics.total;
  }
}

const isTensors = (source: FitSource): source is Exclude<FitSource, StoredTensor> =>
  typeof source === "object" && source !== null && !("storage" in source);
