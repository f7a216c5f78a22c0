import type { DType } from "./dtype.js";
import type { Layout } from "./layout.js";

/** What tells one state of a file from another. */
export interface FileIdentity {
  /** Bytes. */
  readonly size: number;
  /** Last change of the content, milliseconds since 1970; 0 where nobody says. */
  readonly mtimeMs: number;
  /** Number of the file in its file system; 0 elsewhere. */
  readonly inode: number;
  /** Entity tag of an object behind HTTP or S3, where it has one. */
  readonly etag?: string | undefined;
}

/** Elements at one place of a local file, read by position from any thread. */
export interface FileStorage {
  /** Tells the three kinds apart. */
  readonly kind: "file";
  /** As it was given. */
  readonly path: string;
  /** Where the first element stands. */
  readonly byteOffset: number;
  /** The file as it was when it was opened: a pass refuses one that has changed. */
  readonly identity: FileIdentity;
}

/** Elements in the shared memory of a pool. */
export interface MemoryStorage {
  /** Tells the three kinds apart. */
  readonly kind: "memory";
  /** Where the first element stands in that memory. */
  readonly byteOffset: number;
}

/**
 * Elements that can only be read from first to last (a deflated archive member, gzip, later stdin).
 * `open` starts again from the first byte each time; it gives exactly the tensor's bytes or throws.
 */
export interface StreamStorage {
  /** Tells the three kinds apart. */
  readonly kind: "stream";
  /** The file that it reads, where it reads one. */
  readonly path?: string | undefined;
  /** Reads from the first byte on. A chunk is valid until the next one is asked for. */
  open(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** How a tensor's elements are stored; all but `storage` is plain data that can cross a thread. */
export interface StoredTensor<Storage = FileStorage | MemoryStorage | StreamStorage> {
  /** What to call it in a message: the file, and the tensor in it where there are several. */
  readonly name: string;
  /** Logical shape, in the order of `layout`. */
  readonly shape: readonly number[];
  /** Type of the elements. */
  readonly dtype: DType;
  /** What the axes of `shape` are. */
  readonly layout: Layout;
  /** `C`: the last axis varies fastest; `F`: the first one does. */
  readonly order: "C" | "F";
  /** Whether elements are stored with their highest byte first. */
  readonly bigEndian: boolean;
  /** Where the elements are. */
  readonly storage: Storage;
}

/** An opened tensor: what `openTensor` gives and every pass takes. Opening reads the header alone. */
export interface TensorSource extends StoredTensor, AsyncDisposable {
  /** Container format: `npy`, `npz`, `safetensors`, `idx`, `raw`, `memory`. */
  readonly format: string;
  /** Bytes of all elements. */
  readonly byteLength: number;
}
