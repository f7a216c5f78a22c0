import { type DecodedStorage, dataError, elementCount, itemSize, NormstreamError } from "@normstream/tensor";
import type { HeaderSource } from "../bytes/header-source.js";
import type { ArrayEntry, ArrayReader } from "../stored-array.js";
import { dataSetsOf, type Hdf5DataSet } from "./data-set.js";
import { loadH5Wasm } from "./h5wasm-loading.js";
import { mountFile } from "./mounted-file.js";

/** What the decoder of a data set has to know; plain data. */
export interface Hdf5Details {
  readonly path: string;
  readonly blockShape: readonly number[];
}

/** Bytes of the library's own cache of chunks. */
const CACHE_BYTES = 1 << 20;

/** Reads an HDF5 file: any number of data sets, by their paths. */
export const readHdf5: ArrayReader = async (source) => {
  const library = await loadH5Wasm();
  const sets = listed(library, source);
  return { format: "hdf5", entries: sets.map((set) => entryOf(set, source, library.version)) };
};

function listed(library: Awaited<ReturnType<typeof loadH5Wasm>>, { name, path, identity }: HeaderSource): Hdf5DataSet[] {
  try {
    using mounted = mountFile(library, path, identity);
    return dataSetsOf(mounted.file);
  } catch (cause) {
    if (cause instanceof NormstreamError) throw cause;
    throw dataError("is no HDF5 file that can be read", { file: name, hint: "Copy or write the file again.", cause });
  }
}

function entryOf(set: Hdf5DataSet, source: HeaderSource, version: string): ArrayEntry {
  const { path, shape, dtype, dtypeName, hint, itemBytes, blockShape, layout, problem } = set;
  return {
    name: path,
    async read() {
      const file = `${source.name}:${path}`;
      const size = dtype ? itemSize(dtype) : 1;
      const details: Hdf5Details = { path, blockShape };
      const storage: DecodedStorage = {
        kind: "decoded",
        decoder: "hdf5",
        path: source.path,
        identity: source.identity,
        details,
        chunkSamples: blockShape[0] ?? 1,
        chunkBytes: 2 * blockShape.reduce((a, b) => a * b, size) + CACHE_BYTES,
      };
      return {
        shape,
        dtypeName,
        dtype,
        hint,
        problem,
        order: "C",
        // The library hands on elements in the machine's own byte order.
        bigEndian: false,
        byteLength: elementCount(shape, { file }) * itemBytes,
        packing: "stored",
        storage,
        layout,
        readers: [version],
      };
    },
  };
}
