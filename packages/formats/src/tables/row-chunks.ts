import {
  type ByteSource,
  type DecodedStorage,
  forEachRun,
  geometryOf,
  itemSize,
  type Region,
  type StoredTensor,
} from "@normstream/tensor";
import type { RegionReader } from "../regions/region-reader.js";

/** Rows of a table that are decoded together; `firstRow` counts over the whole table. */
export interface RowChunk {
  readonly firstRow: number;
  readonly rows: number;
}

/**
 * Reads regions of a table that is kept in chunks of whole rows. The last chunk is kept, since the next region often begins in it.
 * @param chunks ascending, without gaps
 * @param decode the rows of a chunk, packed in C order
 * @param bytes of the file that they are in: disposed of with the reader
 */
export function chunkedRegions<Chunk extends RowChunk>(
  source: StoredTensor<DecodedStorage>,
  chunks: readonly Chunk[],
  decode: (chunk: Chunk) => Uint8Array | Promise<Uint8Array>,
  bytes: ByteSource,
): RegionReader {
  const size = itemSize(source.dtype);
  const geometry = geometryOf(source.shape, source.layout);
  let kept: { readonly chunk: Chunk; readonly bytes: Uint8Array } | undefined;
  return {
    async read(region, target) {
      const perSample = target.length / Math.max(1, region.sampleEnd - region.sample);
      for (let i = chunkAt(chunks, region.sample); i < chunks.length; i++) {
        const chunk = chunks[i] as Chunk;
        const from = Math.max(region.sample, chunk.firstRow);
        const to = Math.min(region.sampleEnd, chunk.firstRow + chunk.rows);
        if (from >= to) break;
        if (kept?.chunk !== chunk) {
          kept = undefined;
          kept = { chunk, bytes: await decode(chunk) };
        }
        const decoded = kept.bytes;
        const own: Region = { ...region, sample: from - chunk.firstRow, sampleEnd: to - chunk.firstRow };
        const first = (from - region.sample) * perSample;
        forEachRun(own, { ...geometry, samples: chunk.rows }, (element, packed, length) => {
          target.set(decoded.subarray(element * size, (element + length) * size), first + packed * size);
        });
      }
    },
    check: () => bytes.check?.(),
    [Symbol.dispose]() {
      kept = undefined;
      bytes[Symbol.dispose]();
    },
  };
}

/** The chunk that holds a row. */
function chunkAt(chunks: readonly RowChunk[], row: number): number {
  let low = 0;
  let high = chunks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((chunks[middle] as RowChunk).firstRow <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
