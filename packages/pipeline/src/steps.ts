import { LEAF, ROW_BYTES, type TableShape } from "@normstream/moments";
import { type Geometry, isInterleaved } from "@normstream/tensor";
import type { Rect, Steps } from "./pass.js";

/** Leaves of a plane: 1 where a row stands for several samples (rule 3). */
export const leavesPerPlane = (geometry: Geometry, table: TableShape): number =>
  table.grain > 1 ? 1 : Math.max(1, Math.ceil(geometry.planeSize / LEAF));

/** How to cut: bytes that a step should take, bytes that it may take where a smaller one would read in slivers. */
export interface StepBudget {
  readonly itemSize: number;
  readonly targetBytes: number;
  readonly limitBytes: number;
  /** Bytes of rows that one step may give. */
  readonly rowBytes: number;
}

/**
 * Steps whose bytes stand together in storage, wherever that is possible within the limit: whole blocks, else whole planes (or
 * all channels of some positions), else leaves; channels are cut only as the last way out, and then read in runs.
 */
export function contiguousSteps(geometry: Geometry, table: TableShape, budget: StepBudget): Steps {
  const { channels, planeSize } = geometry;
  const { itemSize, targetBytes, limitBytes } = budget;
  const leaves = leavesPerPlane(geometry, table);
  const planeBytes = Math.max(1, table.grain * planeSize * itemSize);
  const blockBytes = planeBytes * Math.max(1, channels);
  const rowsOfBlock = Math.max(1, channels) * ROW_BYTES;
  if (blockBytes <= targetBytes) {
    const blocks = Math.min(Math.floor(targetBytes / blockBytes), Math.floor(budget.rowBytes / rowsOfBlock));
    return { blocks: Math.max(1, blocks), channels, leaves };
  }
  if (table.grain > 1) {
    return { blocks: 1, channels: blockBytes <= limitBytes ? channels : atLeastOne(limitBytes / planeBytes), leaves };
  }
  if (!isInterleaved(geometry)) {
    if (planeBytes <= targetBytes) return { blocks: 1, channels: atLeastOne(targetBytes / planeBytes), leaves };
    return { blocks: 1, channels: 1, leaves: leafStep(targetBytes / (LEAF * itemSize), leaves) };
  }
  const leafBytes = Math.min(LEAF, planeSize) * itemSize;
  // By the limit alone, so that a part of a plane has as many channels in a step as in its shard.
  if (leafBytes * channels <= limitBytes) {
    return { blocks: 1, channels, leaves: leafStep(targetBytes / (leafBytes * channels), leaves) };
  }
  return { blocks: 1, channels: atLeastOne(limitBytes / leafBytes), leaves: leafStep(1, leaves) };
}

/** Steps for column-major storage, where every read is a gather: as many samples at once as the limit allows. */
export function gatherSteps(geometry: Geometry, table: TableShape, budget: StepBudget): Steps {
  const { channels, planeSize } = geometry;
  const leaves = leavesPerPlane(geometry, table);
  const planeBytes = Math.max(1, table.grain * planeSize * budget.itemSize);
  const blockBytes = planeBytes * Math.max(1, channels);
  if (blockBytes <= budget.limitBytes) {
    const rowsOfBlock = Math.max(1, channels) * ROW_BYTES;
    return { blocks: atLeastOne(Math.min(budget.limitBytes / blockBytes, budget.rowBytes / rowsOfBlock)), channels, leaves };
  }
  if (planeBytes <= budget.limitBytes) return { blocks: 1, channels: atLeastOne(budget.limitBytes / planeBytes), leaves };
  return { blocks: 1, channels: 1, leaves: leafStep(budget.limitBytes / (LEAF * budget.itemSize), leaves) };
}

/**
 * Steps for elements that are decoded from chunks of several samples: as many samples as a chunk holds, so that each chunk is decoded
 * once. Where so many whole samples exceed the limit, some leaves of all of them at a time, which a shard then goes through.
 * @param budget.shardBytes what a shard should take, where chunks are smaller
 * @param budget.needsWhole whether a step must hold whole samples
 * @param budget.givesRows whether a shard's rows leave it
 * @returns null where it must, and one sample exceeds the limit
 */
export function chunkedSteps(
  geometry: Geometry,
  table: TableShape,
  budget: StepBudget & { readonly shardBytes: number; readonly needsWhole: boolean; readonly givesRows: boolean },
  chunkSamples: number,
): { readonly step: Steps; readonly shard: Steps } | null {
  const { channels, planeSize } = geometry;
  const { itemSize, limitBytes } = budget;
  const leaves = leavesPerPlane(geometry, table);
  const planeBytes = Math.max(1, table.grain * planeSize * itemSize);
  const blockBytes = planeBytes * Math.max(1, channels);
  const mostRows = atLeastOne(budget.rowBytes / (Math.max(1, channels) * ROW_BYTES));
  const perChunk = Math.max(1, Math.min(Math.ceil(chunkSamples / table.grain), Math.ceil(geometry.samples / table.grain)));
  const chunkBytes = perChunk * blockBytes;
  if (chunkBytes <= limitBytes || ((budget.needsWhole || table.grain > 1) && blockBytes <= limitBytes)) {
    const chunks = atLeastOne(Math.min(budget.shardBytes, limitBytes) / chunkBytes);
    const blocks = Math.min(chunks * perChunk, atLeastOne(limitBytes / blockBytes), mostRows);
    const step = { blocks, channels, leaves };
    // What gives no rows goes through whole chunks, step by step, so that one thread decodes them.
    return { step, shard: budget.givesRows ? step : { ...step, blocks: Math.max(blocks, chunks * perChunk) } };
  }
  if (budget.needsWhole) return null;
  if (table.grain > 1) {
    const some = { blocks: 1, channels: Math.min(channels, atLeastOne(limitBytes / planeBytes)), leaves };
    return { step: some, shard: some };
  }
  const blocks = Math.min(perChunk, mostRows);
  const leafBytes = Math.min(LEAF, planeSize) * itemSize;
  const shard = { blocks, channels, leaves };
  if (leafBytes * channels * blocks <= limitBytes) {
    return { step: { blocks, channels, leaves: leafStep(limitBytes / (leafBytes * channels * blocks), leaves) }, shard };
  }
  if (leafBytes * blocks <= limitBytes) {
    return { step: { blocks, channels: atLeastOne(limitBytes / (leafBytes * blocks)), leaves: leafStep(1, leaves) }, shard };
  }
  return { step: { blocks: atLeastOne(limitBytes / leafBytes), channels: 1, leaves: leafStep(1, leaves) }, shard };
}

const atLeastOne = (x: number): number => Math.max(1, Math.floor(x));

/** A power of two, so that parts of a plane are aligned nodes of its tree; or all leaves. */
function leafStep(wanted: number, leaves: number): number {
  if (wanted >= leaves) return leaves;
  return 2 ** Math.floor(Math.log2(Math.max(1, wanted)));
}

/** The grid of rectangles that steps cut a tensor into, in order of block, then channel, then leaf. */
export interface Grid {
  readonly length: number;
  /** What is cut. */
  readonly whole: Rect;
  /** How far each rectangle reaches, but at the ends. */
  readonly steps: Steps;
  at(index: number): Rect;
}

/** @param whole the rectangle to cut: the tensor, or a part of its blocks */
export function gridOf(whole: Rect, steps: Steps): Grid {
  const across = (from: number, to: number, step: number) => Math.ceil((to - from) / Math.max(1, step));
  const c = across(whole.channel, whole.channelEnd, steps.channels);
  const k = across(whole.leaf, whole.leafEnd, steps.leaves);
  const length = across(whole.block, whole.blockEnd, steps.blocks) * c * k;
  return {
    length,
    whole,
    steps,
    at(index) {
      const block = whole.block + Math.floor(index / (c * k)) * steps.blocks;
      const channel = whole.channel + (Math.floor(index / k) % c) * steps.channels;
      const leaf = whole.leaf + (index % k) * steps.leaves;
      return {
        block,
        blockEnd: Math.min(whole.blockEnd, block + steps.blocks),
        channel,
        channelEnd: Math.min(whole.channelEnd, channel + steps.channels),
        leaf,
        leafEnd: Math.min(whole.leafEnd, leaf + steps.leaves),
      };
    },
  };
}
