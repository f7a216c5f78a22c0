import type { StoredTensor } from "@normstream/tensor";
import { imageRegions } from "../images/image-regions.js";
import { decodedRegions } from "./decoded-regions.js";
import { fileRegions } from "./file-regions.js";
import { partRegions } from "./part-regions.js";
import type { ReadableStorage, RegionReader } from "./region-reader.js";

/**
 * Opens a tensor for reading on this thread.
 * @throws NormstreamError of kind `data` where a file is no longer in the state in which it was opened, `io` where it cannot be read.
 */
export function openRegions(source: StoredTensor<ReadableStorage>): RegionReader {
  const { storage } = source;
  if (storage.kind === "file") return fileRegions({ ...source, storage });
  if (storage.kind === "decoded") return decodedRegions({ ...source, storage });
  if (storage.kind === "images") return imageRegions({ ...source, storage });
  return partRegions(source);
}
