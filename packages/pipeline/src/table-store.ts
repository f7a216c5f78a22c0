import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROW } from "@normstream/moments";
import { ioError } from "@normstream/tensor";

/**
 * The rows of a table, appended in order of block: in memory up to a share, beyond it in a temporary file that has no name, so
 * that nothing is left behind however the process ends.
 */
export class TableStore implements Disposable {
  readonly #channels: number;
  readonly #memoryBytes: number;
  #parts: Float64Array[] = [];
  #bytes = 0;
  #file: number | null = null;

  /** @param memoryBytes beyond this the rows go to disk */
  constructor(channels: number, memoryBytes: number) {
    this.#channels = channels;
    this.#memoryBytes = memoryBytes;
  }

  /** Blocks stored. */
  get blocks(): number {
    return this.#bytes / (8 * ROW * this.#channels);
  }

  /** Adds the next blocks' rows `[blocks, C, 8]`; copied. */
  push(rows: Float64Array): void {
    if (this.#file === null && this.#bytes + rows.byteLength > this.#memoryBytes) this.#spill();
    if (this.#file === null) this.#parts.push(rows.slice());
    else this.#write(rows);
    this.#bytes += rows.byteLength;
  }

  /** Rows of blocks `from` to `to`, `[to − from, C, 8]` float64, the caller's own. */
  read(from = 0, to = this.blocks): Float64Array {
    const width = this.#channels * ROW;
    const out = new Float64Array((to - from) * width);
    if (this.#file !== null) {
      const bytes = new Uint8Array(out.buffer);
      for (let at = 0; at < bytes.length; ) {
        const got = readSync(this.#file, bytes, at, Math.min(bytes.length - at, 1 << 30), from * width * 8 + at);
        if (got === 0) throw ioError("reading back the table of moments", new Error("the temporary file is too short"));
        at += got;
      }
      return out;
    }
    let first = 0;
    for (const part of this.#parts) {
      const blocks = part.length / width;
      const a = Math.max(from, first);
      const b = Math.min(to, first + blocks);
      if (a < b) out.set(part.subarray((a - first) * width, (b - first) * width), (a - from) * width);
      first += blocks;
    }
    return out;
  }

  [Symbol.dispose](): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#parts = [];
  }

  #spill(): void {
    const path = join(tmpdir(), `normstream-table-${process.pid}-${Math.random().toString(36).slice(2)}.tmp`);
    try {
      this.#file = openSync(path, "wx+", 0o600);
      unlinkSync(path);
    } catch (cause) {
      throw ioError("making a temporary file for the table of moments", cause, {
        file: path,
        hint: "Set TMPDIR to a folder with room.",
      });
    }
    const parts = this.#parts;
    this.#parts = [];
    this.#bytes = 0;
    for (const part of parts) {
      this.#write(part);
      this.#bytes += part.byteLength;
    }
  }

  #write(rows: Float64Array): void {
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file as number, bytes, at, bytes.length - at, this.#bytes + at);
    } catch (cause) {
      throw ioError("writing the table of moments to a temporary file", cause, { hint: "Set TMPDIR to a folder with room." });
    }
  }
}
