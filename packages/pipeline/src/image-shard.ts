import type { DecodedImage, SkippedImage } from "@normstream/formats";
import { Fold, LEAF, ROW, ROW_BYTES } from "@normstream/moments";
import { type Geometry, type ImagePart, itemSize } from "@normstream/tensor";
import type { ImageSize, ShardResult, ShardTask, StatisticsPass } from "./pass.js";
import type { ShardContext } from "./shard-context.js";
import { partRows } from "./step-rows.js";

/** Computes the rows of a shard of images, each of the size that it has; those that are left out have none. */
export async function runImageShard(context: ShardContext, pass: StatisticsPass, task: ShardTask): Promise<ShardResult> {
  const { geometry } = pass;
  const { rect } = task;
  const width = geometry.channels * ROW;
  const length = (rect.blockEnd - rect.block) * width;
  const isPlaced = task.rows !== undefined;
  const rows = isPlaced ? new Float64Array(context.heapBuffer(), task.rows, length) : new Float64Array(length);
  // Of the size that the first image has: so much of the work is done, whatever sizes the others have.
  const progressBytes = geometry.channels * geometry.planeSize * itemSize(pass.source.dtype);
  const skipped: SkippedImage[] = [];
  let size: ImageSize | "varying" | null = null;
  let blocks = 0;
  let bytes = 0;
  for await (const image of context.images().decode((task.parts ?? []) as readonly ImagePart[])) {
    context.checkCancelled();
    context.countBytes(progressBytes);
    if ("reason" in image) {
      skipped.push(image);
      continue;
    }
    rows.set(imageRow(context, pass, image), blocks++ * width);
    size = size === null || isSize(size, image) ? { width: image.width, height: image.height } : "varying";
    bytes += image.bytes.length;
  }
  const found = { blocks, images: { size, skipped } };
  return { index: task.index, rect, bytes, ...found, ...(isPlaced ? {} : { rows: rows.subarray(0, blocks * width) }) };
}

/** Whether an image has a size. */
export const isSize = (size: ImageSize | "varying", { width, height }: ImageSize): boolean =>
  size !== "varying" && size.width === width && size.height === height;

/** The row of an image, `[channels, 8]`, valid until the next call: leaf by leaf, however large it is. */
function imageRow(context: ShardContext, pass: StatisticsPass, { bytes, width, height }: DecodedImage): Float64Array {
  const { kernel, input, rows } = context.workspace;
  const { source, buffers } = pass;
  const { channels } = pass.geometry;
  const size = itemSize(source.dtype);
  const planeSize = width * height;
  const geometry: Geometry = { ...pass.geometry, planeSize, spatial: [height, width] };
  const perPosition = channels * size;
  const copy = (from: number, positions: number) =>
    new Uint8Array(kernel.buffer, input, positions * perPosition).set(
      bytes.subarray(from * perPosition, (from + positions) * perPosition),
    );
  if (planeSize === 1) {
    copy(0, 1);
    kernel.planeRows(source.dtype, input, channels, 1, size, rows);
    return new Float64Array(kernel.buffer, rows, channels * ROW);
  }
  const mostLeaves = Math.min(buffers.input / (LEAF * perPosition), buffers.rows / (channels * ROW_BYTES));
  const step = Math.max(1, Math.floor(mostLeaves)) * LEAF;
  const strides = { sample: planeSize * perPosition, channel: size, position: perPosition };
  const fold = new Fold(channels);
  for (let position = 0; position < planeSize; position += step) {
    const positionEnd = Math.min(planeSize, position + step);
    copy(position, positionEnd - position);
    const region = { sample: 0, sampleEnd: 1, channel: 0, channelEnd: channels, position, positionEnd };
    const found = partRows(context, { source, geometry }, region, { pointer: input, strides });
    for (let at = 0; at < found.length; at += channels * ROW) fold.push(found, at);
  }
  return fold.result();
}
