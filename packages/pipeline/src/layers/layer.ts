import type { NanPolicy } from "@normstream/moments";
import { formatShape, type Layout, type StoredTensor, usageError } from "@normstream/tensor";
import type { Engine } from "../engine.js";
import { normalizeToTensor } from "../normalize.js";
import type { NormalizeBy } from "../normalize-by.js";
import { outDTypeOf } from "../plan-normalize.js";
import { engineOf, type Pool } from "../pool.js";
import { reshaped, type Tensor, tensorIn } from "../tensor.js";
import { type StateDict, takeVector } from "./state-dict.js";

/** What all normalization layers take. */
export interface LayerOptions {
  /** Added to the variance, inside the square root; default 1e-5. */
  readonly eps?: number;
  /** Whether a learnable weight and bias apply. */
  readonly affine?: boolean;
  /** The layout that inputs must have; default: whatever they have. */
  readonly layout?: Layout;
  /** Where to run; its tensors live in that pool's memory. Default the calling thread. */
  readonly pool?: Pool;
  /** What becomes of values that are not finite; default `propagate`, as in PyTorch. */
  readonly nan?: NanPolicy;
}

export interface ForwardOptions {
  readonly signal?: AbortSignal;
  /** Where to write; default a new tensor, which the caller disposes of. */
  readonly into?: Tensor;
}

/** The part of a normalization layer that all four share: parameters, mode, and the way from statistics to output. */
export abstract class NormLayer {
  readonly eps: number;
  readonly layout: Layout | undefined;
  readonly nan: NanPolicy;
  /** Learnable scale γ, float64; null without `affine`. Mutable by the caller: this is what an optimizer steps. */
  readonly weight: Float64Array | null;
  /** Learnable shift β, as `weight`. */
  readonly bias: Float64Array | null;
  /** Whether statistics are those of the batch (and running averages are updated). */
  training = true;
  protected readonly engine: Engine;

  constructor(parameters: number, options: LayerOptions, affineByDefault: boolean) {
    const { eps = 1e-5 } = options;
    if (!(eps >= 0 && Number.isFinite(eps))) throw usageError(`eps ${eps}`, { expected: "a finite number of 0 or more" });
    this.eps = eps;
    this.layout = options.layout;
    this.nan = options.nan ?? "propagate";
    const affine = options.affine ?? affineByDefault;
    this.weight = affine ? new Float64Array(parameters).fill(1) : null;
    this.bias = affine ? new Float64Array(parameters) : null;
    this.engine = engineOf(options.pool);
  }

  /** Switches to training (or, with false, to inference). */
  train(mode = true): this {
    this.training = mode;
    return this;
  }

  /** Switches to inference. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Normalizes a tensor.
   * @param x `[N, …]` tensor of the layer's pool, or one in a file, not mutated
   * @returns a tensor of x's shape: float32, or float64 where x is float64 or int32
   * @throws NormstreamError of kind `usage` for a shape that does not fit, `data` for one value per statistic in training
   */
  async forward(x: StoredTensor, options: ForwardOptions = {}): Promise<Tensor> {
    if (this.layout !== undefined && x.layout !== this.layout) {
      throw usageError(`a tensor of layout ${x.layout}`, { expected: this.layout });
    }
    const input = this.view(x);
    const how = await this.plan(input, options.signal);
    const { weight, bias, eps, nan } = this;
    const affine = weight && bias ? { weight, bias } : {};
    const { signal, into } = options;
    const y = into ?? tensorIn(this.engine, x.shape, outDTypeOf(x.dtype), { layout: x.layout });
    try {
      await normalizeToTensor(
        input,
        this.engine,
        { ...how, eps, nan, ...affine },
        { signal, into: reshaped(y, input.shape, input.layout) },
      );
      return y;
    } catch (error) {
      if (!into) y[Symbol.dispose]();
      throw error;
    }
  }

  /** Parameters and averages under PyTorch's names; copies. */
  stateDict(): StateDict {
    const dict: Record<string, Float64Array | number> = {};
    if (this.weight) dict.weight = this.weight.slice();
    if (this.bias) dict.bias = this.bias.slice();
    return dict;
  }

  /** Takes what `stateDict` gave, or PyTorch. @throws NormstreamError of kind `usage` for a missing or unknown name, or a length. */
  loadStateDict(dict: StateDict): void {
    const known = this.stateDict();
    for (const name of Object.keys(dict)) {
      if (!(name in known))
        throw usageError(`unknown name "${name}" in a state dict`, { expected: Object.keys(known).join(", ") });
    }
    if (this.weight) takeVector(dict, "weight", this.weight);
    if (this.bias) takeVector(dict, "bias", this.bias);
  }

  /** x as the norm sees it; throws where its channels do not fit. */
  protected abstract view(x: StoredTensor): StoredTensor;

  /** What to normalize a batch with; updates running averages in training. */
  protected abstract plan(
    x: StoredTensor,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly by: NormalizeBy; readonly groups?: number }>;

  protected channelsError(x: StoredTensor, expected: number, found: number): Error {
    return usageError(`a tensor of shape ${formatShape(x.shape)} (${x.layout}) has ${found} channels`, {
      expected: `${expected}`,
    });
  }
}
