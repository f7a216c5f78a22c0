import { closeSync, openSync, writeSync } from "node:fs";
import { internalError, ioError } from "@normstream/tensor";
import { type ChunkedBytes, chunkWriter } from "./chunk-writer.js";

/** Where a tensor's bytes go: plain data that can cross a thread. */
export interface SinkRange {
  /** The temporary file that is written; it has its final size already. */
  readonly path: string;
  /** The file that it becomes: what messages name. */
  readonly target: string;
  /** Where the tensor's first byte stands in `path`. */
  readonly byteOffset: number;
  /** Bytes of the tensor. */
  readonly byteLength: number;
  /** Where `path` is a folder of chunks: how the bytes are cut into them. */
  readonly chunks?: ChunkedBytes | undefined;
}

/** Writes parts of a tensor's bytes by position; any number of threads may hold one each. */
export interface RangeWriter extends Disposable {
  /**
   * Writes all of `view`, which may view shared memory and is not mutated, at `position` bytes after the tensor's first byte.
   * @throws NormstreamError of kind `io` where the device is full or fails; `internal` where the view leaves the tensor.
   */
  write(view: Uint8Array, position: number): void;
}

/** One write of the operating system stays far below its limit of 2^31 − 1 bytes. */
const MAX_WRITE_BYTES = 1 << 30;

/**
 * Opens the temporary file of a sink for synchronous positional writes from a worker thread.
 * @throws NormstreamError of kind `io` where it cannot be opened.
 */
export function openRangeWriter(range: SinkRange): RangeWriter {
  if (range.chunks) {
    const chunks = chunkWriter(range.path, range.target, range.chunks);
    return {
      write(view, position) {
        requireWithin(range, view, position);
        chunks.write(view, position);
      },
      [Symbol.dispose]: () => chunks[Symbol.dispose](),
    };
  }
  const descriptor = orIoError("cannot write", range.target, () => openSync(range.path, "r+"));
  let open = true;
  return {
    write(view, position) {
      requireWithin(range, view, position);
      let done = 0;
      while (done < view.length) {
        const length = Math.min(view.length - done, MAX_WRITE_BYTES);
        const at = range.byteOffset + position + done;
        done += orIoError("cannot write", range.target, () => writeSync(descriptor, view, done, length, at));
      }
    },
    [Symbol.dispose]() {
      if (!open) return;
      open = false;
      orIoError("cannot write", range.target, () => closeSync(descriptor));
    },
  };
}

function requireWithin({ target, byteLength }: SinkRange, view: Uint8Array, position: number): void {
  if (position >= 0 && position + view.length <= byteLength) return;
  throw internalError("a write leaves the tensor", {
    file: target,
    expected: `bytes 0 to ${byteLength}`,
    found: `${position} to ${position + view.length}`,
  });
}

function orIoError<T>(what: string, file: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw ioError(what, cause, { file });
  }
}
