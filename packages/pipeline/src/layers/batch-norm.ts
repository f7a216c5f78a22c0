import { TrackingLayer, type TrackingOptions } from "./tracking-layer.js";

/**
 * Batch normalization with PyTorch's semantics (`torch.nn.BatchNorm1d`, `2d`, `3d`; Ioffe and Szegedy 2015): the biased variance
 * of the batch normalizes, the unbiased one goes into `runningVar`; inference takes the running averages.
 */
export class BatchNorm extends TrackingLayer {
  protected readonly norm = "batch";

  /** @param numFeatures C */
  constructor(numFeatures: number, options: TrackingOptions = {}) {
    super(numFeatures, options, { affine: true, track: true });
  }
}
