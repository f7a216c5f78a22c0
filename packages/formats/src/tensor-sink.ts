import type { DType, Layout } from "@normstream/tensor";
import type { ChecksumPiece } from "./bytes/crc32.js";
import type { KeptOptions, OutputOptions } from "./bytes/output-target.js";
import type { SinkRange } from "./bytes/range-writer.js";
import type { SinkFormat } from "./sink-registry.js";

/** Options of `createSink`. */
export interface SinkOptions extends OutputOptions, KeptOptions {
  /** Shape of the tensor; it is written in C order. */
  readonly shape: readonly number[];
  /** dtype of the elements; they are written little-endian. */
  readonly dtype: DType;
  /** Default: by the extension of the path. */
  readonly format?: SinkFormat | undefined;
  /** Write a folder: `.safetensors` shards with their index. */
  readonly as?: "safetensors" | undefined;
  /** Bytes of elements in a file of such a folder, at most, but one sample at least; default 5e9. */
  readonly fileBytes?: number | undefined;
  /** Name of the tensor in `.npz` and `.safetensors`; default `data`. */
  readonly name?: string | undefined;
  /** `[C]` names of the columns of a table, where they have names; default `c0`, `c1`, … */
  readonly columnNames?: readonly string[] | undefined;
  /** Order of the axes, where the format names them: Zarr. */
  readonly layout?: Layout | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A tensor file that is being written by any number of threads. Disposing without a commit leaves nothing. */
export interface TensorSink extends AsyncDisposable {
  /** The file that it becomes. */
  readonly path: string;
  readonly format: SinkFormat;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Plain data for the threads: give it to `openRangeWriter`. */
  readonly range: SinkRange;
  /** Whether an earlier run has left what it wrote, under the same `keepAs`: then it is all there still. */
  readonly isKept: boolean;
  /** Whether `commit` needs the CRC-32 of every part: true for `.npz`. */
  readonly needsChecksums: boolean;
  /**
   * Finishes the file and renames it into place. Every byte of `range` must have been written.
   *
   * @param pieces the parts that were written, with their CRC-32, in any order; they must tile the tensor. Needed where `needsChecksums`.
   * @throws NormstreamError of kind `io` where writing fails, `usage` where a file came to stand there meanwhile and `overwrite` is not set,
   * `internal` where parts are missing or overlap.
   */
  commit(pieces?: readonly ChecksumPiece[]): Promise<void>;
  /** Removes what was written. Does nothing after a commit. */
  abort(): Promise<void>;
}
