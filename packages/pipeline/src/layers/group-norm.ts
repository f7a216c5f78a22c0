import { geometryOf, type StoredTensor } from "@normstream/tensor";
import { assertCount, assertFlag, assertKnownOptions } from "../arguments.js";
import { checkEnoughValues } from "../normalize-by.js";
import { checkGroups } from "../statistics.js";
import { LAYER_OPTIONS, type LayerHow, type LayerOptions, NormLayer } from "./layer.js";

/** Group normalization with PyTorch's semantics (`torch.nn.GroupNorm`; Wu and He 2018): the same in training and inference. */
export class GroupNorm extends NormLayer {
  /** G */
  readonly numGroups: number;
  /** C */
  readonly numChannels: number;

  /**
   * Makes a layer with weight 1 and bias 0, `[C]` each.
   * @param numGroups G, which must divide the channels
   * @param numChannels C
   * @throws NormstreamError of kind `usage` where the groups do not divide the channels, or for an eps that cannot be
   */
  constructor(numGroups: number, numChannels: number, options: LayerOptions = {}) {
    assertCount(numGroups, "groups");
    assertCount(numChannels, "channels");
    checkGroups(numGroups, numChannels);
    assertKnownOptions(options, LAYER_OPTIONS, "GroupNorm");
    assertFlag(options.affine, "affine");
    super(options, { shape: [numChannels], affine: options.affine ?? true, bias: true });
    this.numGroups = numGroups;
    this.numChannels = numChannels;
  }

  protected view(x: StoredTensor): StoredTensor {
    const geometry = geometryOf(x.shape, x.layout);
    if (geometry.channels !== this.numChannels) throw this.channelsError(x, this.numChannels, geometry.channels);
    checkEnoughValues(x, "group", geometry, this.numGroups, undefined);
    return x;
  }

  protected how(): LayerHow {
    return { by: "group", groups: this.numGroups };
  }
}
