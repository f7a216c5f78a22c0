import { throwIfAborted, usageError } from "@normstream/tensor";
import type { HeaderSource } from "./bytes/header-source.js";
import { DETECTION_BYTES, detectFormat, type ReaderName } from "./format-detection.js";
import type { ArrayListing, ArrayReader, ReadOptions } from "./stored-array.js";

const READERS: Record<ReaderName, () => Promise<ArrayReader>> = {
  npy: async () => (await import("./npy/reader.js")).readNpy,
  npz: async () => (await import("./npz/reader.js")).readNpz,
  idx: async () => (await import("./idx/reader.js")).readIdx,
  safetensors: async () => (await import("./safetensors/reader.js")).readSafetensors,
  "safetensors-index": async () => (await import("./safetensors/index-reader.js")).readSafetensorsIndex,
  raw: async () => (await import("./raw/reader.js")).readRaw,
  image: async () => (await import("./images/reader.js")).readImage,
  tiff: async () => (await import("./tiff/reader.js")).readTiff,
  tar: async () => (await import("./tar/reader.js")).readTar,
  parquet: async () => (await import("./parquet/reader.js")).readParquet,
  arrow: async () => (await import("./arrow/reader.js")).readArrow,
  csv: async () => (await import("./csv/reader.js")).readCsv,
  hdf5: async () => (await import("./hdf5/reader.js")).readHdf5,
  gzip: async () => (await import("./gzip/reader.js")).readGzip,
};

/** Detects a file's format, loads that reader and no other, and lists the arrays in the file. */
export async function listArrays(source: HeaderSource, description: ReadOptions, signal?: AbortSignal): Promise<ArrayListing> {
  throwIfAborted(signal);
  const described = description.shape !== undefined || description.dtype !== undefined;
  if (described && (description.shape === undefined || description.dtype === undefined)) {
    throw usageError("half a description of raw data", { file: source.name, expected: "both --shape and --dtype" });
  }
  const head = await source.read(0, DETECTION_BYTES);
  const read = await READERS[detectFormat(head, source.name, source.byteLength, described)]();
  throwIfAborted(signal);
  return read(source, description);
}
