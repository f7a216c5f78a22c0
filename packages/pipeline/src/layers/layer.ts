import type { Moments, NanPolicy, Norm } from "@normstream/moments";
import {
  formatShape,
  geometryOf,
  type Layout,
  type MemoryStorage,
  type StoredTensor,
  throwIfAborted,
  usageError,
} from "@normstream/tensor";
import { reciprocalStd } from "../affine.js";
import { assertEps, assertLayout, assertNanPolicy, assertTensor } from "../arguments.js";
import { backward, checkGradient, type ForwardRecord, type ParameterGradients } from "../backward.js";
import type { Engine } from "../engine.js";
import { assertReachable } from "../engine-tensor.js";
import { normalizeWithMoments } from "../normalize.js";
import type { RunningStatistics } from "../normalize-by.js";
import { outDTypeOf } from "../plan-normalize.js";
import { engineOf, type Pool } from "../pool.js";
import { reshaped, type Tensor, tensorIn } from "../tensor.js";
import { checkVector, type StateDict } from "./state-dict.js";

/** What all normalization layers take. */
export interface LayerOptions {
  /** Added to the variance, inside the square root; default 1e-5. */
  readonly eps?: number;
  /** Whether a learnable weight and bias apply; default true, and false for `InstanceNorm`. */
  readonly affine?: boolean;
  /** The layout that inputs must have; default: whatever they have. */
  readonly layout?: Layout;
  /** Where to run; its tensors live in that pool's memory. Default the calling thread. */
  readonly pool?: Pool;
  /** What becomes of values that are not finite; default `propagate`, as in PyTorch. */
  readonly nan?: NanPolicy;
}

/** How `forward` of a layer runs. */
export interface ForwardOptions {
  /** Stops the pass with an error of kind `aborted`; the output's content is then undefined. */
  readonly signal?: AbortSignal;
  /** Where to write: of x's shape, layout and pool, may be x; default a new tensor, which the caller disposes of. */
  readonly into?: Tensor;
  /** Whether `backward` will be called: keeps the statistics, and a reference to x. Default true. */
  readonly gradients?: boolean;
}

/** How `backward` of a layer runs. */
export interface BackwardOptions {
  /** Stops the pass with an error of kind `aborted`. */
  readonly signal?: AbortSignal;
  /** Where dx goes, of dy's shape and dtype; may be dy. Default a new tensor, which the caller disposes of. */
  readonly into?: Tensor;
}

/** What `backward` gives. */
export interface BackwardResult extends ParameterGradients {
  /** Gradient by x, of dy's shape and dtype. */
  readonly dx: Tensor;
}

/** By what a layer normalizes an input. */
export interface LayerHow {
  readonly by: Norm | RunningStatistics;
  readonly groups?: number;
}

/** The last forward pass: what it left, or why there is nothing: what is wrong, and what to do. */
type Last = { readonly record: ForwardRecord; readonly x: StoredTensor } | string;
const NOT_YET = "backward before forward|Call forward with the batch first.";
const ALREADY = "backward for the second time|Call forward again: each forward pass has one backward pass.";
const NO_GRADIENTS = "backward after a forward pass without gradients|Leave out gradients: false.";
const FROM_FILE = "backward of a tensor in a file|Read it with loadTensor into the layer's pool, and call forward with that.";
const OVERWRITTEN = "backward of a tensor that forward has overwritten|Give forward another tensor to write into.";
const OMITTED =
  'backward of values that are not finite and were left out|With nan: "omit" the gradient by such a value does not exist.';

const isInMemory = (x: StoredTensor): x is StoredTensor<MemoryStorage> => x.storage.kind === "memory";

/** Whether a statistic left values out. */
const hasOmitted = ({ nan, posInf, negInf }: Moments): boolean =>
  nan.some((count, i) => count + (posInf[i] as number) + (negInf[i] as number) > 0);

/** The part of a normalization layer that all four share: parameters, mode, and the way from statistics to output. */
export abstract class NormLayer {
  /** Added to the variance, inside the square root. */
  readonly eps: number;
  /** The layout that inputs must have; undefined: whatever they have. */
  readonly layout: Layout | undefined;
  /** What becomes of values that are not finite. */
  readonly nan: NanPolicy;
  /** Learnable scale γ, float64; null without `affine`. Mutable by the caller: this is what an optimizer steps. */
  readonly weight: Float64Array | null;
  /** Learnable shift β, as `weight`. */
  readonly bias: Float64Array | null;
  /** Training (true, the default): statistics are those of the batch, and move the running averages where they are kept. */
  training = true;
  protected readonly engine: Engine;
  #last: Last = NOT_YET;

  constructor(parameters: number, options: LayerOptions, affineByDefault: boolean) {
    const { eps = 1e-5, layout, nan = "propagate" } = options;
    assertEps(eps);
    assertNanPolicy(nan);
    if (layout !== undefined) assertLayout(layout);
    this.eps = eps;
    this.layout = layout;
    this.nan = nan;
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
    assertTensor(x);
    if (this.layout !== undefined && x.layout !== this.layout) {
      throw usageError(`a tensor of layout ${x.layout}`, { expected: this.layout });
    }
    const input = this.view(x);
    const how = this.how();
    const { weight, bias, eps, nan } = this;
    const affine = weight && bias ? { weight, bias } : {};
    const { signal, into, gradients = true } = options;
    const y = into ?? tensorIn(this.engine, x.shape, outDTypeOf(x.dtype), { layout: x.layout });
    try {
      const { moments } = await normalizeWithMoments(
        input,
        this.engine,
        { ...how, eps, nan, ...affine },
        { signal, into: reshaped(y, input.shape, input.layout) },
        gradients || this.learnsFromBatches,
      );
      if (moments) this.track(moments);
      this.#last = gradients ? this.#recordOf(x, input, y, how, moments) : NO_GRADIENTS;
      return y;
    } catch (error) {
      if (!into) y[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Gradients of a loss by what the last `forward` took and by the parameters, through the statistics where they were the batch's own,
   * and with running averages as constants. Once for each `forward`; x must not have been changed or disposed of.
   * @param dy gradient by what `forward` gave: of its shape, layout and dtype, in the layer's pool, not mutated
   * @returns dx, which the caller disposes of, and the gradients of weight and bias
   * @throws NormstreamError of kind `usage` before `forward`, the second time, or for a tensor that does not fit
   */
  async backward(dy: Tensor, options: BackwardOptions = {}): Promise<BackwardResult> {
    assertTensor(dy, "dy");
    const last = this.#last;
    if (typeof last === "string") throw usageError(last.split("|")[0] as string, { hint: last.split("|")[1] });
    const { record, x } = last;
    checkGradient(x, dy, this.engine);
    const { into, signal } = options;
    if (into) checkGradient(x, into, this.engine, "the tensor to write dx into");
    assertReachable(x, this.engine);
    throwIfAborted(signal);
    const { shape, layout } = record.x;
    const dx = into ?? tensorIn(this.engine, x.shape, outDTypeOf(x.dtype), { layout: x.layout });
    try {
      const parameters = await backward(record, reshaped(dy, shape, layout), reshaped(dx, shape, layout), this.engine, signal);
      this.#last = ALREADY;
      return { dx, ...parameters };
    } catch (error) {
      if (!into) dx[Symbol.dispose]();
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

  /**
   * Takes what `stateDict` gave, or PyTorch: all of it, or nothing where it throws. A missing `num_batches_tracked` counts as 0, as in
   * PyTorch's state dicts of old.
   * @param dict vectors of any numeric type, copied and widened to float64
   * @throws NormstreamError of kind `usage` for a missing or unknown name, or a length
   */
  loadStateDict(dict: StateDict): void {
    const known = this.stateDict();
    for (const name of Object.keys(dict)) {
      if (!(name in known))
        throw usageError(`unknown name "${name}" in a state dict`, { expected: Object.keys(known).join(", ") });
    }
    const vectors = this.vectors();
    for (const name of Object.keys(vectors)) checkVector(dict, name, vectors[name] as Float64Array);
    for (const name of Object.keys(vectors)) vectors[name]?.set(dict[name] as ArrayLike<number>);
  }

  /** The layer's own vectors that a state dict fills, by PyTorch's names. */
  protected vectors(): Record<string, Float64Array> {
    return { ...(this.weight && { weight: this.weight }), ...(this.bias && { bias: this.bias }) };
  }

  /** x as the norm sees it; throws where its channels do not fit. */
  protected abstract view(x: StoredTensor): StoredTensor;

  /** What the next input is normalized with. */
  protected abstract how(): LayerHow;

  /** Whether running averages want the statistics of what comes in. */
  protected get learnsFromBatches(): boolean {
    return false;
  }

  /** Takes the statistics of what was normalized, where they were its own. */
  protected track(_moments: Moments): void {}

  #recordOf(x: StoredTensor, input: StoredTensor, y: Tensor, { by, groups }: LayerHow, moments: Moments | null): Last {
    if (!isInMemory(x) || !isInMemory(input)) return FROM_FILE;
    if (x.storage.byteOffset === y.storage.byteOffset) return OVERWRITTEN;
    const { channels } = geometryOf(input.shape, input.layout);
    const isConstant = typeof by !== "string";
    if (moments && this.nan === "omit" && hasOmitted(moments)) return OMITTED;
    const mean = isConstant ? Float64Array.from(by.runningMean) : (moments as Moments).mean;
    const variance = isConstant ? Float64Array.from(by.runningVar) : (moments as Moments).variance;
    const norm = isConstant ? "batch" : by;
    const record: ForwardRecord = {
      x: input,
      norm,
      groups: groups ?? (norm === "layer" ? 1 : channels),
      isConstant,
      mean,
      rstd: reciprocalStd(variance, this.eps, () => ({})),
      weight: this.weight?.slice() ?? null,
    };
    return { record, x };
  }

  protected channelsError(x: StoredTensor, expected: number, found: number): Error {
    return usageError(`a tensor of shape ${formatShape(x.shape)} (${x.layout}) has ${found} channels`, {
      expected: `${expected}`,
    });
  }
}
