import { type DecodedStorage, internalError, type StoredTensor } from "@normstream/tensor";
import type { RegionReader } from "./regions/region-reader.js";

/** Makes elements out of stored chunks. Opened once a thread and tensor, or part of one. */
export type Decoder = (source: StoredTensor<DecodedStorage>) => RegionReader | Promise<RegionReader>;

const DECODERS = {
  arrow: async () => (await import("./arrow/decoder.js")).decodeArrow,
  csv: async () => (await import("./csv/decoder.js")).decodeCsv,
  parquet: async () => (await import("./parquet/decoder.js")).decodeParquet,
  geotiff: async () => (await import("./tiff/decoder.js")).decodeTiff,
  hdf5: async () => (await import("./hdf5/decoder.js")).decodeHdf5,
  zarr: async () => (await import("./zarr/decoder.js")).decodeZarr,
} as const satisfies Record<string, () => Promise<Decoder>>;

/** Loads a decoder by the name that a storage gives, and no other. */
export function loadDecoder(name: string): Promise<Decoder> {
  const load = (DECODERS as Record<string, () => Promise<Decoder>>)[name];
  if (!load) throw internalError(`no decoder is called "${name}"`);
  return load();
}
