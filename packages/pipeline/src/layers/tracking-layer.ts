import { initialAverages, type Moments, type RunningAverages, updateAverages } from "@normstream/moments";
import { geometryOf, type StoredTensor, usageError } from "@normstream/tensor";
import { type LayerHow, type LayerOptions, NormLayer } from "./layer.js";
import type { StateDict } from "./state-dict.js";

/** What batch and instance norm take beside the options of all layers. */
export interface TrackingOptions extends LayerOptions {
  /** Weight of the new value in running averages; null: the cumulative average. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether running averages are kept, and used in inference; default true for `BatchNorm`, false for `InstanceNorm`. */
  readonly trackRunningStats?: boolean;
  /** 1 (default, PyTorch): the running variance takes m2 / (n − 1); 0 (ONNX, Keras): m2 / n. */
  readonly runningVarCorrection?: 0 | 1;
}

/** A layer over channels that may keep running averages: batch and instance norm. */
export abstract class TrackingLayer extends NormLayer {
  /** C */
  readonly numFeatures: number;
  /** Weight of the new value in running averages; null: the cumulative average. */
  readonly momentum: number | null;
  /** 1: the running variance takes m2 / (n − 1); 0: m2 / n. */
  readonly runningVarCorrection: 0 | 1;
  readonly #running: RunningAverages | null;

  constructor(numFeatures: number, options: TrackingOptions, defaults: { affine: boolean; track: boolean }) {
    if (!Number.isSafeInteger(numFeatures) || numFeatures < 1) {
      throw usageError(`${numFeatures} features`, { expected: "a whole number of 1 or more" });
    }
    super(numFeatures, options, defaults.affine);
    const { momentum = 0.1 } = options;
    if (momentum !== null && !(typeof momentum === "number" && momentum >= 0 && momentum <= 1)) {
      throw usageError(`momentum ${momentum}`, { expected: "a number from 0 to 1, or null for the cumulative average" });
    }
    this.numFeatures = numFeatures;
    this.momentum = momentum;
    const { runningVarCorrection = 1 } = options;
    if (runningVarCorrection !== 0 && runningVarCorrection !== 1) {
      throw usageError(`runningVarCorrection ${runningVarCorrection}`, { expected: "1 (unbiased, PyTorch) or 0 (biased, ONNX)" });
    }
    this.runningVarCorrection = runningVarCorrection;
    this.#running = (options.trackRunningStats ?? defaults.track) ? initialAverages(numFeatures) : null;
  }

  /** `[C]` running mean, float64, null where none is kept: the layer's own array, which training moves. */
  get runningMean(): Float64Array | null {
    return this.#running?.mean ?? null;
  }
  /** `[C]` running variance, as `runningMean`. */
  get runningVar(): Float64Array | null {
    return this.#running?.variance ?? null;
  }
  /** Batches that the averages have seen. */
  get numBatchesTracked(): number {
    return this.#running?.batches ?? 0;
  }

  override stateDict(): StateDict {
    const running = this.#running;
    if (!running) return super.stateDict();
    return {
      ...super.stateDict(),
      running_mean: running.mean.slice(),
      running_var: running.variance.slice(),
      num_batches_tracked: running.batches,
    };
  }

  override loadStateDict(dict: StateDict): void {
    super.loadStateDict(dict);
    if (!this.#running) return;
    const batches = dict.num_batches_tracked;
    this.#running.batches = typeof batches === "number" ? batches : Number(batches?.[0] ?? 0);
  }

  protected override vectors(): Record<string, Float64Array> {
    const running = this.#running;
    return { ...super.vectors(), ...(running && { running_mean: running.mean, running_var: running.variance }) };
  }

  protected view(x: StoredTensor): StoredTensor {
    const { channels } = geometryOf(x.shape, x.layout);
    if (channels !== this.numFeatures) throw this.channelsError(x, this.numFeatures, channels);
    return x;
  }

  protected how(): LayerHow {
    const running = this.#running;
    if (!this.training && running) return { by: { runningMean: running.mean, runningVar: running.variance } };
    return { by: this.norm };
  }

  protected override get learnsFromBatches(): boolean {
    return this.training && this.#running !== null;
  }

  protected override track({ count, mean, m2 }: Moments): void {
    if (this.training && this.#running) {
      updateAverages(this.#running, { count, mean, m2 }, this.momentum, this.runningVarCorrection);
    }
  }

  /** Replaces the running averages, where they are kept. */
  protected setAverages(mean: Float64Array, variance: Float64Array, batches: number): void {
    this.#running?.mean.set(mean);
    this.#running?.variance.set(variance);
    if (this.#running) this.#running.batches = batches;
  }

  /** The norm of a batch by its own statistics. */
  protected abstract readonly norm: "batch" | "instance";
}
