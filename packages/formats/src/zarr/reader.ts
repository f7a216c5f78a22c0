import { type DecodedStorage, dataError, itemSize } from "@normstream/tensor";
import { layoutOfNames } from "../axis-names.js";
import type { ObjectStore } from "../bytes/object-store.js";
import { openObjectStore } from "../places/object-store-opening.js";
import { isFarPlace, placeName } from "../places/place.js";
import type { ArrayEntry, ArrayListing, ReadOptions } from "../stored-array.js";
import { tensorByteLength } from "../stored-array.js";
import { withConsolidated } from "./consolidated.js";
import { findZarrArrays, type ZarrArray } from "./metadata.js";
import { loadZarrita } from "./zarrita-loading.js";

/** What the decoder of a Zarr array has to know; plain data. */
export interface ZarrDetails {
  /** The folder of the root, or its URL. */
  readonly root: string;
  readonly path: string;
  readonly version: 2 | 3;
  readonly document: Readonly<Record<string, unknown>>;
  readonly chunkShape: readonly number[];
  /** Whether a chunk that is not there is an error. */
  readonly missing: "fill" | "error";
  readonly hasFill: boolean;
  /** Chunks that are asked for before they are needed; 0 on a local disk, which answers at once. */
  readonly ahead: number;
}

/** Bytes of chunks that are asked for ahead, and how many these are at most. */
const AHEAD_BYTES = 1 << 24;
const MOST_AHEAD = 6;

/** Names that tell a Zarr array or group. */
const MARKS = ["zarr.json", ".zarray", ".zgroup"];

/** Whether a folder is a Zarr array or group. */
export async function isZarr(path: string): Promise<boolean> {
  using store = openObjectStore(path);
  for (const mark of MARKS) if (await store.get(mark, { offset: 0, length: 1 })) return true;
  return false;
}

/** Lists the arrays of a Zarr folder, of version 2 or 3; undefined where a far place has none there. */
export async function readZarr(path: string, options: ReadOptions): Promise<ArrayListing | undefined> {
  const isFar = isFarPlace(path);
  const root = isFar ? path : path.replace(/\/+$/, "") || "/";
  using objects = openObjectStore(root);
  const store = isFar ? await withConsolidated(objects) : objects;
  const arrays = await findZarrArrays(store, options.select);
  if (arrays.length === 0) {
    if (isFar && !(await isGroup(store))) return undefined;
    throw dataError("the Zarr group holds no array", {
      file: placeName(path),
      expected: isFar ? "one or more, in consolidated metadata: the place does not list them" : "one or more",
      ...(isFar ? { hint: "Name one with --select, or consolidate the metadata." } : {}),
    });
  }
  return { format: "zarr", entries: arrays.map((array) => entryOf(array, store, path, options)) };
}

/** Whether there is a group that may hold arrays which nobody lists. */
async function isGroup(store: ObjectStore): Promise<boolean> {
  for (const mark of ["zarr.json", ".zgroup", ".zmetadata"]) if (await store.get(mark)) return true;
  return false;
}

function entryOf(array: ZarrArray, store: ObjectStore, root: string, { missing = "fill" }: ReadOptions): ArrayEntry {
  const { type, shape, chunkShape, path, version, document, hasFill, dimensionNames } = array;
  return {
    name: path === "" ? undefined : path,
    async read() {
      const file = path === "" ? placeName(root) : `${placeName(root)}:${path}`;
      const { zarrita, version: reader } = await loadZarrita();
      const unknown = array.codecs.find((name) => !zarrita.registry.has(name));
      const problem =
        unknown === undefined
          ? undefined
          : {
              what: `the codec ${JSON.stringify(unknown.replace("numcodecs.", ""))} is not read`,
              expected: [...zarrita.registry.keys()].filter((name) => !name.includes(".")).join(", "),
              hint: "Write the array again with one of them.",
            };
      const size = type.dtype ? itemSize(type.dtype) : 1;
      const chunkBytes = chunkShape.reduce((a, b) => a * b, size);
      const ahead = isFarPlace(root) ? Math.max(1, Math.min(MOST_AHEAD, Math.floor(AHEAD_BYTES / chunkBytes))) : 0;
      const details: ZarrDetails = { root: store.root, path, version, document, chunkShape, missing, hasFill, ahead };
      return {
        shape,
        dtypeName: type.name,
        dtype: type.dtype,
        hint: type.hint,
        problem,
        order: "C",
        bigEndian: false,
        byteLength: tensorByteLength(shape, type.dtype ?? "uint8", { file }),
        packing: "stored",
        storage: storageOf(root, details, chunkBytes),
        layout: layoutOfNames(dimensionNames),
        readers: [reader],
      };
    },
  };
}

function storageOf(path: string, details: ZarrDetails, chunkBytes: number): DecodedStorage {
  return {
    kind: "decoded",
    decoder: "zarr",
    path,
    details,
    chunkSamples: details.chunkShape[0] ?? 1,
    // Packed and unpacked; those that come ahead for this shard and the next one.
    chunkBytes: 2 * chunkBytes * (1 + 2 * details.ahead),
  };
}
