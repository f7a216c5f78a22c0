import { initialAverages, type Moments, type RunningAverages, updateAverages } from "@normstream/moments";
import { geometryOf, type StoredTensor, usageError } from "@normstream/tensor";
import { assertCount, assertFlag, assertKnownOptions, assertMomentum, assertOptions } from "../arguments.js";
import { LAYER_OPTIONS, type LayerHow, type LayerOptions, NormLayer } from "./layer.js";
import { type LayerState, type LoadStateOptions, readBatches, type StateDict, type StateVector } from "./state-dict.js";

/** What batch and instance norm take beside the options of all layers. */
export interface TrackingOptions extends LayerOptions {
  /** Weight of the new value in running averages; null: the cumulative average. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether running averages are kept, and used in inference; default true for `BatchNorm`, false for `InstanceNorm`. */
  readonly trackRunningStats?: boolean;
  /** 1 (default, PyTorch): the running variance takes m2 / (n − 1); 0 (ONNX, Keras): m2 / n. */
  readonly runningVarCorrection?: 0 | 1;
}

const KNOWN: Record<keyof TrackingOptions, true> = {
  ...LAYER_OPTIONS,
  momentum: true,
  trackRunningStats: true,
  runningVarCorrection: true,
};

/** A layer over channels that may keep running averages: batch and instance norm. */
export abstract class TrackingLayer extends NormLayer {
  /** C */
  readonly numFeatures: number;
  /** Weight of the new value in running averages; null: the cumulative average. */
  readonly momentum: number | null;
  /** 1: the running variance takes m2 / (n − 1); 0: m2 / n. */
  readonly runningVarCorrection: 0 | 1;
  readonly #running: RunningAverages | null;

  constructor(name: string, numFeatures: number, options: TrackingOptions, defaults: { affine: boolean; track: boolean }) {
    assertCount(numFeatures, "features");
    assertKnownOptions(options, KNOWN, name);
    const { momentum = 0.1, runningVarCorrection = 1, affine, trackRunningStats } = options;
    assertFlag(affine, "affine");
    assertFlag(trackRunningStats, "trackRunningStats");
    super(options, { shape: [numFeatures], affine: affine ?? defaults.affine, bias: true });
    assertMomentum(momentum);
    if (runningVarCorrection !== 0 && runningVarCorrection !== 1) {
      throw usageError(`runningVarCorrection ${runningVarCorrection}`, { expected: "1 (unbiased, PyTorch) or 0 (biased, ONNX)" });
    }
    this.numFeatures = numFeatures;
    this.momentum = momentum;
    this.runningVarCorrection = runningVarCorrection;
    this.#running = (trackRunningStats ?? defaults.track) ? initialAverages(numFeatures) : null;
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

  /** Sets the running mean to 0, the running variance to 1 and the count of batches to 0, as a new layer has them. */
  resetRunningStats(): void {
    const running = this.#running;
    if (!running) return;
    running.mean.fill(0);
    running.variance.fill(1);
    running.batches = 0;
  }

  /** Sets weight, bias and running averages to what a new layer has. */
  override resetParameters(): void {
    super.resetParameters();
    this.resetRunningStats();
  }

  override stateDict(): LayerState {
    const running = this.#running;
    if (!running) return super.stateDict();
    return {
      ...super.stateDict(),
      running_mean: running.mean.slice(),
      running_var: running.variance.slice(),
      num_batches_tracked: running.batches,
    };
  }

  override loadStateDict(dict: StateDict, options: LoadStateOptions = {}): void {
    const running = this.#running;
    assertOptions(dict, "the entries of a state dict");
    const batches = running ? readBatches(dict) : undefined;
    super.loadStateDict(dict, options);
    if (running) running.batches = batches ?? (options.strict === false ? running.batches : 0);
  }

  protected override vectors(): Record<string, StateVector> {
    const running = this.#running;
    const shape = [this.numFeatures];
    return {
      ...super.vectors(),
      ...(running && { running_mean: { into: running.mean, shape }, running_var: { into: running.variance, shape } }),
    };
  }

  protected view(x: StoredTensor): StoredTensor {
    const { channels } = geometryOf(x.shape, x.layout);
    if (channels !== this.numFeatures) throw this.channelsError(x, this.numFeatures, channels);
    return x;
  }

  protected how(training: boolean): LayerHow {
    const running = this.#running;
    if (!training && running) return { by: { runningMean: running.mean, runningVar: running.variance } };
    return { by: this.norm };
  }

  protected override learnsFromBatches(training: boolean): boolean {
    return training && this.#running !== null;
  }

  protected override track({ count, mean, m2 }: Moments): void {
    if (this.#running) updateAverages(this.#running, { count, mean, m2 }, this.momentum, this.runningVarCorrection);
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
