import { addMissing, type MissingChunks } from "@normstream/formats";
import { Fold, ROW } from "@normstream/moments";
import { itemSize, type Region, regionSize } from "@normstream/tensor";
import { runImageShard } from "./image-shard.js";
import { earlier, firstNonFinite } from "./non-finite.js";
import type { Place, ShardResult, ShardTask, StatisticsPass } from "./pass.js";
import { regionOf } from "./region.js";
import type { ShardContext, View } from "./shard-context.js";
import { blockRows, partRows } from "./step-rows.js";
import { gridOf, leavesPerPlane } from "./steps.js";

/** Computes a shard's rows: reads it step by step, each step's rows straight from the kernel. */
export async function runStatisticsShard(context: ShardContext, task: ShardTask): Promise<ShardResult> {
  const pass = context.pass as StatisticsPass;
  if (pass.ofImages) return runImageShard(context, pass, task);
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
