import { addMissing, type MissingChunks } from "@normstream/formats";
import { Fold, type Kernel, LEAF, ROW, ROW_BYTES } from "@normstream/moments";
import { type Geometry, isInterleaved, itemSize, type Region, regionSize } from "@normstream/tensor";
import { earlier, firstNonFinite } from "./non-finite.js";
import type { Place, Rect, ShardResult, ShardTask, StatisticsPass } from "./pass.js";
import { regionOf, samplesOf } from "./region.js";
import type { ShardContext, View } from "./shard-context.js";
import { gridOf, leavesPerPlane } from "./steps.js";

/** Computes a shard's rows: reads it step by step, each step's rows straight from the kernel. */
export async function runStatisticsShard(context: ShardContext, task: ShardTask): Promise<ShardResult> {
  const pass = context.pass as StatisticsPass;
  const { geometry, table, step } = pass;
  const { rect } = task;
  const size = itemSize(pass.source.dtype);
  const leaves = leavesPerPlane(geometry, table);
  const channels = rect.channelEnd - rect.channel;
  const isWhole = rect.leaf === 0 && rect.leafEnd === leaves;
  const length = isWhole ? (rect.blockEnd - rect.block) * channels * ROW : 0;
  const isPlaced = isWhole && task.rows !== undefined;
  const rows = isPlaced ? new Float64Array(context.heapBuffer(), task.rows, length) : new Float64Array(length);
  const shard = regionOf(rect, geometry, table);
  const grid = gridOf(rect, step);
  /** The planes of the blocks that steps are going through, leaf by leaf. */
  let folds: Fold[] = [];
  let bytes = 0;
  let nonFinite: Place | undefined;
  let missing: MissingChunks | null = null;
  const watch = (found: Float64Array, region: Region, view: View) => {
    if (pass.nan === "error") nonFinite = earlier(nonFinite, firstNonFinite(context, region, view, found));
  };
  for (let i = 0; i < grid.length; i++) {
    context.checkCancelled();
    const part = grid.at(i);
    const region = regionOf(part, geometry, table);
    const view = await context.load(task, shard, region);
    missing = addMissing(missing, context.takeMissing());
    const width = (part.channelEnd - part.channel) * ROW;
    if (step.leaves >= leaves) {
      const found = blockRows(context, pass, part, region, view);
      watch(found, region, view);
      const line = channels * ROW;
      for (let b = part.block; b < part.blockEnd; b++) {
        const at = (b - rect.block) * line + (part.channel - rect.channel) * ROW;
        rows.set(found.subarray((b - part.block) * width, (b - part.block + 1) * width), at);
      }
    } else {
      // A row stands for one sample here: blocks are samples.
      if (folds.length === 0) folds = Array.from({ length: part.blockEnd - part.block }, () => new Fold(width / ROW));
      for (const [n, fold] of folds.entries()) {
        const sample = region.sample + n;
        const own = { ...region, sample, sampleEnd: sample + 1 };
        const at = { ...view, pointer: view.pointer + n * view.strides.sample };
        const found = partRows(context, pass, own, at);
        watch(found, own, at);
        for (let leaf = 0; leaf < found.length; leaf += width) fold.push(found, leaf);
      }
      if (part.leafEnd === leaves && isWhole) {
        for (const [n, fold] of folds.entries()) {
          rows.set(fold.result(), ((part.block + n - rect.block) * channels + (part.channel - rect.channel)) * ROW);
        }
        folds = [];
      }
    }
    bytes += regionSize(region) * size;
    context.countBytes(regionSize(region) * size);
  }
  // Parts of planes are of one block.
  const moments = isPlaced ? {} : isWhole ? { rows } : { nodes: (folds[0] ?? new Fold(channels)).nodes() };
  return { index: task.index, rect, bytes, ...moments, ...(nonFinite ? { nonFinite } : {}), ...(missing ? { missing } : {}) };
}

/** Rows of whole planes of some blocks, `[blocks, channels, 8]`: a view of the workspace, valid until the next call. */
export function blockRows(
  { workspace: { kernel, rows } }: ShardContext,
  { source: { dtype }, geometry, table }: Pick<StatisticsPass, "source" | "geometry" | "table">,
  part: Rect,
  region: Region,
  view: View,
): Float64Array {
  const blocks = part.blockEnd - part.block;
  const channels = part.channelEnd - part.channel;
  const size = itemSize(dtype);
  const { planeSize } = geometry;
  const { pointer, strides } = view;
  if (table.grain === 1) {
    for (let n = 0; n < blocks; n++) {
      const from = pointer + n * strides.sample;
      const to = rows + n * channels * ROW_BYTES;
      if (isInterleaved(geometry)) interleavedPlanes(kernel, dtype, from, channels, geometry, view, to);
      else if (strides.sample === channels * planeSize * size) {
        kernel.planeRows(dtype, from, blocks * channels, planeSize, planeSize * size, to);
        break;
      } else kernel.planeRows(dtype, from, channels, planeSize, planeSize * size, to);
    }
  } else {
    let sample = region.sample;
    for (let b = 0; b < blocks; b++) {
      const samples = samplesOf(table, part.block + b);
      const from = pointer + (sample - region.sample) * strides.sample;
      const to = rows + b * channels * ROW_BYTES;
      if (planeSize === 1) kernel.tableRows(dtype, from, samples, channels, strides.sample, to);
      else if (isInterleaved(geometry)) {
        kernel.interleavedRows(dtype, from, samples * planeSize, channels, strides.position, to);
      } else kernel.runRows(dtype, from, channels, samples, planeSize, strides.channel, strides.sample, to);
      sample += samples;
    }
  }
  return new Float64Array(kernel.buffer, rows, blocks * channels * ROW);
}

/** Rows of some leaves of the planes of one sample, `[leaves, channels, 8]`. */
export function partRows(
  { workspace: { kernel, rows } }: ShardContext,
  pass: Pick<StatisticsPass, "source" | "geometry">,
  region: Region,
  view: View,
): Float64Array {
  const positions = region.positionEnd - region.position;
  const channels = region.channelEnd - region.channel;
  const leaves = Math.ceil(positions / LEAF);
  const { dtype } = pass.source;
  if (isInterleaved(pass.geometry)) {
    for (let k = 0; k < leaves; k++) {
      const from = view.pointer + k * LEAF * view.strides.position;
      const count = Math.min(LEAF, positions - k * LEAF);
      kernel.interleavedRows(dtype, from, count, channels, view.strides.position, rows + k * channels * ROW_BYTES);
    }
  } else kernel.leafRows(dtype, view.pointer, positions, rows);
  return new Float64Array(kernel.buffer, rows, leaves * channels * ROW);
}

/** One sample's planes, channels last: leaf by leaf, then folded. */
function interleavedPlanes(
  kernel: Kernel,
  dtype: StatisticsPass["source"]["dtype"],
  from: number,
  channels: number,
  { planeSize }: Geometry,
  { strides }: View,
  rows: number,
): void {
  kernel.interleavedRows(dtype, from, Math.min(LEAF, planeSize), channels, strides.position, rows);
  if (planeSize <= LEAF) return;
  const fold = new Fold(channels);
  const found = new Float64Array(kernel.buffer, rows, channels * ROW);
  fold.push(found);
  for (let j = LEAF; j < planeSize; j += LEAF) {
    kernel.interleavedRows(dtype, from + j * strides.position, Math.min(LEAF, planeSize - j), channels, strides.position, rows);
    fold.push(found);
  }
  found.set(fold.result());
}
