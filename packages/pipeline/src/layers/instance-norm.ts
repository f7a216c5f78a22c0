import { geometryOf, type StoredTensor } from "@normstream/tensor";
import { statisticsOf } from "../compute-statistics.js";
import type { NormStatistics } from "../norm-statistics.js";
import { checkEnoughValues } from "../normalize-by.js";
import { TrackingLayer, type TrackingOptions } from "./tracking-layer.js";

/**
 * Instance normalization with PyTorch's semantics (`torch.nn.InstanceNorm1d`, `2d`, `3d`; Ulyanov, Vedaldi and Lempitsky 2016):
 * no weight and no running averages unless asked for; running averages take the mean over the instances.
 */
export class InstanceNorm extends TrackingLayer {
  /** @param numFeatures C */
  constructor(numFeatures: number, options: TrackingOptions = {}) {
    super(numFeatures, options, { affine: false, track: false });
  }

  protected async batchStatistics(x: StoredTensor, signal: AbortSignal | undefined): Promise<NormStatistics> {
    checkEnoughValues(x.name, "instance", geometryOf(x.shape, x.layout), undefined, undefined);
    using statistics = await statisticsOf(x, this.engine, { nan: this.nan, perInstance: true, signal });
    return statistics.instanceNorm();
  }
}
