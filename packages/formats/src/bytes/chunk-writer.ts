import { closeSync, constants, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { ioError } from "@normstream/tensor";
import { partName } from "../safetensors/shard-names.js";

/** How a tensor's bytes are cut into files of a folder: by whole samples. Plain data. */
export interface ChunkedBytes {
  /** Bytes of the tensor in each file; the last one may hold fewer. */
  readonly byteLength: number;
  readonly files: ChunkFiles;
}

/** Chunks of a Zarr array, all of one size with zeros beyond the tensor's end; or shards of safetensors, which are there with their headers. */
type ChunkFiles =
  | { readonly kind: "zarr"; readonly rank: number }
  | { readonly kind: "shards"; readonly count: number; readonly headByteLength: number };

/** The file of shard `i` of `count`, counted from 0, as Hugging Face's libraries name it. */
export const shardFile = (i: number, count: number): string => `${partName("model", i, count)}.safetensors`;

/** Writes bytes by their position in the tensor, each into its chunk. */
export interface ChunkWriter extends Disposable {
  write(view: Uint8Array, position: number): void;
}

/**
 * Any number of threads may hold one for the same folder: each writes other bytes, and all give a chunk's file the same size.
 * @param folder the array's, which is written
 * @param target what messages name
 */
export function chunkWriter(folder: string, target: string, { byteLength, files }: ChunkedBytes): ChunkWriter {
  let descriptor = -1;
  let current = -1;
  const close = () => {
    if (descriptor >= 0) closeSync(descriptor);
    descriptor = current = -1;
  };
  const open = (chunk: number) => {
    if (chunk === current) return;
    close();
    const path = pathOf(folder, chunk, files);
    descriptor = files.kind === "zarr" ? openChunk(path, byteLength) : openSync(path, "r+");
    current = chunk;
  };
  const head = files.kind === "zarr" ? 0 : files.headByteLength;
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
          done += writeSync(descriptor, view, done, Math.min(view.length - done, byteLength - within), head + within);
        }
      }),
    [Symbol.dispose]: () => orIoError(close),
  };
}

/** The files that hold bytes `from` to before `to` of the tensor, whether they are there or not. */
export function chunkFilesOf(folder: string, { byteLength, files }: ChunkedBytes, from: number, to: number): readonly string[] {
  const paths: string[] = [];
  for (let chunk = Math.floor(from / byteLength); chunk * byteLength < to; chunk++) paths.push(pathOf(folder, chunk, files));
  return paths;
}

const pathOf = (folder: string, chunk: number, files: ChunkFiles): string =>
  files.kind === "zarr"
    ? join(folder, ["c", chunk, ...Array(files.rank - 1).fill(0)].join("/"))
    : join(folder, shardFile(chunk, files.count));

function openChunk(path: string, byteLength: number): number {
  mkdirSync(dirname(path), { recursive: true });
  const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o666);
  ftruncateSync(descriptor, byteLength);
  return descriptor;
}
