import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { HeaderSource } from "./bytes/header-source.js";
import { openHeaderSource } from "./places/header-source-opening.js";
import { isFarPlace } from "./places/place.js";
import { listArrays } from "./registry.js";
import { SHARD_INDEX } from "./safetensors/shard-names.js";
import { fileSetOf } from "./sets/file-set.js";
import { openSet } from "./sets/set-opening.js";
import { readStdin, STDIN } from "./stdin/reader.js";
import type { ArrayListing, SetOptions } from "./stored-array.js";

/** The arrays of an input, while it is open. */
export interface OpenedInput extends ArrayListing, AsyncDisposable {
  /** Bytes of the file; null where the input is no single file. */
  readonly byteLength: number | null;
  /** The open file, where it is one. */
  readonly source?: HeaderSource | undefined;
}

/**
 * Opens a file, or a folder or pattern of files, and lists the arrays in it. Reads headers alone.
 * @throws NormstreamError of kind `io` where nothing can be read there; `data` where it is damaged, or files do not fit each other; `usage`
 * for raw data that is not described.
 */
export async function openInput(path: string, options: SetOptions = {}): Promise<OpenedInput> {
  if (path === STDIN) return { ...(await readStdin(options)), byteLength: null, async [Symbol.asyncDispose]() {} };
  const zarr = await zarrListing(path, options);
  if (zarr) return { ...zarr, byteLength: null, async [Symbol.asyncDispose]() {} };
  const set = isFarPlace(path) ? undefined : await fileSetOf(path);
  const index = set && (await shardIndexOf(path));
  if (index !== undefined) return openInput(index, options);
  if (set) {
    const listing = await openSet(set, options);
    return { ...listing, byteLength: null, [Symbol.asyncDispose]: async () => listing.release?.() };
  }
  const source = await openHeaderSource(path, options.signal);
  try {
    const listing = await listArrays(source, options, options.signal);
    return {
      ...listing,
      byteLength: listing.isIndex ? null : source.byteLength,
      source,
      async [Symbol.asyncDispose]() {
        listing.release?.();
        await source[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

/** The index of a folder that is written as shards of `.safetensors`; undefined where there is none. */
async function shardIndexOf(folder: string): Promise<string | undefined> {
  const path = join(folder, SHARD_INDEX);
  return (await stat(path).catch(() => undefined))?.isFile() ? path : undefined;
}

/** URLs that may be a folder: their last name has no extension, or is one of Zarr's. */
const FOLDER_URL = /^[^?#]*(\/|\.zarr|\.zarr\/[^?#]*|\/[^./?#]+)([?#].*)?$/i;

/** The arrays of a Zarr folder; undefined where the path is none. */
async function zarrListing(path: string, options: SetOptions): Promise<ArrayListing | undefined> {
  if (isFarPlace(path)) return FOLDER_URL.test(path) ? (await import("./zarr/reader.js")).readZarr(path, options) : undefined;
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isDirectory()) return undefined;
  const { isZarr, readZarr } = await import("./zarr/reader.js");
  return (await isZarr(path)) ? readZarr(path, options) : undefined;
}
