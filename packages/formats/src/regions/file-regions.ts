import {
  type FileStorage,
  firstElement,
  forEachRun,
  geometryOf,
  isContiguous,
  itemSize,
  regionSize,
  type StoredTensor,
  stridesOf,
} from "@normstream/tensor";
import { openByteSource } from "../bytes/byte-source-opening.js";
import { gatherRegion } from "./gather.js";
import type { RegionReader } from "./region-reader.js";

/** Reads elements that stand in a file as they are. */
export function fileRegions(source: StoredTensor<FileStorage>): RegionReader {
  const { storage } = source;
  const geometry = geometryOf(source.shape, source.layout);
  const size = itemSize(source.dtype);
  const bytes = openByteSource(storage.path, storage.identity);
  return {
    read(region, target) {
      if (source.order === "F") return gatherRegion(bytes, source, geometry, region, size, storage.byteOffset, target);
      const waiting: Promise<number>[] = [];
      forEachRun(region, geometry, (element, packed, length) => {
        const part = target.subarray(packed * size, (packed + length) * size);
        const got = bytes.read(part, storage.byteOffset + element * size);
        if (typeof got !== "number") waiting.push(got);
      });
      if (waiting.length > 0) return Promise.all(waiting).then(() => {});
    },
    expect(region) {
      if (!bytes.expect || source.order === "F" || !isContiguous(region, geometry)) return;
      const first = storage.byteOffset + firstElement(region, stridesOf(geometry)) * size;
      bytes.expect(first, regionSize(region) * size);
    },
    check: () => bytes.check?.(),
    [Symbol.dispose]() {
      bytes[Symbol.dispose]();
    },
  };
}
