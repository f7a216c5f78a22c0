import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROW, ROW_BYTES } from "@normstream/moments";
import { ioError, usageError } from "@normstream/tensor";

/**
 * Memory of the table that was disposed of last, for the next one as large. What the system gives for the first time costs more than all
 * that is written into it: 0.4 ms a megabyte, or 4 where it comes from a hypervisor.
 */
let spare: Float64Array | null = null;
const MOST_SPARE_BYTES = 64e6;

function memoryOf(length: number): Float64Array {
  const found = spare?.length === length ? spare : null;
  if (found) spare = null;
  return found ?? new Float64Array(length);
}

/**
 * The rows of a table, appended in order of block: in memory where the whole table fits its share, else in a temporary file that has
 * no name, so that nothing is left behind however the process ends.
 */
export class TableStore implements Disposable {
  readonly #width: number;
  /** All of the table, taken at once: many small pieces would keep the garbage collector busy. */
  #rows: Float64Array | null = null;
  #file: number | null = null;
  #bytes = 0;

  /**
   * @param blocks how many there will be
   * @param memoryBytes a table beyond this goes to disk
   */
  constructor(channels: number, blocks: number, memoryBytes: number) {
    this.#width = channels * ROW;
    if (blocks * channels * ROW_BYTES <= memoryBytes) this.#rows = memoryOf(blocks * this.#width);
    else this.#file = openUnnamed();
  }

  /** Blocks stored. */
  get blocks(): number {
    return this.#bytes / (8 * this.#width);
  }

  /** Adds the next blocks' rows `[blocks, C, 8]`; copied. */
  push(rows: Float64Array): void {
    if (this.#rows) this.#rows.set(rows, this.#bytes / 8);
    else this.#write(rows);
    this.#bytes += rows.byteLength;
  }

  /**
   * Rows of blocks `from` to `to`, `[to − from, C, 8]` float64, the caller's own.
   * @throws NormstreamError of kind `usage` after it was disposed of
   */
  read(from = 0, to = this.blocks): Float64Array {
    if (!this.#rows && this.#file === null) throw usageError("these statistics were disposed of: their table is gone");
    const width = this.#width;
    if (this.#rows) return this.#rows.slice(from * width, to * width);
    const out = new Float64Array((to - from) * width);
    const bytes = new Uint8Array(out.buffer);
    for (let at = 0; at < bytes.length; ) {
      const got = readSync(this.#file as number, bytes, at, Math.min(bytes.length - at, 1 << 30), from * width * 8 + at);
      if (got === 0) throw ioError("reading back the table of moments", new Error("the temporary file is too short"));
      at += got;
    }
    return out;
  }

  [Symbol.dispose](): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    if (this.#rows && this.#rows.byteLength <= MOST_SPARE_BYTES) spare = this.#rows;
    this.#rows = null;
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

function openUnnamed(): number {
  const path = join(tmpdir(), `normstream-table-${process.pid}-${Math.random().toString(36).slice(2)}.tmp`);
  try {
    const file = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    return file;
  } catch (cause) {
    throw ioError("making a temporary file for the table of moments", cause, {
      file: path,
      hint: "Set TMPDIR to a folder with room.",
    });
  }
}
