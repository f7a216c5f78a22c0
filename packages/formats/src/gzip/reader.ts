import { dataError } from "@normstream/tensor";
import { type CompressedRange, inflatedStorage, inflateHead } from "../bytes/inflation.js";
import { isIdx, MAX_IDX_HEADER_BYTES, parseIdxHeader } from "../idx/header.js";
import { idxArray } from "../idx/reader.js";
import { isNpy } from "../npy/header.js";
import { npyArray, readNpyHeader } from "../npy/reader.js";
import type { ArrayReader } from "../stored-array.js";

/** Reads a gzip stream that holds an IDX or a `.npy` file. Only its first bytes are inflated here. */
export const readGzip: ArrayReader = async (source) => {
  const range: CompressedRange = {
    path: source.path,
    name: source.name,
    identity: source.identity,
    byteOffset: 0,
    byteLength: source.byteLength,
    wrapper: "gzip",
  };
  const head = await inflateHead(range, MAX_IDX_HEADER_BYTES);
  if (isNpy(head)) {
    const read = async () => {
      const header = await readNpyHeader((length) => inflateHead(range, length), source.name);
      return npyArray(header, undefined, "gzip", source.name, (length) => inflatedStorage(range, header.byteLength, length));
    };
    return { format: "npy", entries: [{ name: undefined, read }] };
  }
  if (isIdx(head)) {
    const header = parseIdxHeader(head, { file: source.name, hint: "Copy or download the file again." });
    const array = idxArray(header, "gzip", inflatedStorage(range, header.byteLength, header.dataByteLength));
    return { format: "idx", entries: [{ name: undefined, read: async () => array }] };
  }
  throw dataError("the gzip stream holds no tensor that is read from gzip", {
    file: source.name,
    expected: "an IDX or .npy file",
    hint: "Unpack it with gunzip and open what comes out.",
  });
};
