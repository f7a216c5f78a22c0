import type { ArrayPart, DecodedStorage, FileStorage } from "@normstream/tensor";
import { RecordIndex } from "../listing/record-index.js";

/** A part as a line of the index says it. */
interface PartRecord {
  /** Name, where it is not the path. */
  readonly name?: string;
  readonly path: string;
  readonly samples: number;
  readonly order?: "F";
  readonly bigEndian?: true;
  /** First byte, size, time of change, inode, entity tag: elements that stand in a file. */
  readonly file?: FileFields;
  readonly decoded?: DecodedStorage;
}

type FileFields = readonly [number, number, number, number, string?];

/** The parts of a data set in many files: as many as there are, in little memory. */
export class PartIndex implements Disposable {
  readonly #records = new RecordIndex();

  /** How many parts. */
  get count(): number {
    return this.#records.length;
  }
  /** Samples of all of them. */
  get samples(): number {
    return this.#records.weight;
  }

  /** Adds the next part; its first sample follows from those before it. */
  add(part: Omit<ArrayPart, "firstSample">): void {
    const { name, samples, order, bigEndian, storage } = part;
    const record: PartRecord = {
      path: storage.path,
      samples,
      ...(name === storage.path ? {} : { name }),
      ...(order === "F" ? { order } : {}),
      ...(bigEndian ? { bigEndian } : {}),
      ...(storage.kind === "file" ? { file: fileFields(storage) } : { decoded: storage }),
    };
    this.#records.add(JSON.stringify(record), samples);
  }

  /** The parts that hold samples `from` to `to`, in order. */
  slice(from: number, to: number): ArrayPart[] {
    const parts: ArrayPart[] = [];
    let firstSample = this.#records.startOf(from);
    for (const line of this.#records.from(from)) {
      if (firstSample >= to) break;
      const record = JSON.parse(line) as PartRecord;
      if (firstSample + record.samples > from) parts.push(partOf(record, firstSample));
      firstSample += record.samples;
    }
    return parts;
  }

  [Symbol.dispose](): void {
    this.#records[Symbol.dispose]();
  }
}

const fileFields = ({ byteOffset, identity: { size, mtimeMs, inode, etag } }: FileStorage): FileFields =>
  etag === undefined ? [byteOffset, size, mtimeMs, inode] : [byteOffset, size, mtimeMs, inode, etag];

function partOf({ name, path, samples, order, bigEndian, file, decoded }: PartRecord, firstSample: number): ArrayPart {
  const common = { name: name ?? path, firstSample, samples, order: order ?? "C", bigEndian: bigEndian === true } as const;
  if (decoded) return { ...common, storage: decoded };
  const [byteOffset, size, mtimeMs, inode, etag] = file as FileFields;
  const identity = { size, mtimeMs, inode, ...(etag === undefined ? {} : { etag }) };
  return { ...common, storage: { kind: "file", path, byteOffset, identity } };
}
