import { geometryOf, type StoredTensor } from "@normstream/tensor";
import { statisticsOf } from "../compute-statistics.js";
import type { NormStatistics } from "../norm-statistics.js";
import { checkEnoughValues } from "../normalize-by.js";
import { TrackingLayer, type TrackingOptions } from "./tracking-layer.js";

/**
 * Batch normalization with PyTorch's semantics (`torch.nn.BatchNorm1d`, `2d`, `3d`; Ioffe and Szegedy 2015): the biased variance
 * of the batch normalizes, the unbiased one goes into `runningVar`; inference takes the running averages.
 */
export class BatchNorm extends TrackingLayer {
  /** @param numFeatures C */
  constructor(numFeatures: number, options: TrackingOptions = {}) {
    super(numFeatures, options, { affine: true, track: true });
  }

  protected async batchStatistics(x: StoredTensor, signal: AbortSignal | undefined): Promise<NormStatistics> {
    checkEnoughValues(x.name, "batch", geometryOf(x.shape, x.layout), undefined, undefined);
    using statistics = await statisticsOf(x, this.engine, { nan: this.nan, keepTable: false, signal });
    return statistics.batchNorm();
  }
}
