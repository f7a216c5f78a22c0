import {
  type AnyStorage,
  type DType,
  dataError,
  type ErrorDetails,
  elementCount,
  itemSize,
  type Layout,
  type MemoryStorage,
  type PixelSize,
} from "@normstream/tensor";
import { bytesFollowing } from "./bytes/byte-count.js";
import type { HeaderSource } from "./bytes/header-source.js";

/** How the bytes of an array are packed in its file. */
export type Packing = "stored" | "deflated" | "gzip";

/** What a file's header says of one array. */
export interface StoredArray {
  /** Logical shape; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** Canonical name of a supported dtype, else what the file calls it. */
  readonly dtypeName: string;
  /** Undefined where Normstream does not compute with this type; `hint` then says what to convert to. */
  readonly dtype: DType | undefined;
  readonly hint?: string | undefined;
  /** Why its elements cannot be read, whatever their type; undefined where they can. */
  readonly problem?: { readonly what: string; readonly expected?: string; readonly hint: string } | undefined;
  readonly order: "C" | "F";
  readonly bigEndian: boolean;
  /** Bytes of all elements, unpacked. */
  readonly byteLength: number;
  readonly packing: Packing;
  readonly storage: Exclude<AnyStorage, MemoryStorage>;
  /** The layout that the format implies, where it implies one. */
  readonly layout?: Layout | undefined;
  /** As in `StoredTensor`. */
  readonly channelNames?: readonly string[] | undefined;
  /** As in `StoredTensor`. */
  readonly nanIsMissing?: boolean | undefined;
  /** As in `StoredTensor`. */
  readonly readers?: readonly string[] | undefined;
  /** As in `StoredTensor`. */
  readonly notes?: readonly string[] | undefined;
  /** Gives back what it holds: an index of files. */
  readonly release?: (() => void) | undefined;
}

/** One array of a container, not looked into yet. */
export interface ArrayEntry {
  /** Undefined where the format has no names, because a file holds one array. */
  readonly name: string | undefined;
  read(): Promise<StoredArray>;
}

/** What a reader finds in a file. */
export interface ArrayListing {
  readonly format: string;
  readonly entries: readonly ArrayEntry[];
  /** Whether the reader has done what `select` says: it names columns, or the array of each of many files. */
  readonly isSelected?: boolean | undefined;
  /** Whether the file only names others, which hold the arrays: its size says nothing. */
  readonly isIndex?: boolean | undefined;
  /** Gives back what the listing holds beside the open file. */
  readonly release?: (() => void) | undefined;
}

/** What describes headerless data. */
export interface RawDescription {
  /** Extents in C order, for raw data; a file with a header must agree. */
  readonly shape?: readonly number[] | undefined;
  /** As a person writes it: `f4`, `>i2`, `float32`; for raw data, as `shape`. */
  readonly dtype?: string | undefined;
}

/** How images become samples. */
export interface ImageOptions {
  /** Converts images to so many channels; default: the first one's, and others are an error. */
  readonly color?: "grey" | "rgb" | "rgba" | undefined;
  /** Scales images until they cover this size, and cuts off what stands over about the centre. */
  readonly resize?: PixelSize | undefined;
  /** Leaves out images that cannot be decoded, and counts them; default: the first one is an error. */
  readonly skipBad?: boolean | undefined;
}

/** What becomes of stored chunks that are not there. */
export interface ChunkOptions {
  /** `fill` (default): their elements are the array's fill value, and they are counted; `error`: the first one is an error. */
  readonly missing?: "fill" | "error" | undefined;
}

/** What a reader may want to know beside the file. */
export interface ReadOptions extends RawDescription, ImageOptions, ChunkOptions {
  /** Order of the axes, where it was chosen. */
  readonly layout?: Layout | undefined;
  /** Whether TIFF files are rasters, whatever they say of themselves: the first one of their set is. */
  readonly isRaster?: boolean | undefined;
  /** Which array, or columns, where one was named. */
  readonly select?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How the files of a folder are opened. */
export interface SetOptions extends ReadOptions {
  /** Called now and then with the number of files that were seen. */
  readonly onListed?: ((files: number) => void) | undefined;
  /** Called with the number of files whose headers have been read, one after the other. */
  readonly onOpened?: ((files: number) => void) | undefined;
}

/** Lists the arrays of a file, reading headers alone. */
export type ArrayReader = (source: HeaderSource, options: ReadOptions) => Promise<ArrayListing>;

/**
 * Bytes that a tensor takes.
 * @throws NormstreamError of kind `data` for an extent that is not a whole number, or above 2^53 − 1 bytes.
 */
export function tensorByteLength(shape: readonly number[], dtype: DType, where: ErrorDetails = {}): number {
  const byteLength = elementCount(shape, where) * itemSize(dtype);
  if (!Number.isSafeInteger(byteLength)) {
    throw dataError("the tensor takes too many bytes", { ...where, expected: "at most 2^53 - 1" });
  }
  return byteLength;
}

/**
 * Holds the bytes that a file has for an array against the bytes that its header asks for.
 * @throws NormstreamError of kind `data` where they differ.
 */
export function checkExtent(headerByteLength: number, expected: number, found: number, where: ErrorDetails): void {
  if (found === expected) return;
  const parts = headerByteLength > 0 ? ` (${headerByteLength} of header, ${expected} of data)` : "";
  throw dataError(found < expected ? "the data is truncated" : `${bytesFollowing(found - expected)} the data`, {
    ...where,
    expected: `${headerByteLength + expected} bytes${parts}`,
    found: `${headerByteLength + found}`,
    hint: found < expected ? "Copy or write the file again." : "The header does not describe the whole file: write it again.",
  });
}
