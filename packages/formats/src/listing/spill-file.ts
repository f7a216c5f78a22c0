import { randomBytes } from "node:crypto";
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ioError } from "@normstream/tensor";

/** A temporary file without a name: nothing is left of it, however the process ends. */
export class SpillFile implements Disposable {
  readonly #descriptor: number;
  #byteLength = 0;

  constructor() {
    const path = join(tmpdir(), `normstream-list-${process.pid}-${randomBytes(6).toString("hex")}.tmp`);
    try {
      this.#descriptor = openSync(path, "wx+", 0o600);
      unlinkSync(path);
    } catch (cause) {
      throw ioError("making a temporary file for a list of files", cause, {
        file: path,
        hint: "Set TMPDIR to a folder with room.",
      });
    }
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Adds bytes at the end. */
  append(bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#byteLength + done);
      }
    } catch (cause) {
      throw ioError("writing a list of files to a temporary file", cause, { hint: "Set TMPDIR to a folder with room." });
    }
    this.#byteLength += bytes.length;
  }

  /** The bytes from `position`: fewer than `byteLength` only at the end. */
  read(position: number, byteLength: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(byteLength, this.#byteLength - position)));
    for (let done = 0; done < bytes.length; ) {
      const got = readSync(this.#descriptor, bytes, done, bytes.length - done, position + done);
      if (got === 0) throw ioError("reading back a list of files", new Error("the temporary file is too short"));
      done += got;
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
