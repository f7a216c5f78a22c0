import { blockCount, grainOf, LEAF, ROW_BYTES, type TableShape, tableShape } from "@normstream/moments";
import {
  elementCount,
  type Geometry,
  geometryOf,
  isContiguous,
  itemSize,
  type StoredTensor,
  usageError,
} from "@normstream/tensor";
import { dispatchOf, type Engine } from "./engine.js";
import { isReadByThreads } from "./engine-tensor.js";
import type { Buffers, Rect, Steps } from "./pass.js";
import { regionOf } from "./region.js";
import { EXECUTOR_BYTES } from "./shard-executor.js";
import { chunkedSteps, contiguousSteps, type Grid, gatherSteps, gridOf, leavesPerPlane, type StepBudget } from "./steps.js";
import { workspaceBytes } from "./workspace.js";

/** Of a tensor in memory: nothing is read again where a thread dies, so that handing out is all that counts. */
const TENSOR_SHARD_BYTES = 64 << 20;
const SMALLEST_SHARD_BYTES = 4 << 20;
/** A step: what a thread reads at once, small enough to stay in its cache. */
const STEP_BYTES = 1 << 20;
/** What it takes statistics of over all samples and then normalizes, while it is in the third-level cache. */
const CACHED_CHANNEL_BYTES = 4 << 20;
/** Files that a shard reads from, at most about. */
const SHARD_PARTS = 512;
/** Rows that a shard may give. */
const SHARD_ROW_BYTES = 4 << 20;

export interface PlanOptions {
  /** Bytes of a shard; rounded to whole planes or leaves, at least one of them. Default about 16 MiB. Does not change a bit of the result. */
  readonly shardBytes?: number | undefined;
  /** Keep one row a sample, whatever the size of its planes. */
  readonly perInstance?: boolean | undefined;
  /** Samples of a batch: rows end where batches do, so that `batchNorm({ batchSize })` can tell batches apart where planes are small. */
  readonly batchSize?: number | undefined;
  /** The pass covers part `index` (counted from 0) of `of` parts of the samples; parts merge to the bits of the whole. */
  readonly part?:
    | {
        /** Counted from 0. */
        readonly index: number;
        /** Number of parts. */
        readonly of: number;
      }
    | undefined;
}

/** How a pass is cut, and what memory it takes: known before it starts. */
export interface Plan {
  readonly geometry: Geometry;
  readonly table: TableShape;
  /** The blocks that the pass covers: all, or those of a part. */
  readonly whole: Rect;
  readonly step: Steps;
  readonly grid: Grid;
  /** Bytes of a shard, as far as planes and leaves allow: asked for again under the same memory, it gives the same grid. */
  readonly shardBytes: number;
  readonly buffers: Buffers;
  /** Bytes of the tensor that the pass reads. */
  readonly byteLength: number;
  /** Bytes that the buffers of all threads, the shards on their way and the merged rows take; Node's own come on top. */
  readonly projectedBytes: number;
}

/** What a pass does with what it reads. */
export type Work =
  | { readonly kind: "statistics" }
  | {
      readonly kind: "normalize";
      readonly outItemSize: number;
      /** The largest number of prepared affines. */
      readonly period: number;
      /** What must be at hand together: nothing, a plane, a sample, or a channel of all samples. */
      readonly unit: "any" | "plane" | "sample" | "channel";
      readonly toMemory: boolean;
    };

/**
 * Cuts a tensor into shards under the engine's memory.
 * @returns null where the unit that the work needs does not fit: then statistics are a pass of their own.
 */
export function planPass(
  source: StoredTensor,
  engine: Pick<Engine, "threads" | "memoryBytes" | "name">,
  work: Work,
  options: PlanOptions = {},
): Plan | null {
  checkAtLeastOne("shard bytes", options.shardBytes);
  checkAtLeastOne("batch size", options.batchSize);
  const geometry = geometryOf(source.shape, source.layout);
  const { samples, channels, planeSize } = geometry;
  const perInstance = work.kind === "normalize" || options.perInstance === true;
  const table = tableShape(source.dtype, samples, channels, planeSize, { perInstance, batchSize: options.batchSize });
  const size = itemSize(source.dtype);
  const byteLength = elementCount(source.shape) * size;
  const { inFlight, leastShards, shardBytes: mostBytes } = dispatchOf(engine);
  const isStream = source.storage.kind === "stream";
  // A quarter of the memory is for merged rows and shards on their way, the rest for the threads.
  const share = Math.max(0, (engine.memoryBytes * (isStream ? 0.25 : 0.75)) / engine.threads - EXECUTOR_BYTES);
  const perThread = share - decodingBytes(source, share);
  // What a thread read itself it may overwrite; what lies in the engine's memory needs no buffer to be read, and one to be written.
  const inMemory = !isReadByThreads(source);
  const toFile = work.kind === "normalize" && !work.toMemory;
  const outRatio = toFile && (inMemory || work.outItemSize !== size) ? work.outItemSize / size : 0;
  const ratio = (inMemory ? 0 : 1) + outRatio + 0.1;
  // A stream fills one range of memory after another: half of the memory is for those.
  const perRange = isStream ? (engine.memoryBytes * 0.5) / (inFlight + 1) : Number.POSITIVE_INFINITY;
  const limitBytes = Math.max(64 * 1024, Math.min(perRange, perThread / ratio));
  const rowBytes = Math.min(SHARD_ROW_BYTES, Math.max(ROW_BYTES, (engine.memoryBytes * 0.1) / (inFlight + 1)));
  const isTensor = source.storage.kind === "memory";
  const byDefault = isTensor
    ? Math.min(TENSOR_SHARD_BYTES, byteLength / (engine.threads * 2))
    : Math.min(mostBytes, byteLength / leastShards);
  const wanted = Math.min(options.shardBytes ?? byDefault, perRange);
  const shardBytes = Math.max(options.shardBytes === undefined ? Math.min(SMALLEST_SHARD_BYTES, perRange) : 1, wanted);
  const budget = (targetBytes: number): StepBudget => ({ itemSize: size, targetBytes, limitBytes, rowBytes });

  const leaves = leavesPerPlane(geometry, table);
  let step: Steps;
  let shard: Steps;
  const { chunkSamples } = chunksOf(source);
  const givesRows = work.kind === "statistics";
  if (chunkSamples > 0) {
    const needsWhole = work.kind === "normalize" && (work.unit === "plane" || work.unit === "sample");
    const cut = chunkedSteps(geometry, table, { ...budget(limitBytes), shardBytes, needsWhole, givesRows }, chunkSamples);
    if (!cut) return null;
    ({ step, shard } = cut);
  } else if (source.order === "F") {
    step = gatherSteps(geometry, table, budget(limitBytes));
    shard = step;
  } else {
    // A tensor in memory is not read: one step does, but where values are read twice and should still be in the cache.
    const isFused = work.kind === "normalize" && work.unit !== "any";
    const stepBytes = isFreeOf(source, work) ? (isFused ? STEP_BYTES : shardBytes) : Math.min(STEP_BYTES, limitBytes);
    step = contiguousSteps(geometry, table, budget(Math.min(stepBytes, shardBytes)));
    shard = contiguousSteps(geometry, table, budget(shardBytes));
  }
  if (work.kind === "normalize" && work.unit === "channel") {
    const unit = wholeChannels(geometry, leaves, size, isFreeOf(source, work));
    if (!unit) return null;
    step = unit;
    shard = { ...unit, channels: Math.max(unit.channels, Math.ceil(channels / (engine.threads * 2))) };
  } else if (work.kind === "normalize" && (work.unit === "plane" || work.unit === "sample") && chunkSamples === 0) {
    const unit = wholeUnits(step, work.unit, geometry, leaves, size, limitBytes);
    if (!unit) return null;
    step = unit;
    shard = wholeUnits(shard, work.unit, geometry, leaves, size, limitBytes) ?? unit;
  }
  const blocks = blockCount(table);
  shard = { ...shard, blocks: Math.max(1, Math.min(shard.blocks, blocks, mostBlocks(source, table))) };
  // A step never reaches over its shard, nor a part of a plane over the shard's.
  step = {
    blocks: Math.min(step.blocks, shard.blocks),
    channels: Math.min(step.channels, shard.channels),
    leaves: Math.min(step.leaves, shard.leaves),
  };
  const part = options.part ?? { index: 0, of: 1 };
  // Parts end where batches end, so that what is merged from them is the table of the whole.
  const perBatch = table.batchSize === 0 ? 1 : Math.ceil(table.batchSize / table.grain);
  const cut = (i: number) => Math.min(blocks, Math.floor((Math.ceil(blocks / perBatch) * i) / part.of) * perBatch);
  const whole: Rect = {
    block: cut(part.index),
    blockEnd: cut(part.index + 1),
    channel: 0,
    channelEnd: channels,
    leaf: 0,
    leafEnd: leaves,
  };
  const elementsOf = (s: Steps) =>
    Math.min(s.blocks * table.grain * s.channels * Math.min(planeSize, s.leaves * LEAF), elementCount(source.shape));
  // Parts of planes are worked on sample by sample.
  const stepRows = step.channels * (step.leaves < leaves ? step.leaves : step.blocks);
  const buffers: Buffers = {
    input: inMemory ? 0 : elementsOf(step) * size,
    output: outRatio > 0 && work.kind === "normalize" ? elementsOf(step) * work.outItemSize : 0,
    rows: stepRows * ROW_BYTES,
    prepared: work.kind === "normalize" ? work.period : 0,
  };
  const shardRows = (givesRows ? shard : step).blocks * shard.channels * ROW_BYTES;
  const foldBytes = work.kind === "statistics" ? 2 * Math.ceil(Math.log2(blocks + 2)) * channels * ROW_BYTES * 2 : 0;
  const slots = isStream ? (inFlight + 1) * elementsOf(shard) * size : 0;
  return {
    geometry,
    table,
    whole,
    step,
    grid: gridOf(whole, shard),
    shardBytes,
    buffers,
    byteLength: part.of === 1 ? byteLength : partBytes(whole, geometry, table, size),
    projectedBytes: Math.ceil(
      engine.threads * (EXECUTOR_BYTES + workspaceBytes(buffers)) + (inFlight + 1) * shardRows + foldBytes + slots,
    ),
  };
}

/** Bytes of a thread's share that a decoder takes. @throws NormstreamError of kind `usage` where it takes nearly all of it. */
function decodingBytes(source: StoredTensor, share: number): number {
  const { chunkBytes } = chunksOf(source);
  if (chunkBytes > share * 0.75) {
    throw usageError("a chunk does not fit the memory of a thread", {
      file: source.name,
      expected: `at most ${Math.floor(share * 0.75)} bytes`,
      found: `${chunkBytes}`,
      hint: "Give more --memory, or fewer --threads.",
    });
  }
  return chunkBytes;
}

/** Samples that are decoded together, and the bytes that this takes; 0 where elements stand as they are. */
function chunksOf({ storage }: StoredTensor): { readonly chunkSamples: number; readonly chunkBytes: number } {
  if (storage.kind !== "decoded" && storage.kind !== "parts") return { chunkSamples: 0, chunkBytes: 0 };
  return { chunkSamples: storage.chunkSamples ?? 0, chunkBytes: storage.chunkBytes ?? 0 };
}

/** Blocks of a shard whose task is still a small message: it names the files that hold them. */
function mostBlocks({ storage, shape }: StoredTensor, { grain }: TableShape): number {
  if (storage.kind !== "parts" && storage.kind !== "images") return Number.POSITIVE_INFINITY;
  const samplesPerPart = (shape[0] as number) / storage.count;
  return Math.max(1, Math.floor((SHARD_PARTS * samplesPerPart) / grain));
}

function checkAtLeastOne(name: string, value: number | undefined): void {
  if (value !== undefined && !(value >= 1)) throw usageError(`${name} ${value}`, { expected: "1 or more" });
}

/** Whether every shard of a plan is one run of the source's bytes, in order: what a stream can feed. */
export function isSequential({ order }: StoredTensor, plan: Plan): boolean {
  const { grid, geometry, table } = plan;
  if (order === "F") return false;
  return grid.length === 0 || isContiguous(regionOf(grid.at(0), geometry, table), geometry);
}

function partBytes(whole: Rect, geometry: Geometry, table: TableShape, size: number): number {
  const r = regionOf(whole, geometry, table);
  return (r.sampleEnd - r.sample) * geometry.channels * geometry.planeSize * size;
}

/** Whether a pass leaves a tensor where it is: nothing is read or written but memory. */
const isFreeOf = (source: StoredTensor, work: Work): boolean =>
  source.storage.kind === "memory" && (work.kind === "statistics" || work.toMemory);

/**
 * Steps of some channels of all samples, for batch norm of a tensor in memory in one pass: null where they are not to be had as rows of
 * single samples, or do not stay in the third-level cache until they are normalized.
 */
function wholeChannels(geometry: Geometry, leaves: number, itemBytes: number, isFree: boolean): Steps | null {
  const { samples, channels, planeSize } = geometry;
  const channelBytes = samples * planeSize * itemBytes;
  const givesSingleRows = grainOf(planeSize, false) === 1;
  if (!isFree || geometry.channelsLast || !givesSingleRows || channelBytes > CACHED_CHANNEL_BYTES) return null;
  return { blocks: samples, channels: Math.min(channels, Math.max(1, Math.floor(CACHED_CHANNEL_BYTES / channelBytes))), leaves };
}

/** The steps, widened to whole planes or samples; null where one of them exceeds the limit. */
function wholeUnits(
  steps: Steps,
  unit: "plane" | "sample",
  geometry: Geometry,
  leaves: number,
  itemBytes: number,
  limitBytes: number,
): Steps | null {
  const planeBytes = geometry.planeSize * itemBytes;
  const needsSample = unit === "sample" || geometry.channelsLast;
  const bytes = needsSample ? planeBytes * geometry.channels : planeBytes;
  if (bytes > limitBytes) return null;
  return { blocks: steps.blocks, channels: needsSample ? geometry.channels : steps.channels, leaves };
}
