import { type DType, internalError, throwIfAborted } from "@normstream/tensor";
import { createAtomicFile } from "./bytes/atomic-file.js";
import type { ChecksumPiece } from "./bytes/crc32.js";
import type { KeptOptions, OutputOptions } from "./bytes/output-target.js";
import type { SinkRange } from "./bytes/range-writer.js";
import { loadEncoder, type SinkFormat, sinkFormatOf } from "./sink-registry.js";
import { tensorByteLength } from "./stored-array.js";

/** Options of `createSink`. */
export interface SinkOptions extends OutputOptions, KeptOptions {
  /** Shape of the tensor; it is written in C order. */
  readonly shape: readonly number[];
  /** dtype of the elements; they are written little-endian. */
  readonly dtype: DType;
  /** Default: by the extension of the path. */
  readonly format?: SinkFormat | undefined;
  /** Name of the tensor in `.npz` and `.safetensors`; default `data`. */
  readonly name?: string | undefined;
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

/**
 * Begins a tensor file: checks the target, writes the header to a temporary file beside it and gives that file its final size.
 *
 * @throws NormstreamError of kind `usage` for an unknown extension, a dtype that the format lacks, a file that exists (without `overwrite`)
 * or is the input; `io` where the folder is missing or not writable, or the device is too full. Then nothing is left behind.
 */
export async function createSink(path: string, options: SinkOptions): Promise<TensorSink> {
  const { shape, dtype, signal } = options;
  throwIfAborted(signal);
  const format = options.format ?? sinkFormatOf(path);
  const encoder = await loadEncoder(format);
  const byteLength = tensorByteLength(shape, dtype, { file: path });
  const { head, finish } = encoder.begin({ shape, dtype, name: options.name ?? "data", file: path });
  const file = await createAtomicFile(path, options);
  try {
    throwIfAborted(signal);
    await file.resize(head.length + byteLength);
    await file.write(head, 0);
  } catch (error) {
    await file.discard();
    throw error;
  }
  let done = false;
  return {
    path,
    format,
    shape,
    dtype,
    range: { path: file.path, target: path, byteOffset: head.length, byteLength },
    isKept: file.keptBytes === head.length + byteLength,
    needsChecksums: encoder.needsChecksums,
    async commit(pieces) {
      if (done) throw internalError("the output was already finished", { file: path });
      throwIfAborted(signal);
      if (encoder.needsChecksums && pieces === undefined)
        throw internalError(`.${format} needs checksums of its parts`, { file: path });
      for (const { position, bytes } of finish(pieces ?? [])) await file.write(bytes, position);
      throwIfAborted(signal);
      await file.commit();
      done = true;
    },
    async abort() {
      done = true;
      await file.discard();
    },
    [Symbol.asyncDispose]: () => file.discard(),
  };
}
