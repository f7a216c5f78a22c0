import type { FileStorage, StreamStorage } from "@normstream/tensor";
import type { ArrayReader, Packing, StoredArray } from "../stored-array.js";
import { checkExtent, tensorByteLength } from "../stored-array.js";
import { NPY_PREFIX_BYTES, type NpyHeader, npyHeaderByteLength, parseNpyHeader } from "./header.js";

/** The first bytes of an array: fewer than asked only where it ends. */
export type HeadReader = (byteLength: number) => Promise<Uint8Array>;

/** Reads and parses the header that an array begins with. */
export async function readNpyHeader(head: HeadReader, file: string): Promise<NpyHeader> {
  const where = { file, hint: "Write the file again with np.save." };
  const prefix = await head(NPY_PREFIX_BYTES);
  return parseNpyHeader(await head(npyHeaderByteLength(prefix, where)), where);
}

/**
 * The array behind a header, held against the bytes there are.
 * @param byteLength bytes of header and data; undefined where only the whole stream can tell.
 */
export function npyArray(
  header: NpyHeader,
  byteLength: number | undefined,
  packing: Packing,
  file: string,
  storage: (dataByteLength: number) => FileStorage | StreamStorage,
): StoredArray {
  const { shape, order, type } = header;
  let dataByteLength = (byteLength ?? header.byteLength) - header.byteLength;
  if (type.dtype) {
    const expected = tensorByteLength(shape, type.dtype, { file, hint: "Write the file again with np.save." });
    if (byteLength !== undefined) checkExtent(header.byteLength, expected, dataByteLength, { file });
    dataByteLength = expected;
  }
  return {
    shape,
    dtypeName: type.name,
    dtype: type.dtype,
    hint: type.hint,
    order,
    bigEndian: type.bigEndian,
    byteLength: dataByteLength,
    packing,
    storage: storage(dataByteLength),
  };
}

/** Reads a `.npy` file: one array without a name. */
export const readNpy: ArrayReader = async (source) => ({
  format: "npy",
  entries: [
    {
      name: undefined,
      async read() {
        const header = await readNpyHeader((length) => source.read(0, length), source.name);
        return npyArray(header, source.byteLength, "stored", source.name, () => ({
          kind: "file",
          path: source.path,
          byteOffset: header.byteLength,
          identity: source.identity,
        }));
      },
    },
  ],
});
