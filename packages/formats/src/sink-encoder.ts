import type { DType } from "@normstream/tensor";
import type { ChecksumPiece } from "./bytes/crc32.js";

/** The one tensor that a sink takes. */
export interface SinkTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Its name, where the format has names. */
  readonly name: string;
  /** The file that it becomes: what messages name. */
  readonly file: string;
}

/** Bytes to be written at a position of the file. */
export interface Patch {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** How a format frames the elements of a tensor, which stand in C order, little-endian. */
export interface SinkEncoder {
  /** Whether `finish` needs the CRC-32 of every part of the data. */
  readonly needsChecksums: boolean;
  /**
   * `head` is what stands before the first element; `finish` gives what is written when all elements are.
   * @throws NormstreamError of kind `usage` where the format cannot hold such a tensor.
   */
  begin(tensor: SinkTensor): { readonly head: Uint8Array; finish(pieces: readonly ChecksumPiece[]): Patch[] };
}
