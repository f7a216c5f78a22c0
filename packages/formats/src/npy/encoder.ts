import { type DType, type ErrorDetails, usageError } from "@normstream/tensor";
import type { SinkEncoder } from "../sink-encoder.js";
import { typeString } from "./element-type.js";

/** NumPy leaves room for the first axis to grow to this many digits. */
const GROWTH_DIGITS = 21;
const ALIGNMENT = 64;

/**
 * The header of a `.npy` array, version 1.0, byte for byte as NumPy writes it: C order, little-endian, elements begin at a multiple of 64.
 * @throws NormstreamError of kind `usage` for bfloat16, which NumPy does not have.
 */
export function encodeNpyHeader(shape: readonly number[], dtype: DType, where: ErrorDetails = {}): Uint8Array {
  const descr = typeString(dtype);
  if (descr === undefined) {
    throw usageError(`NumPy's formats have no ${dtype}`, { ...where, hint: "Write a .safetensors file, or another dtype." });
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const growth = shape.length > 0 ? GROWTH_DIGITS - String(shape[0]).length : 0;
  const unpadded = 10 + dict.length + growth + 1;
  const padding = ALIGNMENT - (unpadded % ALIGNMENT);
  const text = `${dict}${" ".repeat(growth + padding)}\n`;
  const header = Buffer.alloc(10 + text.length);
  header.write("\x93NUMPY\x01\x00", 0, "latin1");
  header.writeUInt16LE(text.length, 8);
  header.write(text, 10, "latin1");
  return header;
}

/** A `.npy` file: the header and the elements. */
export const npyEncoder: SinkEncoder = {
  needsChecksums: false,
  begin: ({ shape, dtype, file }) => ({ head: encodeNpyHeader(shape, dtype, { file }), finish: () => [] }),
};
