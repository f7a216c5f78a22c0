import { type DecodedStorage, dataError, itemSize } from "@normstream/tensor";
import { layoutOfNames } from "../axis-names.js";
import { folderStore, type ObjectStore } from "../bytes/object-store.js";
import type { ArrayEntry, ArrayListing, ReadOptions } from "../stored-array.js";
import { tensorByteLength } from "../stored-array.js";
import { findZarrArrays, type ZarrArray } from "./metadata.js";
import { loadZarrita } from "./zarrita-loading.js";

/** What the decoder of a Zarr array has to know; plain data. */
export interface ZarrDetails {
  /** The folder of the root. */
  readonly root: string;
  readonly path: string;
  readonly version: 2 | 3;
  readonly document: Readonly<Record<string, unknown>>;
  readonly chunkShape: readonly number[];
  /** Whether a chunk that is not there is an error. */
  readonly missing: "fill" | "error";
  readonly hasFill: boolean;
}

/** Names that tell a Zarr array or group. */
const MARKS = ["zarr.json", ".zarray", ".zgroup"];

/** Whether a folder is a Zarr array or group. */
export async function isZarr(path: string): Promise<boolean> {
  const store = folderStore(path);
  for (const mark of MARKS) if (await store.get(mark, { offset: 0, length: 1 })) return true;
  return false;
}

/** Lists the arrays of a Zarr folder, of version 2 or 3. */
export async function readZarr(path: string, options: ReadOptions): Promise<ArrayListing> {
  const store = folderStore(path.replace(/\/+$/, "") || "/");
  const arrays = await findZarrArrays(store);
  if (arrays.length === 0) throw dataError("the Zarr group holds no array", { file: path, expected: "one or more" });
  return { format: "zarr", entries: arrays.map((array) => entryOf(array, store, path, options)) };
}

function entryOf(array: ZarrArray, store: ObjectStore, root: string, { missing = "fill" }: ReadOptions): ArrayEntry {
  const { type, shape, chunkShape, path, version, document, hasFill, dimensionNames } = array;
  return {
    name: path === "" ? undefined : path,
    async read() {
      const file = path === "" ? root : `${root}:${path}`;
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
      const details: ZarrDetails = { root: store.root, path, version, document, chunkShape, missing, hasFill };
      const size = type.dtype ? itemSize(type.dtype) : 1;
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
        storage: storageOf(root, details, size),
        layout: layoutOfNames(dimensionNames),
        readers: [reader],
      };
    },
  };
}

function storageOf(path: string, details: ZarrDetails, size: number): DecodedStorage {
  const chunkElements = details.chunkShape.reduce((a, b) => a * b, 1);
  return {
    kind: "decoded",
    decoder: "zarr",
    path,
    details,
    chunkSamples: details.chunkShape[0] ?? 1,
    // Packed and unpacked.
    chunkBytes: 2 * chunkElements * size,
  };
}
