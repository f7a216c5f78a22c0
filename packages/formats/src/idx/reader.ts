import { type FileStorage, itemSize, type StreamStorage } from "@normstream/tensor";
import { type ArrayReader, checkExtent, type Packing, type StoredArray } from "../stored-array.js";
import { type IdxHeader, MAX_IDX_HEADER_BYTES, parseIdxHeader } from "./header.js";

/** The array that an IDX header describes. */
export const idxArray = (header: IdxHeader, packing: Packing, storage: FileStorage | StreamStorage): StoredArray => ({
  shape: header.shape,
  dtypeName: header.dtype,
  dtype: header.dtype,
  order: "C",
  bigEndian: itemSize(header.dtype) > 1,
  byteLength: header.dataByteLength,
  packing,
  storage,
  layout: header.layout,
});

/** Reads an IDX file: one array without a name. */
export const readIdx: ArrayReader = async (source) => ({
  format: "idx",
  entries: [
    {
      name: undefined,
      async read() {
        const where = { file: source.name, hint: "Copy or download the file again." };
        const header = parseIdxHeader(await source.read(0, MAX_IDX_HEADER_BYTES), where);
        checkExtent(header.byteLength, header.dataByteLength, source.byteLength - header.byteLength, where);
        return idxArray(header, "stored", {
          kind: "file",
          path: source.path,
          byteOffset: header.byteLength,
          identity: source.identity,
        });
      },
    },
  ],
});
