import { type DType, internalError } from "@normstream/tensor";
import type { SinkEncoder } from "../sink-encoder.js";
import { tensorByteLength } from "../stored-array.js";
import { codeOfDType } from "./element-type.js";

/** The data begins at a multiple of so many bytes. */
const ALIGNMENT = 8;

/** A `.safetensors` file of one tensor. */
export const safetensorsEncoder: SinkEncoder = {
  needsChecksums: false,
  begin: ({ shape, dtype, name }) => ({
    head: encodeHeader([{ name, code: codeOfDType(dtype), shape, byteLength: tensorByteLength(shape, dtype) }]),
    finish: () => [],
  }),
};

/** A small tensor in memory, to be written to a `.safetensors` file. */
export interface SmallTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** A dtype, or `int64`, which PyTorch's `num_batches_tracked` has. */
  readonly dtype: DType | "int64";
  /** The elements in C order, little-endian; not mutated. */
  readonly bytes: Uint8Array;
}

/**
 * A whole `.safetensors` file of tensors that fit in memory, in the order given: for state dicts.
 * @param metadata strings that are kept beside the tensors.
 * @throws NormstreamError of kind `internal` where the bytes of a tensor do not fit its shape.
 */
export function encodeSafetensors(tensors: readonly SmallTensor[], metadata?: Readonly<Record<string, string>>): Uint8Array {
  const entries = tensors.map(({ name, shape, dtype, bytes }) => {
    const byteLength = tensorByteLength(shape, dtype === "int64" ? "float64" : dtype);
    if (byteLength !== bytes.length) {
      throw internalError(`tensor "${name}" does not fit its shape`, {
        expected: `${byteLength} bytes`,
        found: `${bytes.length}`,
      });
    }
    return { name, code: dtype === "int64" ? "I64" : codeOfDType(dtype), shape, byteLength };
  });
  return Buffer.concat([encodeHeader(entries, metadata), ...tensors.map((tensor) => tensor.bytes)]);
}

interface HeaderEntry {
  readonly name: string;
  readonly code: string;
  readonly shape: readonly number[];
  readonly byteLength: number;
}

/**
 * The header of a file of tensors that stand there in this order.
 * @param least bytes that it is to have at least, a multiple of 8: it is filled with spaces
 */
export function encodeHeader(
  entries: readonly HeaderEntry[],
  metadata?: Readonly<Record<string, string>>,
  least = 0,
): Uint8Array {
  const fields: [string, unknown][] = metadata ? [["__metadata__", metadata]] : [];
  let begin = 0;
  for (const { name, code, shape, byteLength } of entries) {
    fields.push([name, { dtype: code, shape, data_offsets: [begin, begin + byteLength] }]);
    begin += byteLength;
  }
  const json = `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
  const unpadded = 8 + Buffer.byteLength(json);
  const padded = Math.max(least, Math.ceil(unpadded / ALIGNMENT) * ALIGNMENT);
  const text = json + " ".repeat(padded - unpadded);
  const header = Buffer.alloc(8 + Buffer.byteLength(text));
  header.writeBigUInt64LE(BigInt(header.length - 8), 0);
  header.write(text, 8);
  return header;
}
