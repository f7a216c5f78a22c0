import { TrackingLayer, type TrackingOptions } from "./tracking-layer.js";

/**
 * Instance normalization with PyTorch's semantics (`torch.nn.InstanceNorm1d`, `2d`, `3d`; Ulyanov, Vedaldi and Lempitsky 2016):
 * no weight and no running averages unless asked for; running averages take the mean over the instances.
 */
export class InstanceNorm extends TrackingLayer {
  protected readonly norm = "instance";

  /**
   * Makes a layer in training mode; with `affine` weight 1 and bias 0, with `trackRunningStats` running mean 0 and variance 1.
   * @param numFeatures C
   * @throws NormstreamError of kind `usage` for a number of features, an eps or a momentum that cannot be
   */
  constructor(numFeatures: number, options: TrackingOptions = {}) {
    super("InstanceNorm", numFeatures, options, { affine: false, track: false });
  }
}
