import { Fold, type Kernel, LEAF, ROW, ROW_BYTES } from "@normstream/moments";
import { type Geometry, isInterleaved, itemSize, type Region } from "@normstream/tensor";
import type { Rect, StatisticsPass } from "./pass.js";
import { samplesOf } from "./region.js";
import type { ShardContext, View } from "./shard-context.js";

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
  } else {
    for (let c = 0; c < channels; c++) {
      kernel.leafRows(dtype, view.pointer + c * view.strides.channel, positions, rows + c * leaves * ROW_BYTES);
    }
  }
  const found = new Float64Array(kernel.buffer, rows, leaves * channels * ROW);
  return isInterleaved(pass.geometry) || channels === 1 ? found : leafByLeaf(found, leaves, channels);
}

/** `[channels, leaves]` rows as `[leaves, channels]`. */
function leafByLeaf(rows: Float64Array, leaves: number, channels: number): Float64Array {
  const out = new Float64Array(rows.length);
  for (let k = 0; k < leaves; k++) {
    for (let c = 0; c < channels; c++) {
      const from = (c * leaves + k) * ROW;
      out.set(rows.subarray(from, from + ROW), (k * channels + c) * ROW);
    }
  }
  return out;
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
