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
  /** Tells the kinds apart. */
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
  /** Tells the kinds apart. */
  readonly kind: "memory";
  /** Where the first element stands in that memory. */
  readonly byteOffset: number;
}

/**
 * Elements that can only be read from first to last (a deflated archive member, gzip, standard input).
 * `open` starts again from the first byte each time, unless `isOnce`; it gives exactly the tensor's bytes or throws.
 */
export interface StreamStorage {
  /** Tells the kinds apart. */
  readonly kind: "stream";
  /** The file that it reads, where it reads one. */
  readonly path?: string | undefined;
  /** Whether the bytes come once: a second `open` throws an error of kind `usage`. */
  readonly isOnce?: boolean | undefined;
  /** Reads from the first byte on. A chunk is valid until the next one is asked for. */
  open(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/**
 * Elements that are decoded from stored chunks (a Zarr array, an HDF5 data set, columns of a table), by position from any thread.
 * Plain data: a thread loads the decoder by its name and gives it `details`.
 */
export interface DecodedStorage {
  /** Tells the kinds apart. */
  readonly kind: "decoded";
  /** Which decoder. */
  readonly decoder: string;
  /** The file or folder that it reads, as it was given. */
  readonly path: string;
  /** The file as it was when it was opened, where it is one file. */
  readonly identity?: FileIdentity | undefined;
  /** What the decoder has to know; plain data. */
  readonly details: unknown;
  /** Samples that are decoded together: who reads fewer at a time decodes them again. */
  readonly chunkSamples: number;
  /** Bytes that decoding takes beside the values that are asked for: a chunk, packed and unpacked. */
  readonly chunkBytes: number;
}

/** Some samples of a data set that is kept in many files: a file's array, as a reader of regions takes it. Plain data. */
export interface ArrayPart {
  /** What to call it in a message: the file, and the array in it where there are several. */
  readonly name: string;
  /** The sample of the whole that is its first one. */
  readonly firstSample: number;
  /** Samples that it holds. */
  readonly samples: number;
  /** Samples of its array, where the part is not all of it. */
  readonly arraySamples?: number | undefined;
  /** The sample of its array that is its first one; 0 where it is not said. */
  readonly arrayStart?: number | undefined;
  /** As in `StoredTensor`. */
  readonly order: "C" | "F";
  /** As in `StoredTensor`. */
  readonly bigEndian: boolean;
  /** Where its elements are. */
  readonly storage: FileStorage | DecodedStorage;
}

/** One encoded image: a file, or a range of one. Plain data. */
export interface ImagePart {
  /** What to call it in a message. */
  readonly name: string;
  /** The sample of the whole that it is. */
  readonly firstSample: number;
  /** The file that holds it. */
  readonly path: string;
  /** Where it stands in that file. */
  readonly byteOffset: number;
  /** Its encoded bytes; undefined: all of the file. */
  readonly byteLength: number | undefined;
  /** The file as it was when it was listed, where that is known. */
  readonly identity?: FileIdentity | undefined;
}

/** A data set in many arrays of one shape, joined along N in a fixed order. */
export interface PartsStorage {
  /** Tells the kinds apart. */
  readonly kind: "parts";
  /** The folder, pattern or archive that was opened. */
  readonly path: string;
  /** How many arrays. */
  readonly count: number;
  /** As of `DecodedStorage`, where arrays are decoded. */
  readonly chunkSamples?: number | undefined;
  /** As of `DecodedStorage`. */
  readonly chunkBytes?: number | undefined;
  /** Those that hold samples `from` to `to`, in order. On the thread that opened it; tasks carry them to others. */
  slice(from: number, to: number): readonly ArrayPart[];
}

/** A data set of encoded images, one a sample, in a fixed order. */
export interface ImagesStorage {
  /** Tells the kinds apart. */
  readonly kind: "images";
  /** The folder, pattern or archive that was opened. */
  readonly path: string;
  /** How many images. */
  readonly count: number;
  /** How all of them are decoded. */
  readonly decoding: ImageDecoding;
  /** As of `PartsStorage`. */
  slice(from: number, to: number): readonly ImagePart[];
}

/** Extents of a picture, in pixels. */
export interface PixelSize {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** What all images of a data set are decoded to. Plain data. */
export interface ImageDecoding {
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Whether an image with other channels is converted; else it is an error. */
  readonly convert: boolean;
  /** Whether values have 16 bits. */
  readonly is16Bit: boolean;
  /** Scaled to cover this size, and cut about the centre. */
  readonly resize: PixelSize | null;
  /** Whether what cannot be decoded is left out, and counted; else it is an error. */
  readonly skipBad: boolean;
  /** An image of more pixels than this is not decoded. */
  readonly maxPixels: number;
}

/** Every way in which elements are stored. */
export type AnyStorage = FileStorage | MemoryStorage | StreamStorage | DecodedStorage | PartsStorage | ImagesStorage;

/** How a tensor's elements are stored; all but `storage` is plain data that can cross a thread. */
export interface StoredTensor<Storage = AnyStorage> {
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
  /** `[C]` names of the channels, where the data have them: the columns of a table. */
  readonly channelNames?: readonly string[] | undefined;
  /** Whether NaN stands for values that are missing, so that it is left out where nobody says otherwise. */
  readonly nanIsMissing?: boolean | undefined;
  /** What decoded it, and its version, for who has to know where numbers come from: `sharp 0.35.5`. */
  readonly readers?: readonly string[] | undefined;
  /** What was passed over or has to be known of it, each a sentence without a full stop. */
  readonly notes?: readonly string[] | undefined;
}

/** An opened tensor: what `openTensor` gives and every pass takes. Opening reads the header alone. */
export interface TensorSource extends StoredTensor, AsyncDisposable {
  /** Container format: `npy`, `npz`, `safetensors`, `idx`, `raw`, `memory`, … */
  readonly format: string;
  /** Bytes of all elements. */
  readonly byteLength: number;
}
