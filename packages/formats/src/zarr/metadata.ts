import { dataError, type ErrorDetails } from "@normstream/tensor";
import type { ObjectStore } from "../bytes/object-store.js";
import { fillValueOf, typeOfVersion2, typeOfVersion3, type ZarrDataType } from "./data-type.js";
import { type Json, parseMetadata } from "./json.js";

/** One array, as its metadata describe it. */
export interface ZarrArray {
  /** Its path below the root; empty for an array that is the root. */
  readonly path: string;
  readonly version: 2 | 3;
  readonly shape: readonly number[];
  /** Extents of what is decoded together: a chunk, or an inner chunk of a shard. */
  readonly chunkShape: readonly number[];
  readonly type: ZarrDataType;
  /** What the axes are called, where they have names. */
  readonly dimensionNames: readonly (string | null)[] | undefined;
  /** Whether elements of chunks that are not there have a value. */
  readonly hasFill: boolean;
  /** Names of the codecs, as zarrita looks them up. */
  readonly codecs: readonly string[];
  /** The metadata with types that zarrita reads on every version of Node: what is given to it. */
  readonly document: Readonly<Record<string, unknown>>;
}

const REPAIR = "Write the array again.";

/**
 * Finds the arrays below a root: the root itself, or those of a group, in the order of their paths.
 * @param select the one that is wanted: enough where the place cannot list
 */
export async function findZarrArrays(store: ObjectStore, select?: string): Promise<ZarrArray[]> {
  const found: ZarrArray[] = [];
  const only = select === undefined || (await store.list("")) !== undefined ? undefined : select.replace(/^\/+|\/+$/g, "");
  await search(store, only ?? "", found, 0);
  if (found.length > 0 || only === undefined) return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  await search(store, "", found, 0);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Groups nest no deeper than this. */
const MAX_DEPTH = 16;

async function search(store: ObjectStore, path: string, found: ZarrArray[], depth: number): Promise<void> {
  const prefix = path === "" ? "" : `${path}/`;
  const array = await readArray(store, path, prefix);
  if (array) {
    found.push(array);
    return;
  }
  if (depth > MAX_DEPTH) return;
  for (const name of (await store.list(path)) ?? []) {
    if (name.endsWith("/") && !name.startsWith(".")) await search(store, prefix + name.slice(0, -1), found, depth + 1);
  }
}

async function readArray(store: ObjectStore, path: string, prefix: string): Promise<ZarrArray | undefined> {
  const newer = await readJson(store, `${prefix}zarr.json`);
  if (newer) return newer.node_type === "array" ? arrayOfVersion3(newer, path, where(store, `${prefix}zarr.json`)) : undefined;
  const older = await readJson(store, `${prefix}.zarray`);
  if (!older) return undefined;
  const attributes = (await readJson(store, `${prefix}.zattrs`)) ?? {};
  return arrayOfVersion2(older, attributes, path, where(store, `${prefix}.zarray`));
}

const where = (store: ObjectStore, key: string): ErrorDetails => ({ file: `${store.root}/${key}`, hint: REPAIR });

async function readJson(store: ObjectStore, key: string): Promise<Json | undefined> {
  const bytes = await store.get(key);
  if (!bytes) return undefined;
  const document = parseMetadata(bytes);
  if (!document) throw dataError("the metadata are no JSON object", where(store, key));
  return document;
}

function arrayOfVersion3(document: Json, path: string, at: ErrorDetails): ZarrArray {
  if (document.zarr_format !== 3) throw malformed("zarr_format", "3", document.zarr_format, at);
  const shape = extentsOf(document.shape, "shape", at, 0);
  const grid = objectOf(document.chunk_grid);
  if (grid.name !== "regular") throw malformed("chunk_grid", '"regular"', grid.name, at);
  const outer = extentsOf(objectOf(grid.configuration).chunk_shape, "chunk_shape", at, 1);
  const codecs = codecsOf(document.codecs, at);
  const sharding = codecs.find(({ name }) => name === "sharding_indexed")?.configuration;
  const chunkShape = sharding ? extentsOf(sharding.chunk_shape, "chunk_shape of shards", at, 1) : outer;
  if (chunkShape.length !== shape.length || outer.length !== shape.length) {
    throw malformed("chunk_shape", `${shape.length} extents`, `${chunkShape.length}`, at);
  }
  if (sharding && (codecs.length > 1 || outer.some((extent, axis) => extent % (chunkShape[axis] as number) !== 0))) {
    throw malformed("codecs", "one of sharding, whose chunks divide the shard", "others", at);
  }
  const inner = sharding ? [...codecsOf(sharding.codecs, at), ...codecsOf(sharding.index_codecs, at)] : codecs;
  const type = typeOfVersion3(document.data_type);
  const names = document.dimension_names;
  return {
    path,
    version: 3,
    shape,
    chunkShape,
    type,
    dimensionNames: Array.isArray(names) ? (names as (string | null)[]) : undefined,
    hasFill: document.fill_value !== null && document.fill_value !== undefined,
    codecs: inner.map(({ name }) => name),
    document: {
      ...document,
      ...(type.as ? { data_type: type.as } : {}),
      ...(type.dtype ? { fill_value: fillValueOf(document.fill_value, type.dtype) } : {}),
    },
  };
}

function arrayOfVersion2(document: Json, attributes: Json, path: string, at: ErrorDetails): ZarrArray {
  if (document.zarr_format !== 2) throw malformed("zarr_format", "2", document.zarr_format, at);
  const shape = extentsOf(document.shape, "shape", at, 0);
  const chunkShape = extentsOf(document.chunks, "chunks", at, 1);
  if (chunkShape.length !== shape.length) throw malformed("chunks", `${shape.length} extents`, `${chunkShape.length}`, at);
  const type = typeOfVersion2(document.dtype);
  const filters = [...(Array.isArray(document.filters) ? document.filters : []), document.compressor].filter((filter) => filter);
  const codecs = filters.flatMap((filter) => {
    const id = String(objectOf(filter).id);
    // zarrita reads it as the two codecs that came in its place.
    return id === "fixedscaleoffset" ? ["scale_offset", "cast_value"] : [`numcodecs.${id}`];
  });
  const names = attributes._ARRAY_DIMENSIONS;
  const descr = String(document.dtype);
  return {
    path,
    version: 2,
    shape,
    chunkShape,
    type,
    dimensionNames: Array.isArray(names) ? (names as string[]) : undefined,
    hasFill: document.fill_value !== null && document.fill_value !== undefined,
    codecs,
    document: {
      ...document,
      ...(type.as ? { dtype: descr.replace(/f2$/, "u2") } : {}),
      ...(type.dtype ? { fill_value: fillValueOf(document.fill_value, type.dtype) } : {}),
    },
  };
}

const objectOf = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});

function codecsOf(value: unknown, at: ErrorDetails): { readonly name: string; readonly configuration: Json }[] {
  if (!Array.isArray(value)) throw malformed("codecs", "a list", typeof value, at);
  return value.map((codec) => ({ name: String(objectOf(codec).name), configuration: objectOf(objectOf(codec).configuration) }));
}

function extentsOf(value: unknown, field: string, at: ErrorDetails, least: 0 | 1): number[] {
  if (Array.isArray(value) && value.every((extent) => Number.isSafeInteger(extent) && extent >= least)) return value as number[];
  throw malformed(field, `whole numbers of ${least} or more`, JSON.stringify(value)?.slice(0, 60), at);
}

const malformed = (field: string, expected: string, found: unknown, at: ErrorDetails) =>
  dataError(`${field} in the metadata is not what is read`, { ...at, expected, found: String(found) });
