import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { crc32, type ReadObject } from "@normstream/formats";
import { dataError, ioError, usageError } from "@normstream/tensor";
import type { ShardResult } from "../pass.js";
import { decodeResult, encodeResult } from "./shard-record.js";

const MAGIC = "normstream/shards/1\n";
const MOST_HEAD_BYTES = 1 << 16;
/** Bytes before each record: its length and its CRC-32. */
const FRAME = 8;
/** How long records may wait for the disk. A process that is killed loses none of them; a machine that fails, those. */
const SYNC_MS = 1000;

/**
 * The results of a pass's finished shards in a file that only grows: a line that says of which pass, then records, each with its length and
 * CRC-32. What a killed process had not written whole is cut off when it is opened again.
 */
export class ShardLog implements AsyncDisposable {
  readonly #path: string;
  readonly #file: number;
  readonly #places = new Map<number, { readonly byteOffset: number; readonly byteLength: number }>();
  #end = 0;
  #syncing: Promise<void> | null = null;
  #syncedAt = performance.now();
  #failure: unknown;
  #open = true;

  /**
   * @param description of the pass, in one line: a log of another pass is refused
   * @throws NormstreamError of kind `usage` for a log of another pass; `io` where it cannot be read or written.
   */
  constructor(path: string, description: string) {
    this.#path = path;
    this.#file = this.#io("open", () => openSync(path, "a+", 0o644));
    try {
      this.#read(`${MAGIC}${description}\n`);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** Shards whose results are here. */
  get size(): number {
    return this.#places.size;
  }

  has(index: number): boolean {
    return this.#places.has(index);
  }

  /** A finished shard's result: the receiver's own. */
  take(index: number): ShardResult {
    const place = this.#places.get(index);
    if (!place) throw new RangeError(`shard ${index} is not finished`);
    return decodeResult(this.#readAt(place.byteOffset, place.byteLength));
  }

  /** The objects of a far place that the finished shards read. */
  *objects(): Generator<ReadObject> {
    for (const index of this.#places.keys()) yield* this.take(index).objects ?? [];
  }

  /** Keeps a shard's result; not mutated, and copied at once. */
  put(result: ShardResult): void {
    if (this.#failure !== undefined) throw this.#failure;
    const record = encodeResult(result);
    const bytes = new Uint8Array(FRAME + record.length);
    const frame = new DataView(bytes.buffer);
    frame.setUint32(0, record.length, true);
    frame.setUint32(4, crc32(record), true);
    bytes.set(record, FRAME);
    this.#write(bytes);
    this.#places.set(result.index, { byteOffset: this.#end - record.length, byteLength: record.length });
    if (performance.now() - this.#syncedAt >= SYNC_MS) this.#sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#sync();
    await this.#syncing;
    closeSync(this.#file);
  }

  #read(head: string): void {
    const { size } = this.#io("read", () => fstatSync(this.#file));
    const expected = new TextEncoder().encode(head);
    const found = this.#readAt(0, Math.min(size, expected.length));
    if (found.length < expected.length && expected.subarray(0, found.length).every((byte, i) => byte === found[i])) {
      // Nothing, or a head that was cut off.
      this.#cut(0);
      this.#write(expected);
      this.#sync();
      return;
    }
    if (!expected.every((byte, i) => byte === found[i])) throw this.#anotherPass(size, head);
    this.#end = expected.length;
    for (let frame = this.#readAt(this.#end, FRAME); frame.length === FRAME; frame = this.#readAt(this.#end, FRAME)) {
      const view = new DataView(frame.buffer);
      const byteLength = view.getUint32(0, true);
      const byteOffset = this.#end + FRAME;
      if (byteLength === 0 || byteOffset + byteLength > size) break;
      const record = this.#readAt(byteOffset, byteLength);
      if (crc32(record) !== view.getUint32(4, true)) break;
      this.#places.set(decodeResult(record).index, { byteOffset, byteLength });
      this.#end = byteOffset + byteLength;
    }
    this.#cut(this.#end);
  }

  #anotherPass(size: number, expected: string): Error {
    const text = new TextDecoder().decode(this.#readAt(0, Math.min(size, MOST_HEAD_BYTES)));
    if (!text.startsWith(MAGIC)) {
      return dataError("is no log of finished shards", { file: this.#path, hint: "Name another folder with --checkpoint." });
    }
    const [, found = ""] = text.split("\n");
    return usageError("the checkpoint is of another run, or its input has changed", {
      file: this.#path,
      expected: difference(expected.split("\n")[1] ?? "", found),
      hint: "Run the command that it was begun with, or remove the folder.",
    });
  }

  #cut(byteLength: number): void {
    this.#io("write", () => ftruncateSync(this.#file, byteLength));
    this.#end = byteLength;
  }

  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      done += this.#io("write", () => writeSync(this.#file, bytes, done, bytes.length - done));
    }
    this.#end += bytes.length;
  }

  #readAt(byteOffset: number, byteLength: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(byteLength);
    let done = 0;
    while (done < byteLength) {
      const got = this.#io("read", () => readSync(this.#file, bytes, done, byteLength - done, byteOffset + done));
      if (got === 0) break;
      done += got;
    }
    return bytes.subarray(0, done);
  }

  #sync(): void {
    this.#syncedAt = performance.now();
    this.#syncing ??= new Promise((resolve) =>
      fdatasync(this.#file, (error) => {
        if (error) this.#failure = ioError("cannot write", error, { file: this.#path });
        this.#syncing = null;
        resolve();
      }),
    );
  }

  #io<T>(what: string, run: () => T): T {
    try {
      return run();
    } catch (cause) {
      throw ioError(`cannot ${what}`, cause, { file: this.#path });
    }
  }
}

/** What the description of a log says of its shards' bytes; undefined where there is no log, or none of ours. */
export function shardBytesOf(path: string): number | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    const bytes = new Uint8Array(MOST_HEAD_BYTES);
    const [magic, description = ""] = new TextDecoder().decode(bytes.subarray(0, readSync(file, bytes))).split("\n");
    if (`${magic}\n` !== MAGIC) return undefined;
    const { shardBytes } = JSON.parse(description) as { shardBytes?: unknown };
    return typeof shardBytes === "number" ? shardBytes : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}

/** What of the found description differs from the expected one: `"samples": 20 instead of 10`. */
function difference(expected: string, found: string): string {
  try {
    const [a, b] = [JSON.parse(expected), JSON.parse(found)] as [Record<string, unknown>, Record<string, unknown>];
    const key = Object.keys({ ...b, ...a }).find((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));
    if (key !== undefined) return `one whose ${key} is ${JSON.stringify(a[key])}, not ${JSON.stringify(b[key])}`;
  } catch {
    // Then it is not a description that we wrote.
  }
  return "one of this run";
}
