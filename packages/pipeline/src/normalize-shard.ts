import { addMissing, type ChecksumPiece, crc32, type MissingChunks } from "@normstream/formats";
import { Fold, finishRows, mergeChannels, type Norm, ROW, ROW_BYTES } from "@normstream/moments";
import { firstElement, forEachRun, itemSize, packedStrides, type Region, regionSize, stridesOf } from "@normstream/tensor";
import { reciprocalStd } from "./affine.js";
import { earlier, firstNonFinite } from "./non-finite.js";
import { normalizeRegion, type Prepared } from "./normalize-region.js";
import type { AffineStatistics, NormalizePass, Place, Rect, ShardResult, ShardTask } from "./pass.js";
import { regionOf } from "./region.js";
import type { ShardContext, View } from "./shard-context.js";
import { blockRows, partRows } from "./step-rows.js";
import { gridOf, leavesPerPlane } from "./steps.js";

/** Normalizes a shard step by step, taking the statistics of each step first where they are its own. */
export async function runNormalizeShard(context: ShardContext, task: ShardTask, state: Prepared): Promise<ShardResult> {
  const pass = context.pass as NormalizePass;
  const { geometry, table } = pass;
  const shard = regionOf(task.rect, geometry, table);
  const grid = gridOf(task.rect, pass.step);
  const written: ChecksumPiece[] = [];
  let nonFinite: Place | undefined;
  let missing: MissingChunks | null = null;
  let bytes = 0;
  for (let i = 0; i < grid.length; i++) {
    context.checkCancelled();
    const part = grid.at(i);
    const region = regionOf(part, geometry, table);
    const from = await context.load(task, shard, region);
    missing = addMissing(missing, context.takeMissing());
    let statistics: AffineStatistics;
    if (pass.statistics.from === "pass") statistics = pass.statistics.values;
    else if (pass.statistics.from === "task") statistics = task.statistics as AffineStatistics;
    else {
      const rows = blockRows(context, pass, part, region, from);
      if (pass.nan === "error") nonFinite = earlier(nonFinite, firstNonFinite(context, region, from, rows));
      statistics = ownStatistics(context, pass, pass.statistics, part, rows);
    }
    if (pass.nan === "error" && pass.statistics.from !== "values") {
      const isWhole = pass.step.leaves >= leavesPerPlane(geometry, table);
      const rows = isWhole ? blockRows(context, pass, part, region, from) : partRows(context, pass, region, from);
      nonFinite = earlier(nonFinite, firstNonFinite(context, region, from, rows));
    }
    const to = targetView(context, pass, region, from, task.pointer !== undefined);
    normalizeRegion(pass, context.workspace, region, from, to, statistics, state);
    if (pass.target.kind === "file") write(context, pass, region, to.pointer, written);
    const read = regionSize(region) * itemSize(pass.source.dtype);
    bytes += read;
    context.countBytes(read);
  }
  return {
    index: task.index,
    rect: task.rect,
    bytes,
    ...(pass.checksum ? { written } : {}),
    ...(nonFinite ? { nonFinite } : {}),
    ...(missing ? { missing } : {}),
  };
}

/** Statistics of a part: of all samples (batch norm), or of each one (the others), from its rows `[samples, channels, 8]`. */
function ownStatistics(
  context: ShardContext,
  pass: NormalizePass,
  { norm, eps, rows: rowsAt }: { norm: Norm; eps: number; rows: number | null },
  part: Rect,
  rows: Float64Array,
): AffineStatistics {
  const channels = part.channelEnd - part.channel;
  /** Keeps the statistics' rows, of sets × groups, where the caller wants them. */
  const keep = (found: Float64Array, set: number, firstGroup: number, groups: number) => {
    if (rowsAt === null) return;
    for (let at = 0; at < found.length; at += groups * ROW) {
      const index = (set + at / (groups * ROW)) * pass.groups + firstGroup;
      new Float64Array(context.heapBuffer(), rowsAt + index * ROW_BYTES, groups * ROW).set(found.subarray(at, at + groups * ROW));
    }
  };
  if (norm === "batch") {
    // The step holds all samples of its channels.
    const fold = new Fold(channels);
    for (let at = 0; at < rows.length; at += channels * ROW) fold.push(rows, at);
    const total = fold.result();
    keep(total, 0, part.channel, channels);
    const { mean, variance } = finishRows(total, pass.nan);
    const rstd = reciprocalStd(variance, eps, (i) => ({ channel: part.channel + i }));
    const values = { mean: atChannel(mean, part, pass), rstd: atChannel(rstd, part, pass) };
    return { firstSample: 0, samplesPerSet: Infinity, ...values };
  }
  // A part of the channels is only ever taken for instance norm, where each channel stands for itself.
  const groups = norm === "instance" ? channels : pass.groups;
  const merged = norm === "instance" ? rows : mergeChannels(rows, channels, groups);
  keep(merged, part.block, norm === "instance" ? part.channel : 0, groups);
  const { mean, variance } = finishRows(merged, pass.nan);
  const rstd = reciprocalStd(variance, eps, (i) => ({
    sample: part.block + Math.floor(i / groups),
    channel: part.channel + (i % groups) * (channels / groups),
  }));
  if (norm !== "instance" || channels === pass.geometry.channels) {
    return { firstSample: part.block, samplesPerSet: 1, mean, rstd };
  }
  return { firstSample: part.block, samplesPerSet: 1, mean: atChannel(mean, part, pass), rstd: atChannel(rstd, part, pass) };
}

/** Values of one sample's part of the channels, at their places among all channels. */
function atChannel(values: Float64Array, part: Rect, pass: NormalizePass): Float64Array {
  const all = new Float64Array(pass.geometry.channels);
  all.set(values, part.channel);
  return all;
}

function targetView(context: ShardContext, pass: NormalizePass, region: Region, from: View, inMemory: boolean): View {
  const { geometry, outDType, target } = pass;
  const outSize = itemSize(outDType);
  const scale = (s: { sample: number; channel: number; position: number }) => ({
    sample: s.sample * outSize,
    channel: s.channel * outSize,
    position: s.position * outSize,
  });
  if (target.kind === "memory") {
    const strides = stridesOf(geometry);
    return { pointer: target.byteOffset + firstElement(region, strides) * outSize, strides: scale(strides) };
  }
  // What this thread has read itself it may overwrite.
  if (!inMemory && outSize === itemSize(pass.source.dtype)) return from;
  return { pointer: context.workspace.output, strides: scale(packedStrides(geometry, region)) };
}

function write(
  context: ShardContext,
  { geometry, outDType, checksum }: NormalizePass,
  region: Region,
  pointer: number,
  written: ChecksumPiece[],
): void {
  const outSize = itemSize(outDType);
  const writer = context.writer();
  forEachRun(region, geometry, (element, packed, count) => {
    const length = count * outSize;
    const view = new Uint8Array(context.workspace.kernel.buffer, pointer + packed * outSize, length);
    const byteOffset = element * outSize;
    writer.write(view, byteOffset);
    if (checksum) written.push({ byteOffset, byteLength: length, crc: crc32(view) });
  });
}
