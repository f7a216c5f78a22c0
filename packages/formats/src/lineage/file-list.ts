import { createHash } from "node:crypto";
import { dataError } from "@normstream/tensor";
import { RecordIndex } from "../listing/record-index.js";
import type { SourceFile } from "./source-files.js";

/** Lines that are handed on together. */
const LINES = 1024;

/** The files that numbers come from: as many as there are, in little memory. */
export class FileList implements Disposable {
  readonly #records = new RecordIndex();
  readonly #hash = createHash("sha256");
  #byteLength = 0;
  #digest: string | undefined;

  /** Lists files. The receiver disposes of the list. */
  static async of(files: AsyncIterable<SourceFile>): Promise<FileList> {
    const list = new FileList();
    try {
      for await (const file of files) list.#add(file);
      list.#digest = list.#hash.digest("hex");
      return list;
    } catch (error) {
      list[Symbol.dispose]();
      throw error;
    }
  }

  /** How many. */
  get count(): number {
    return this.#records.length;
  }

  /** Bytes of all lines, each with its line feed. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Hex SHA-256 over all lines: the same for the same files in the same state. */
  get digest(): string {
    return this.#digest as string;
  }

  /** A line of JSON a file, as often as they are asked for. */
  lines(): Generator<string> {
    return this.#records.from(0);
  }

  /** The lines as bytes, many at a time. */
  *chunks(): Generator<Uint8Array> {
    let lines: string[] = [];
    for (const line of this.lines()) {
      lines.push(`${line}\n`);
      if (lines.length < LINES) continue;
      yield Buffer.from(lines.join(""));
      lines = [];
    }
    if (lines.length > 0) yield Buffer.from(lines.join(""));
  }

  [Symbol.dispose](): void {
    this.#records[Symbol.dispose]();
  }

  #add(file: SourceFile): void {
    const line = JSON.stringify(file);
    this.#records.add(line);
    this.#hash.update(`${line}\n`);
    this.#byteLength += Buffer.byteLength(line) + 1;
  }
}

/** A line as the file that it says. @throws NormstreamError of kind `data` for a line that is none of ours */
export function parseFileLine(line: string, where: string): SourceFile {
  let value: Partial<Record<keyof SourceFile, unknown>> | undefined;
  try {
    value = JSON.parse(line);
  } catch {
    // Told below.
  }
  return fileOf(value, where);
}

/** What stands in a list of files, as a file. @throws NormstreamError of kind `data` for anything else */
export function fileOf(value: unknown, where: string): SourceFile {
  const { path, size, mtimeMs, etag, digest, firstSample, samples } = (value ?? {}) as Partial<Record<keyof SourceFile, unknown>>;
  const isText = (entry: unknown) => entry === undefined || typeof entry === "string";
  if (
    typeof path !== "string" ||
    ![size, mtimeMs, firstSample, samples].every(Number.isFinite) ||
    !isText(etag) ||
    !isText(digest)
  ) {
    throw dataError("the list of files is damaged", { file: where, hint: "Compute the statistics again." });
  }
  return value as SourceFile;
}
