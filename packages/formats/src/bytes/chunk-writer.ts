import { closeSync, constants, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { ioError } from "@normstream/tensor";

/** How a tensor's bytes are cut into the chunks of a Zarr array: by whole samples. Plain data. */
export interface ChunkedBytes {
  /** Bytes of a chunk; the last one has as many, with zeros beyond the tensor's end. */
  readonly byteLength: number;
  /** Axes of the tensor: the number of parts of a chunk's key. */
  readonly rank: number;
}

/** Writes bytes by their position in the tensor, each into its chunk. */
export interface ChunkWriter extends Disposable {
  write(view: Uint8Array, position: number): void;
}

/**
 * Any number of threads may hold one for the same folder: each writes other bytes, and all give a chunk's file the same size.
 * @param folder the array's, which is written
 * @param target what messages name
 */
export function chunkWriter(folder: string, target: string, { byteLength, rank }: ChunkedBytes): ChunkWriter {
  let descriptor = -1;
  let current = -1;
  const close = () => {
    if (descriptor >= 0) closeSync(descriptor);
    descriptor = current = -1;
  };
  const open = (chunk: number) => {
    if (chunk === current) return;
    close();
    const path = join(folder, ["c", chunk, ...Array(rank - 1).fill(0)].join("/"));
    mkdirSync(dirname(path), { recursive: true });
    descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o666);
    ftruncateSync(descriptor, byteLength);
    current = chunk;
  };
  const orIoError = (action: () => void) => {
    try {
      action();
    } catch (cause) {
      throw ioError("cannot write", cause, { file: target });
    }
  };
  return {
    write: (view, position) =>
      orIoError(() => {
        for (let done = 0; done < view.length; ) {
          const chunk = Math.floor((position + done) / byteLength);
          const within = position + done - chunk * byteLength;
          open(chunk);
          done += writeSync(descriptor, view, done, Math.min(view.length - done, byteLength - within), within);
        }
      }),
    [Symbol.dispose]: () => orIoError(close),
  };
}
