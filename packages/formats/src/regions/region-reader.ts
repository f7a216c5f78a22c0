import type {
  ArrayPart,
  DecodedStorage,
  FileIdentity,
  FileStorage,
  ImagePart,
  ImagesStorage,
  PartsStorage,
  Region,
} from "@normstream/tensor";

/** Some samples of a data set that is kept in many files or images. */
export type Part = ArrayPart | ImagePart;

/** A tensor whose elements any thread can read by itself, as plain data. */
export type ReadableStorage = FileStorage | DecodedStorage | Omit<PartsStorage, "slice"> | Omit<ImagesStorage, "slice">;

/** Reads parts of one tensor, by position. What it holds open it closes when it is disposed of. */
export interface RegionReader extends Disposable {
  /**
   * Fills `target` with the elements of a region, packed in C order of the layout, in the tensor's own byte order. One at a time.
   * @param target `regionSize(region) · itemSize` bytes, which may view shared memory
   * @param parts those that hold the region's samples, where the tensor is in parts
   * @throws NormstreamError of kind `data` for bytes that are damaged or have changed, `io` where they cannot be read.
   */
  read(region: Region, target: Uint8Array, parts?: readonly Part[]): void | Promise<void>;
  /** Says that a region will be read soon, step by step: a far place can send it ahead. */
  expect?(region: Region): void;
  /** Chunks that were not there since this was asked last, counted where their first element was read, and the first of them. */
  takeMissing?(): MissingChunks | null;
  /** Objects of a far place that were read since this was asked last, each in its state: what tells later whether one has changed. */
  takeObjects?(): ReadObject[];
  /** @throws NormstreamError of kind `data` where the file has changed since it was opened. */
  check?(): void;
}

/** Stored chunks that nobody has written: their elements are the fill value. */
export interface MissingChunks {
  /** How many. */
  readonly count: number;
  /** The key of the first one. */
  readonly first: string;
}

/** An object of a far place, as it was when it was read. Plain data. */
export interface ReadObject {
  /** The place, without what is secret in it. */
  readonly place: string;
  readonly key: string;
  /** What it was; null where there was none. */
  readonly identity: FileIdentity | null;
}

/** Two findings as one. */
export const addMissing = (a: MissingChunks | null, b: MissingChunks | null): MissingChunks | null =>
  a && b ? { count: a.count + b.count, first: a.first } : (a ?? b);
