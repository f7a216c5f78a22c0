import { parseDType, usageError } from "@normstream/tensor";
import { type ArrayReader, checkExtent, tensorByteLength } from "../stored-array.js";

/** Reads a file of nothing but elements, in C order, as `--shape` and `--dtype` describe it. */
export const readRaw: ArrayReader = async (source, { shape, dtype: text }) => {
  const file = source.name;
  if (shape === undefined || text === undefined) {
    throw usageError("raw data has no header", { file, hint: "Describe it with --shape and --dtype." });
  }
  const { dtype, bigEndian } = parseDType(text);
  const byteLength = tensorByteLength(shape, dtype, { file, hint: "Give the shape that the data has." });
  checkExtent(0, byteLength, source.byteLength, { file });
  const array = {
    shape,
    dtypeName: dtype,
    dtype,
    order: "C",
    bigEndian,
    byteLength,
    packing: "stored",
    storage: { kind: "file", path: source.path, byteOffset: 0, identity: source.identity },
  } as const;
  return { format: "raw", entries: [{ name: undefined, read: async () => array }] };
};
