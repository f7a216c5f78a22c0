import {
  ImageReader,
  type MissingChunks,
  openRangeWriter,
  openRegions,
  type RangeWriter,
  type ReadObject,
  type RegionReader,
} from "@normstream/formats";
import {
  abortedError,
  firstElement,
  itemSize,
  packedStrides,
  type Region,
  regionSize,
  type Strides,
  stridesOf,
} from "@normstream/tensor";
import { PASS_FLAGS, type Pass, type ShardTask } from "./pass.js";
import type { Workspace } from "./workspace.js";

/** Where a region's elements stand in the kernel's memory. Strides are in bytes. */
export interface View {
  readonly pointer: number;
  readonly strides: Strides;
}

/** How often a thread that waits for bytes looks whether its pass is cancelled. */
const CANCEL_WATCH_MS = 50;

/** What a thread holds open for a pass, and how it gets at elements. */
export class ShardContext implements Disposable {
  readonly pass: Pass;
  readonly workspace: Workspace;
  readonly heapBuffer: () => ArrayBufferLike;
  readonly #reader: RegionReader | null;
  #writer: RangeWriter | null = null;
  #images: ImageReader | null = null;

  /** @param heapBuffer the engine's memory, which may have grown since it was last asked for */
  constructor(pass: Pass, workspace: Workspace, heapBuffer: () => ArrayBufferLike) {
    this.heapBuffer = heapBuffer;
    this.pass = pass;
    this.workspace = workspace;
    const { source } = pass;
    const { storage } = source;
    this.#reader = storage.kind === "memory" ? null : openRegions({ ...source, storage });
  }

  /** Stops a cancelled pass between blocks. */
  checkCancelled(): void {
    if (Atomics.load(this.pass.flags, PASS_FLAGS.cancelled) !== 0) throw abortedError();
  }

  /** Adds to the pass's progress. */
  countBytes(bytes: number): void {
    Atomics.add(this.pass.flags, PASS_FLAGS.kibibytes, Math.round(bytes / 1024));
  }

  /** Says that a shard comes next: a far place can send it while this thread computes on the one before. */
  expect(shard: Region): void {
    this.#reader?.expect?.(shard);
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
    const pointer = this.workspace.input;
    const target = new Uint8Array(this.workspace.kernel.buffer, pointer, regionSize(region) * size);
    const reading = this.#reader?.read(region, target, task.parts);
    if (reading) await this.#unlessCancelled(reading);
    if (source.bigEndian) this.#swap(pointer, region, size);
    return { pointer, strides: scale(packedStrides(geometry, region), size) };
  }

  /** The decoder of the images that the source is in. */
  images(): ImageReader {
    const { storage } = this.pass.source;
    if (storage.kind !== "images") throw new Error("this pass reads no images");
    this.#images ??= new ImageReader(storage.decoding);
    return this.#images;
  }

  /** Chunks that were not there in what was loaded since this was asked last. */
  takeMissing(): MissingChunks | null {
    return this.#reader?.takeMissing?.() ?? null;
  }

  /** Objects of a far place that were read since this was asked last. */
  takeObjects(): readonly ReadObject[] {
    return this.#reader?.takeObjects?.() ?? [];
  }

  /** The file that normalized values go to, opened at its first use. */
  writer(): RangeWriter {
    if (this.pass.kind !== "normalize" || this.pass.target.kind !== "file") throw new Error("this pass writes no file");
    this.#writer ??= openRangeWriter(this.pass.target.range);
    return this.#writer;
  }

  [Symbol.dispose](): void {
    this.#reader?.[Symbol.dispose]();
    this.#images?.[Symbol.dispose]();
    this.#writer?.[Symbol.dispose]();
  }

  /** Waits for bytes that are on their way, as long as they are wanted: a place that is silent must not hold a cancelled pass. */
  async #unlessCancelled(reading: Promise<void>): Promise<void> {
    let watch: NodeJS.Timeout | undefined;
    const cancelled = new Promise<never>((_, reject) => {
      watch = setInterval(() => {
        if (Atomics.load(this.pass.flags, PASS_FLAGS.cancelled) === 0) return;
        this.#reader?.[Symbol.dispose]();
        reject(abortedError());
      }, CANCEL_WATCH_MS);
    });
    try {
      await Promise.race([reading, cancelled]);
    } finally {
      clearInterval(watch);
      reading.catch(() => {});
    }
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
