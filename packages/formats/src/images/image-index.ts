import type { FileIdentity, ImagePart } from "@normstream/tensor";
import { RecordIndex } from "../listing/record-index.js";

/** A file that holds images: one, or as many as an archive has. */
export interface ImageFile {
  readonly path: string;
  /** Of an archive, which is listed before it is read. */
  readonly identity?: FileIdentity | undefined;
}

/** Where an image stands in its file, where that is an archive. */
export interface ImageRange {
  /** In the archive. */
  readonly name: string;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** The images of a data set: as many as there are, in little memory. */
export class ImageIndex implements Disposable {
  readonly #records = new RecordIndex();
  /** Archives are few. */
  readonly #archives: ImageFile[] = [];

  /** How many images. */
  get count(): number {
    return this.#records.length;
  }

  /** Adds an image that is a file of its own. */
  addFile(path: string): void {
    this.#records.add(JSON.stringify(path));
  }

  /** Adds an image of an archive. */
  addRange(archive: ImageFile, { name, byteOffset, byteLength }: ImageRange): void {
    if (this.#archives.at(-1) !== archive) this.#archives.push(archive);
    this.#records.add(JSON.stringify([this.#archives.length - 1, name, byteOffset, byteLength]));
  }

  /** Images `from` to `to`, in order. */
  slice(from: number, to: number): ImagePart[] {
    const parts: ImagePart[] = [];
    let sample = this.#records.startOf(from);
    for (const line of this.#records.from(from)) {
      if (sample >= to) break;
      if (sample >= from) parts.push(this.#partOf(JSON.parse(line), sample));
      sample++;
    }
    return parts;
  }

  [Symbol.dispose](): void {
    this.#records[Symbol.dispose]();
  }

  #partOf(record: string | readonly [number, string, number, number], firstSample: number): ImagePart {
    if (typeof record === "string") {
      return { name: record, firstSample, path: record, byteOffset: 0, byteLength: undefined };
    }
    const [archive, name, byteOffset, byteLength] = record;
    const { path, identity } = this.#archives[archive] as ImageFile;
    return { name: `${path}:${name}`, firstSample, path, byteOffset, byteLength, identity };
  }
}
