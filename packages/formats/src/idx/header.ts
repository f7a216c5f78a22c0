import { type DType, dataError, type ErrorDetails, type Layout } from "@normstream/tensor";
import { tensorByteLength } from "../stored-array.js";

/** What the header of an IDX file says (the format of MNIST). */
export interface IdxHeader {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Where the elements begin; they are big-endian. */
  readonly byteLength: number;
  /** Bytes of all elements. */
  readonly dataByteLength: number;
  /** Rank 3 is samples of one channel; other ranks imply nothing. */
  readonly layout: Layout | undefined;
}

/** The longest header: magic and 255 extents. */
export const MAX_IDX_HEADER_BYTES = 4 + 4 * 255;

const TYPES: Record<number, DType> = {
  8: "uint8",
  9: "int8",
  11: "int16",
  12: "int32",
  13: "float32",
  14: "float64",
};

/** Whether bytes begin as an IDX file does: two zeros, a type, one axis or more. */
export const isIdx = (head: Uint8Array): boolean =>
  head.length >= 4 && head[0] === 0 && head[1] === 0 && (head[2] as number) in TYPES && (head[3] as number) > 0;

/**
 * Parses a header; bytes after it are ignored.
 * @throws NormstreamError of kind `data` that names the byte where it shows.
 */
export function parseIdxHeader(bytes: Uint8Array, where: ErrorDetails): IdxHeader {
  if (bytes.length < 4)
    throw dataError("the header is truncated", { ...where, expected: "at least 4 bytes", found: `${bytes.length}` });
  const [zero0, zero1, type, rank] = bytes as unknown as [number, number, number, number];
  if (zero0 !== 0 || zero1 !== 0) {
    throw dataError("is not an IDX file", { ...where, byteOffset: 0, expected: "two zero bytes", found: `${zero0} ${zero1}` });
  }
  const dtype = TYPES[type];
  if (!dtype) {
    throw dataError("unknown type of elements in an IDX header", {
      ...where,
      byteOffset: 2,
      expected: "0x08 (uint8), 0x09 (int8), 0x0b (int16), 0x0c (int32), 0x0d (float32) or 0x0e (float64)",
      found: `0x${type.toString(16).padStart(2, "0")}`,
    });
  }
  const byteLength = 4 + 4 * rank;
  if (bytes.length < byteLength) {
    throw dataError("the header is truncated", {
      ...where,
      expected: `${byteLength} bytes for ${rank} axes`,
      found: `${bytes.length}`,
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  return {
    dtype,
    shape,
    byteLength,
    dataByteLength: tensorByteLength(shape, dtype, { ...where, byteOffset: 4 }),
    layout: rank === 3 ? "NHW" : undefined,
  };
}
