import { type GradientDType, type Norm, PAIR, PAIR_BYTES, SumFold } from "@normstream/moments";
import { type Geometry, geometryOf, itemSize, type MemoryStorage, type StoredTensor, usageError } from "@normstream/tensor";
import { lastValueFrom } from "rxjs";
import { assertCount, shapeText } from "./arguments.js";
import type { Engine } from "./engine.js";
import { assertReachable, passSource } from "./engine-tensor.js";
import { columnBlockRows, gradientBuffers, gradientRects, sumVectors, takesWholeChannels } from "./gradient-plan.js";
import { channelGradients } from "./input-gradient.js";
import { createFlags, type GradientPass, type GradientWork, nextPassId } from "./pass.js";
import { outDTypeOf } from "./plan-normalize.js";
import { runGradientPass } from "./run-pass.js";
import { assertMemoryTensor, type Tensor } from "./tensor.js";

/** What a forward pass leaves for its backward pass. */
export interface ForwardRecord {
  /** What was normalized, as the norm saw it. */
  readonly x: StoredTensor<MemoryStorage>;
  readonly norm: Norm;
  /** Groups of channels that share a statistic of a sample. */
  readonly groups: number;
  /** Whether the statistics were given, and so do not depend on x: inference by running averages. */
  readonly isConstant: boolean;
  /** `[sets, groups]` float64: one set for batch norm, one a sample for the others. */
  readonly mean: Float64Array;
  /** `[sets, groups]` float64: 1 / sqrt(variance + eps) */
  readonly rstd: Float64Array;
  /** `[C]`, or `[C · S]` with layer norm; null without affine. */
  readonly weight: Float64Array | null;
}

/** Gradients of a layer's parameters, each of the parameter's length, float64; null without affine. */
export interface ParameterGradients {
  /** Σ dy·x̂ */
  readonly dweight: Float64Array | null;
  /** Σ dy */
  readonly dbias: Float64Array | null;
}

/** How a backward pass runs. */
export interface BackwardRunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of x in a shard; default by the pass. */
  readonly shardBytes?: number | undefined;
}

/**
 * The backward pass of a norm: dx into a tensor, and the gradients of weight and bias. Sums merge in a canonical tree, so that the
 * bits depend on neither threads nor shards.
 * @param dy of x's shape and layout, as the norm saw it, not mutated unless `dx` is the same
 * @param dx as dy; may be dy, and x where its elements are as large
 */
export async function backward(
  record: ForwardRecord,
  dy: Tensor,
  dx: Tensor,
  engine: Engine,
  options: BackwardRunOptions = {},
): Promise<ParameterGradients> {
  await using run = new BackwardRun(record, dy, dx, engine, options);
  if (record.norm === "layer") return await run.ofRows();
  if (record.norm === "batch") return await run.ofBatch();
  return await run.ofSamples();
}

/** @throws NormstreamError of kind `usage` for a gradient that is not of what the forward pass gave. */
export function checkGradient(x: StoredTensor, dy: StoredTensor, engine: Engine, name = "dy"): void {
  assertReachable(dy, engine);
  const expected = outDTypeOf(x.dtype);
  assertMemoryTensor(dy, name);
  if (dy.shape.join() !== x.shape.join() || dy.layout !== x.layout || dy.dtype !== expected) {
    throw usageError(`${name} does not fit what the forward pass took`, {
      expected: `${expected} of ${shapeText(x)}`,
      found: `${dy.dtype} of ${shapeText(dy)}`,
    });
  }
}

/** The ranges of the engine's memory that one backward pass takes, and its parts. */
class BackwardRun implements AsyncDisposable {
  readonly #record: ForwardRecord;
  readonly #dy: Tensor;
  readonly #dx: Tensor;
  readonly #engine: Engine;
  readonly #options: BackwardRunOptions;
  readonly #geometry: Geometry;
  readonly #taken: number[] = [];

  constructor(record: ForwardRecord, dy: Tensor, dx: Tensor, engine: Engine, options: BackwardRunOptions) {
    this.#record = record;
    this.#dy = dy;
    this.#dx = dx;
    this.#engine = engine;
    this.#options = options;
    this.#geometry = geometryOf(record.x.shape, record.x.layout);
  }

  /** Batch norm, and any norm by given statistics: one pair of sums for each channel. */
  async ofBatch(): Promise<ParameterGradients> {
    const { weight, isConstant, x } = this.#record;
    const { samples, channels, planeSize } = this.#geometry;
    const statistics = this.#writeStatistics(1);
    const elementBytes = itemSize(x.dtype) + itemSize(this.#dy.dtype);
    if (!isConstant && takesWholeChannels(this.#geometry, elementBytes, this.#engine.threads)) {
      const sums = this.#take(channels);
      await this.#run(statistics, sums, { of: "channels", weight });
      return this.#parameters(this.#pairs(sums, channels).slice());
    }
    let total: Float64Array | null = null;
    if (!isConstant || weight) {
      const vectors = sumVectors(this.#geometry);
      const sums = this.#take(vectors * channels);
      await this.#run(statistics, sums, { of: "sums" });
      total = fold(this.#pairs(sums, vectors * channels), channels);
    }
    const coefficients = channelGradients(
      this.#pairs(statistics, channels).slice(),
      isConstant || !total ? new Float64Array(channels * PAIR) : total,
      weight,
      samples * planeSize,
    );
    await this.#run(statistics, 0, { of: "input", coefficients, isConstant });
    return this.#parameters(total);
  }

  /** Instance and group norm: statistics of each sample. */
  async ofSamples(): Promise<ParameterGradients> {
    const { weight, groups } = this.#record;
    const { samples, channels } = this.#geometry;
    const statistics = this.#writeStatistics(channels / groups);
    const sums = this.#take(samples * channels);
    await this.#run(statistics, sums, { of: "samples", groups, weight });
    return this.#parameters(weight ? fold(this.#pairs(sums, samples * channels), channels) : null);
  }

  /** Layer norm: statistics of each row, a weight for each element of it. */
  async ofRows(): Promise<ParameterGradients> {
    const { weight } = this.#record;
    const { samples, planeSize } = this.#geometry;
    const statistics = this.#writeStatistics(1);
    let total: Float64Array | null = null;
    if (weight) {
      const rowsPerBlock = columnBlockRows(this.#geometry);
      const blocks = Math.ceil(samples / rowsPerBlock);
      const sums = this.#take(blocks * planeSize);
      // Before dx, which may be written over dy.
      await this.#run(statistics, sums, { of: "columns", rowsPerBlock });
      total = fold(this.#pairs(sums, blocks * planeSize), planeSize);
    }
    await this.#run(statistics, 0, { of: "rows", weight });
    return this.#parameters(total);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pointer of this.#taken) this.#engine.heap.free(pointer);
  }

  async #run(statistics: number, sums: number, work: GradientWork): Promise<void> {
    const { x } = this.#record;
    const pass: GradientPass = {
      kind: "gradient",
      id: nextPassId(),
      source: passSource(x, this.#engine),
      geometry: this.#geometry,
      buffers: gradientBuffers(this.#geometry, work),
      flags: createFlags(),
      repeatable:
        this.#dx.storage.byteOffset !== this.#dy.storage.byteOffset && this.#dx.storage.byteOffset !== x.storage.byteOffset,
      dy: { byteOffset: this.#dy.storage.byteOffset, dtype: this.#dy.dtype as GradientDType },
      dx: this.#dx.storage.byteOffset,
      statistics,
      sums,
      work,
    };
    const { signal, shardBytes } = this.#options;
    if (shardBytes !== undefined) assertCount(shardBytes, "bytes of a shard");
    const shardElements = shardBytes === undefined ? undefined : Math.ceil(shardBytes / itemSize(x.dtype));
    const rects = gradientRects(this.#geometry, work, this.#engine.threads, shardElements);
    try {
      await this.#engine.open(pass);
      await lastValueFrom(runGradientPass(this.#engine, pass, rects, signal));
    } finally {
      await this.#engine.close(pass);
    }
  }

  /** The statistics as pairs in the engine's memory, each `times` times: for every channel of its group. */
  #writeStatistics(times: number): number {
    const { mean, rstd } = this.#record;
    const pointer = this.#take(mean.length * times);
    const pairs = this.#pairs(pointer, mean.length * times);
    for (let i = 0; i < mean.length * times; i++) {
      pairs[i * PAIR] = mean[Math.floor(i / times)] as number;
      pairs[i * PAIR + 1] = rstd[Math.floor(i / times)] as number;
    }
    return pointer;
  }

  #take(pairs: number): number {
    const pointer = this.#engine.heap.allocate(pairs * PAIR_BYTES);
    this.#taken.push(pointer);
    return pointer;
  }

  #pairs(pointer: number, length: number): Float64Array {
    return new Float64Array(this.#engine.heap.memory.buffer, pointer, length * PAIR);
  }

  #parameters(total: Float64Array | null): ParameterGradients {
    if (!total || !this.#record.weight) return { dweight: null, dbias: null };
    const length = total.length / PAIR;
    const column = (k: number) => Float64Array.from({ length }, (_, i) => total[i * PAIR + k] as number);
    return { dweight: column(1), dbias: column(0) };
  }
}

/** Vectors of pairs, one behind the other, merged in the canonical tree. */
function fold(pairs: Float64Array, width: number): Float64Array {
  const sums = new SumFold(width * PAIR);
  for (let at = 0; at < pairs.length; at += width * PAIR) sums.push(pairs, at);
  return sums.result();
}
