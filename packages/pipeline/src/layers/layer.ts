import type { Moments, NanPolicy, Norm } from "@normstream/moments";
import {
  elementCount,
  formatShape,
  geometryOf,
  type Layout,
  type MemoryStorage,
  type StoredTensor,
  throwIfAborted,
  usageError,
} from "@normstream/tensor";
import { reciprocalStd } from "../affine.js";
import {
  assertEps,
  assertFlag,
  assertLayout,
  assertNanPolicy,
  assertNumbers,
  assertOptions,
  assertSignal,
  assertTensor,
  shapeText,
} from "../arguments.js";
import { backward, checkGradient, type ForwardRecord, type ParameterGradients } from "../backward.js";
import type { Engine } from "../engine.js";
import { assertReachable } from "../engine-tensor.js";
import { normalizeWithMoments } from "../normalize.js";
import type { RunningStatistics } from "../normalize-by.js";
import { outDTypeOf } from "../plan-normalize.js";
import { engineOf, type Pool } from "../pool.js";
import { assertMemoryTensor, isDisposed, isMemoryTensor, reshaped, type Tensor, tensorIn, whilePinned } from "../tensor.js";
import {
  checkNames,
  type LayerState,
  type LoadStateOptions,
  readVector,
  type StateDict,
  type StateVector,
} from "./state-dict.js";

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

/** The names of these, by which a misspelt one is known. */
export const LAYER_OPTIONS: Record<keyof LayerOptions, true> = { eps: true, affine: true, layout: true, pool: true, nan: true };

/** How `forward` of a layer runs. */
export interface ForwardOptions {
  /** Stops the pass with an error of kind `aborted`; the output's content is then undefined. */
  readonly signal?: AbortSignal;
  /** Where to write: a tensor of floats of x's shape, layout and pool, may be x; default a new tensor, which the caller disposes of. */
  readonly into?: Tensor;
  /** Whether `backward` will be called: keeps the statistics, and a reference to x. Default true. */
  readonly gradients?: boolean;
  /** Bytes of a shard; default by the pass. Does not change a bit of the result. */
  readonly shardBytes?: number;
}

/** How `backward` of a layer runs. */
export interface BackwardOptions {
  /** Stops the pass with an error of kind `aborted`. */
  readonly signal?: AbortSignal;
  /** Where dx goes, of dy's shape and dtype; may be dy. Default a new tensor, which the caller disposes of. */
  readonly into?: Tensor;
  /** Bytes of a shard; default by the pass. Does not change a bit of the result. */
  readonly shardBytes?: number;
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
const FREED = "backward of a tensor that was disposed of while forward ran|Dispose of x when backward is done.";
const OVERWRITTEN = "backward of a tensor that forward has overwritten|Give forward another tensor to write into.";
const OMITTED =
  'backward of values that are not finite and were left out|With nan: "omit" the gradient by such a value does not exist.';

const isInMemory = (x: StoredTensor): x is StoredTensor<MemoryStorage> => x.storage.kind === "memory";

/** Whether a statistic left values out. */
const hasOmitted = ({ nan, posInf, negInf }: Moments): boolean =>
  nan.some((count, i) => count + (posInf[i] as number) + (negInf[i] as number) > 0);

/** A layer as it was when `forward` was called: what is changed while it runs is meant for the next call. */
interface Call {
  readonly training: boolean;
  readonly weight: Float64Array | null;
  readonly bias: Float64Array | null;
}

/** What a layer's own constructor says of its parameters. */
export interface Parameters {
  /** Of weight and bias, each, as PyTorch has it: `[C]`, or the last extents with layer norm. */
  readonly shape: readonly number[];
  readonly affine: boolean;
  readonly bias: boolean;
}

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
  readonly #engine: Engine;
  readonly #shape: readonly number[];
  #last: Last = NOT_YET;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: LayerOptions, { shape, affine, bias }: Parameters) {
    const { eps = 1e-5, layout, nan = "propagate" } = options;
    assertEps(eps);
    assertNanPolicy(nan);
    if (layout !== undefined) assertLayout(layout);
    this.eps = eps;
    this.layout = layout;
    this.nan = nan;
    this.#shape = shape;
    this.weight = affine ? vectorOf(shape).fill(1) : null;
    this.bias = affine && bias ? vectorOf(shape) : null;
    this.#engine = engineOf(options.pool);
  }

  /** Where it runs. */
  protected get engine(): Engine {
    return this.#engine;
  }

  /** Switches to training (or, with false, to inference). */
  train(mode = true): this {
    assertFlag(mode, "mode");
    this.training = mode;
    return this;
  }

  /** Switches to inference. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Normalizes a tensor. Calls of one layer run one after the other, in the order in which they were made, each with the mode, weight and
   * bias of that moment. x may be disposed of before the pass is done: its memory is kept until then.
   * @param x `[N, …]` tensor of the layer's pool, or one in a file, not mutated
   * @returns a tensor of x's shape: float32, or float64 where x is float64 or int32
   * @throws NormstreamError of kind `usage` for a shape that does not fit, `data` for one value per statistic in training
   */
  async forward(x: StoredTensor, options: ForwardOptions = {}): Promise<Tensor> {
    assertTensor(x);
    assertOptions(options, "options of forward");
    const { signal, into } = options;
    assertSignal(signal);
    if (this.layout !== undefined && x.layout !== this.layout) {
      throw usageError(`a tensor of ${shapeText(x)}`, { expected: `layout ${this.layout}` });
    }
    const input = this.view(x);
    if (into !== undefined) checkInto(into, x);
    const call = {
      training: this.training,
      weight: copyOf("weight", this.weight),
      bias: copyOf("bias", this.bias),
    };
    return await whilePinned([x, into], () => this.inOrder(() => this.#forward(x, input, call, options)));
  }

  async #forward(x: StoredTensor, input: StoredTensor, call: Call, options: ForwardOptions): Promise<Tensor> {
    const { eps, nan } = this;
    const { signal, into, gradients = true, shardBytes } = options;
    throwIfAborted(signal);
    const how = this.how(call.training);
    const learns = this.learnsFromBatches(call.training);
    const y = into ?? tensorIn(this.engine, x.shape, outDTypeOf(x.dtype), { layout: x.layout });
    try {
      const { moments } = await normalizeWithMoments(
        input,
        this.engine,
        { ...how, eps, nan, weight: call.weight ?? undefined, bias: call.bias ?? undefined },
        { signal, shardBytes, into: reshaped(y, input.shape, input.layout) },
        gradients || learns,
      );
      if (moments && learns) this.track(moments);
      this.#last = gradients ? this.#recordOf(x, input, y, call, how, moments) : NO_GRADIENTS;
      return y;
    } catch (error) {
      if (!into) y[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Gradients of a loss by what the last `forward` took and by the parameters, through the statistics where they were the batch's own,
   * and with running averages as constants. Once for each `forward`; x must not have been changed or disposed of.
   * @param dy gradient by what `forward` gave, not mutated: of x's shape and layout, in the layer's pool; float32, or float64 where x is
   *   float64 or int32
   * @returns dx, which the caller disposes of, and the gradients of weight and bias
   * @throws NormstreamError of kind `usage` before `forward`, the second time, or for a tensor that does not fit
   */
  async backward(dy: Tensor, options: BackwardOptions = {}): Promise<BackwardResult> {
    assertTensor(dy, "dy");
    assertOptions(options, "options of backward");
    const { into, signal } = options;
    assertSignal(signal);
    if (into !== undefined) assertTensor(into, "the tensor to write dx into");
    return await whilePinned([dy, into], () => this.inOrder(() => this.#backward(dy, options)));
  }

  async #backward(dy: Tensor, { into, signal, shardBytes }: BackwardOptions): Promise<BackwardResult> {
    const last = this.#last;
    if (typeof last === "string") {
      const [what, hint] = last.split("|") as [string, string];
      throw usageError(what, { found: `dy of ${shapeText(dy)}`, hint });
    }
    const { record, x } = last;
    checkGradient(x, dy, this.engine);
    if (into) checkGradient(x, into, this.engine, "the tensor to write dx into");
    throwIfAborted(signal);
    return await whilePinned([x], async () => {
      assertReachable(x, this.engine);
      const { shape, layout } = record.x;
      const dx = into ?? tensorIn(this.engine, x.shape, outDTypeOf(x.dtype), { layout: x.layout });
      try {
        const run = { signal, shardBytes };
        const parameters = await backward(record, reshaped(dy, shape, layout), reshaped(dx, shape, layout), this.engine, run);
        this.#last = ALREADY;
        return { dx, dweight: parameters.dweight, dbias: this.bias ? parameters.dbias : null };
      } catch (error) {
        if (!into) dx[Symbol.dispose]();
        throw error;
      }
    });
  }

  /** Sets the weight to 1 and the bias to 0, as a new layer has them. */
  resetParameters(): void {
    this.weight?.fill(1);
    this.bias?.fill(0);
  }

  /** Parameters and averages under PyTorch's names; copies. */
  stateDict(): LayerState {
    return { ...(this.weight && { weight: this.weight.slice() }), ...(this.bias && { bias: this.bias.slice() }) };
  }

  /**
   * Takes what `stateDict` gave, or PyTorch (`readStateDict`): all of it, or nothing where it throws. A missing `num_batches_tracked` counts
   * as 0, as in PyTorch's state dicts of old.
   * @param dict vectors of any numeric type, copied and widened to float64; where they have a shape, it must be the layer's
   * @throws NormstreamError of kind `usage` for a missing or unknown name, a length, or what is no number; `data` for a negative variance
   */
  loadStateDict(dict: StateDict, options: LoadStateOptions = {}): void {
    assertOptions(options, "options of loadStateDict");
    const { strict = true } = options;
    assertFlag(strict, "strict");
    checkNames(dict, Object.keys(this.stateDict()), strict);
    const vectors = Object.entries(this.vectors());
    const read = vectors.map(([name, vector]) => readVector(dict, name, vector, strict));
    vectors.forEach(([, { into }], i) => {
      const values = read[i];
      if (values) into.set(values);
    });
  }

  /** The layer's own vectors that a state dict fills, by PyTorch's names. */
  protected vectors(): Record<string, StateVector> {
    const shape = this.#shape;
    return {
      ...(this.weight && { weight: { into: this.weight, shape } }),
      ...(this.bias && { bias: { into: this.bias, shape } }),
    };
  }

  /** Runs one after the other what is asked of a layer, in the order of the calls. */
  protected inOrder<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** x as the norm sees it; throws where its channels do not fit. */
  protected abstract view(x: StoredTensor): StoredTensor;

  /** What the next input is normalized with. */
  protected abstract how(training: boolean): LayerHow;

  /** Whether running averages want the statistics of what comes in. */
  protected learnsFromBatches(_training: boolean): boolean {
    return false;
  }

  /** Takes the statistics of what was normalized, where they were its own. */
  protected track(_moments: Moments): void {}

  #recordOf(
    x: StoredTensor,
    input: StoredTensor,
    y: Tensor,
    { weight }: Call,
    { by, groups }: LayerHow,
    moments: Moments | null,
  ): Last {
    if (!isInMemory(x) || !isInMemory(input)) return FROM_FILE;
    if (isMemoryTensor(x) && isDisposed(x)) return FREED;
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
      weight,
    };
    return { record, x };
  }

  protected channelsError(x: StoredTensor, expected: number, found: number): Error {
    const axes = x.layout.includes("C") ? x.layout : x.layout.replace("N", "NC");
    const due = Array.from(axes, (axis) => (axis === "C" ? `${expected}` : axis));
    return usageError(`a tensor of ${shapeText(x)} has ${found} channels`, {
      expected: `${expected}, as in [${due.join(", ")}]`,
    });
  }
}

/** @throws NormstreamError of kind `usage` for a tensor that `forward` cannot write to */
function checkInto(into: unknown, x: StoredTensor): void {
  assertMemoryTensor(into, "the tensor to write into");
  if (into.shape.join() === x.shape.join() && into.layout === x.layout) return;
  throw usageError("the tensor to write into does not fit x", { expected: shapeText(x), found: shapeText(into) });
}

/** A copy of a parameter, which the caller can have replaced by anything. */
function copyOf(name: string, values: Float64Array | null): Float64Array | null {
  if (values === null) return null;
  assertNumbers(values, name);
  return Float64Array.from(values);
}

function vectorOf(shape: readonly number[]): Float64Array {
  const length = elementCount(shape);
  try {
    return new Float64Array(length);
  } catch (cause) {
    throw usageError(`parameters of shape ${formatShape(shape)} do not fit into memory`, { cause });
  }
}
