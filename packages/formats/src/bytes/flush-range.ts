import { open } from "node:fs/promises";
import { ioError } from "@normstream/tensor";
import { chunkFilesOf } from "./chunk-writer.js";
import type { SinkRange } from "./range-writer.js";

/**
 * Brings what this machine has written of a tensor to the disk, or to the server of a shared folder, where other machines see it.
 *
 * @param from first byte of what was written, counted from the tensor's first one
 * @param to one past the last
 * @throws NormstreamError of kind `io` where the device is full or fails: it may say so only now
 */
export async function flushRange({ path, target, chunks }: SinkRange, from: number, to: number): Promise<void> {
  for (const file of chunks ? chunkFilesOf(path, chunks, from, to) : [path]) {
    try {
      await using opened = await open(file, "r+");
      await opened.datasync();
    } catch (cause) {
      throw ioError("cannot write", cause, { file: target });
    }
  }
}
