import { fileByteSource, openRangeWriter, type RangeWriter } from "@normstream/formats";
import { abortedError, type ByteSource, itemSize } from "@normstream/tensor";
import { gatherRegion } from "./gather.js";
import { PASS_FLAGS, type Pass, type ShardTask } from "./pass.js";
import { firstElement, forEachRun, packedStrides, type Region, regionSize, type Strides, stridesOf } from "./region.js";
import type { Workspace } from "./workspace.js";

/** Where a region's elements stand in the kernel's memory. Strides are in bytes. */
export interface View {
  readonly pointer: number;
  readonly strides: Strides;
}

/** What a thread holds open for a pass, and how it gets at elements. */
export class ShardContext implements Disposable {
  readonly pass: Pass;
  readonly workspace: Workspace;
  readonly heapBuffer: () => ArrayBufferLike;
  readonly #bytes: ByteSource | null;
  #writer: RangeWriter | null = null;

  /** @param heapBuffer the engine's memory, which may have grown since it was last asked for */
  constructor(pass: Pass, workspace: Workspace, heapBuffer: () => ArrayBufferLike) {
    this.heapBuffer = heapBuffer;
    this.pass = pass;
    this.workspace = workspace;
    const { storage } = pass.source;
    this.#bytes = storage.kind === "file" ? fileByteSource(storage.path, storage.identity) : null;
  }

  /** Stops a cancelled pass between blocks. */
  checkCancelled(): void {
    if (Atomics.load(this.pass.flags, PASS_FLAGS.cancelled) !== 0) throw abortedError();
  }

  /** Adds to the pass's progress. */
  countBytes(bytes: number): void {
    Atomics.add(this.pass.flags, PASS_FLAGS.kibibytes, Math.round(bytes / 1024));
  }

  /** The elements of a region: where they stand in memory, or read into the input buffer. Little-endian from here on. */
  async load(task: ShardTask, shard: Region, region: Region): Promise<View> {
    const { source, geometry } = this.pass;
    const size = itemSize(source.dtype);
    if (task.pointer !== undefined) {
      const strides = stridesOf(geometry);
      const pointer = task.pointer + (firstElement(region, strides) - firstElement(shard, strides)) * size;
      if (source.bigEndian) this.#swap(pointer, region, size);
      return { pointer, strides: scale(strides, size) };
    }
    const bytes = this.#bytes as ByteSource;
    const pointer = this.workspace.input;
    const target = new Uint8Array(this.workspace.kernel.buffer, pointer, regionSize(region) * size);
    const offset = source.storage.byteOffset;
    if (source.order === "F") await gatherRegion(bytes, source, geometry, region, size, offset, target);
    else {
      const waiting: Promise<number>[] = [];
      forEachRun(region, geometry, (element, packed, length) => {
        const got = bytes.read(target.subarray(packed * size, (packed + length) * size), offset + element * size);
        if (typeof got !== "number") waiting.push(got);
      });
      if (waiting.length > 0) await Promise.all(waiting);
    }
    if (source.bigEndian) this.#swap(pointer, region, size);
    return { pointer, strides: scale(packedStrides(geometry, region), size) };
  }

  /** The file that normalized values go to, opened at its first use. */
  writer(): RangeWriter {
    if (this.pass.kind !== "normalize" || this.pass.target.kind !== "file") throw new Error("this pass writes no file");
    this.#writer ??= openRangeWriter(this.pass.target.range);
    return this.#writer;
  }

  [Symbol.dispose](): void {
    this.#bytes?.[Symbol.dispose]();
    this.#writer?.[Symbol.dispose]();
  }

  #swap(pointer: number, region: Region, size: number): void {
    if (size !== 1) this.workspace.kernel.byteSwap(size as 2 | 4 | 8, pointer, regionSize(region));
  }
}

const scale = (s: Strides, by: number): Strides => ({
  sample: s.sample * by,
  channel: s.channel * by,
  position: s.position * by,
});
