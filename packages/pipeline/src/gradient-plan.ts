import { periodicBytes, periodicGradientBytes, weightsBytes } from "@normstream/kernel";
import { LEAF, PAIR_BYTES } from "@normstream/moments";
import { type Geometry, isInterleaved } from "@normstream/tensor";
import type { Buffers, GradientWork, Rect } from "./pass.js";

/** Planes this small take their coefficients from a list that repeats. */
export const SMALL_PLANE = 64;
/** Longest list of that kind. */
export const PREPARED_PERIOD = 1 << 16;
/** x and dy of one channel, over all samples, are read twice from a cache up to this. */
const CACHED_CHANNEL_BYTES = 8 << 20;
/** Elements whose column sums are one vector: more of them would be added without a tree. */
const COLUMN_BLOCK = 1 << 19;
/** Rows longer than this are cut into columns for their column sums. */
const LONG_ROW = LEAF;
/** Elements of a shard, at least: handing it out should cost nothing. */
const SHARD_ELEMENTS = 1 << 18;
const SHARDS_PER_THREAD = 8;

/** Whether rows of all channels stand together: channels vary fastest, or a plane is one value. */
export const isRowwise = (geometry: Geometry): boolean => isInterleaved(geometry) || geometry.planeSize === 1;

/** Vectors of sums that `of: "sums"` gives, each of all channels. */
export const sumVectors = (geometry: Geometry): number =>
  isRowwise(geometry) ? Math.ceil((geometry.samples * geometry.planeSize) / LEAF) : geometry.samples;

/** Rows of a block of column sums: fixed by the shape, so that sums do not depend on how the pass was cut. */
export const columnBlockRows = ({ samples, planeSize }: Geometry): number =>
  planeSize > LONG_ROW ? samples : Math.max(1, Math.floor(COLUMN_BLOCK / planeSize));

/** Whether sums and dx of a channel are computed together: each thread has channels, and they stay in its cache. */
export function takesWholeChannels(geometry: Geometry, elementBytes: number, threads: number): boolean {
  const { samples, channels, planeSize } = geometry;
  const channelBytes = samples * planeSize * elementBytes;
  // Small planes take coefficients of all channels at once, which rounds once for all of them.
  if (isRowwise(geometry) || planeSize < SMALL_PLANE) return false;
  return channels >= 2 * threads && channelBytes <= CACHED_CHANNEL_BYTES;
}

/**
 * The shards of a part of the backward pass. Cuts never change a result.
 * @param shardElements of a shard, where the caller says it: as near to it as the work can be cut
 */
export function gradientRects(geometry: Geometry, work: GradientWork, threads: number, shardElements?: number): Rect[] {
  const { samples, channels, planeSize } = geometry;
  const cut = (blocks: number, across: number, elements: number, cutsAcross: boolean) => {
    const byDefault = Math.min(threads * SHARDS_PER_THREAD, Math.floor(elements / SHARD_ELEMENTS));
    const wanted = shardElements === undefined ? byDefault : Math.ceil(elements / shardElements);
    return cutInto(Math.max(1, wanted), blocks, across, cutsAcross);
  };
  switch (work.of) {
    case "channels":
      return cut(1, channels, samples * channels * planeSize, true);
    case "columns":
      return cut(Math.ceil(samples / work.rowsPerBlock), planeSize, samples * planeSize, planeSize > LONG_ROW);
    case "rows":
      return cut(samples, 1, samples * planeSize, false);
    case "samples":
      return cut(samples, channels, samples * channels * planeSize, work.groups === channels && !isRowwise(geometry));
    default: {
      // Small planes take prepared coefficients of all channels.
      const canCut = !isRowwise(geometry) && !(work.of === "input" && planeSize < SMALL_PLANE);
      return cut(sumVectors(geometry), channels, samples * channels * planeSize, canCut);
    }
  }
}

/** Cuts blocks, and what lies across them where blocks are few and it may be cut. */
function cutInto(wanted: number, blocks: number, across: number, cutsAcross: boolean): Rect[] {
  const rows = Math.min(blocks, wanted);
  const columns = cutsAcross ? Math.min(across, Math.ceil(wanted / rows)) : 1;
  const rects: Rect[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      rects.push({
        block: Math.floor((blocks * i) / rows),
        blockEnd: Math.floor((blocks * (i + 1)) / rows),
        channel: Math.floor((across * j) / columns),
        channelEnd: Math.floor((across * (j + 1)) / columns),
        leaf: 0,
        leafEnd: 1,
      });
    }
  }
  return rects;
}

/** What a thread computes in. */
export function gradientBuffers(geometry: Geometry, work: GradientWork): Buffers {
  const { channels, planeSize } = geometry;
  const none = { input: 0, output: 0, rows: 0, prepared: 0 };
  const ofPeriod = (period: number) => Math.max(periodicBytes(period), periodicGradientBytes(period));
  if (work.of === "channels") return { ...none, rows: channels * PAIR_BYTES };
  if (work.of === "rows") return { ...none, rows: PAIR_BYTES, prepared: work.weight ? weightsBytes(planeSize) : 0 };
  if (work.of === "samples") return { ...none, prepared: isRowwise(geometry) ? ofPeriod(channels) : 0 };
  if (work.of !== "input") return none;
  const isSmall = !isRowwise(geometry) && planeSize < SMALL_PLANE && channels * planeSize <= PREPARED_PERIOD;
  return { ...none, prepared: isRowwise(geometry) ? ofPeriod(channels) : isSmall ? ofPeriod(channels * planeSize) : 0 };
}
