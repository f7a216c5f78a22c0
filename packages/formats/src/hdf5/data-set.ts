import { type DType, itemSize, type Layout } from "@normstream/tensor";
import type { Dataset, File, Metadata } from "h5wasm";
import { layoutOfNames } from "../axis-names.js";

/** A data set, as its metadata describe it. */
export interface Hdf5DataSet {
  readonly path: string;
  readonly shape: readonly number[];
  /** Canonical name; where it is not supported, what it is. */
  readonly dtypeName: string;
  readonly dtype: DType | undefined;
  readonly hint: string | undefined;
  /** Bytes of an element. */
  readonly itemBytes: number;
  /** Extents of what is read at once: a chunk, or some rows where there are none. */
  readonly blockShape: readonly number[];
  readonly layout: Layout | undefined;
  /** Why its elements cannot be read; undefined where they can. */
  readonly problem: { readonly what: string; readonly hint: string } | undefined;
}

/** Classes of types in HDF5. */
const INTEGER = 0;
const FLOAT = 1;
const CLASSES: Readonly<Record<number, string>> = {
  2: "time",
  3: "string",
  4: "bitfield",
  5: "opaque",
  6: "compound",
  7: "reference",
  8: "enum",
  9: "vlen",
  10: "array",
};

/** The filters that the library holds: deflate, shuffle, Fletcher-32, szip, n-bit, scale-offset. */
const LAST_FILTER = 6;
/** Contiguous elements that are read at once. */
const BLOCK_BYTES = 1 << 20;

/** All data sets of a file, in the order of their paths. */
export function dataSetsOf(file: File): Hdf5DataSet[] {
  const found: Hdf5DataSet[] = [];
  for (const path of file.paths()) {
    const entity = file.get(path);
    if (entity && "type" in entity && String(entity.type) === "Dataset") found.push(describe(path, entity as Dataset));
  }
  return found;
}

function describe(path: string, set: Dataset): Hdf5DataSet {
  const { metadata, filters } = set;
  const shape = metadata.shape ?? [];
  const { name, dtype, hint } = typeOf(metadata);
  const filter = filters.find(({ id }) => id > LAST_FILTER);
  return {
    path,
    shape,
    dtypeName: name,
    dtype,
    hint,
    itemBytes: metadata.size,
    blockShape: metadata.chunks ?? contiguousBlock(shape, dtype ? itemSize(dtype) : 1),
    layout: shape.length > 0 ? layoutOfNames(namesOf(set)) : undefined,
    problem: metadata.virtual_sources?.length
      ? { what: "is a virtual data set, whose values are in other files", hint: "Open those files." }
      : filter
        ? {
            what: `is packed by the filter ${filter.name || filter.id}, which is not read`,
            hint: "Repack it: h5repack -f GZIP=4 IN OUT.",
          }
        : undefined,
  };
}

function typeOf({ type, size, signed }: Metadata): { name: string; dtype: DType | undefined; hint: string | undefined } {
  const bits = 8 * size;
  const name =
    type === INTEGER ? `${signed ? "" : "u"}int${bits}` : type === FLOAT ? `float${bits}` : (CLASSES[type] ?? "unknown");
  const dtype = DTYPE_NAMES.find((known) => known === name);
  return { name, dtype, hint: dtype ? undefined : "Write it again with one of these types, for example a.astype('float32')." };
}

const DTYPE_NAMES: readonly DType[] = ["float64", "float32", "float16", "int32", "int16", "uint16", "int8", "uint8"];

/** Names of the axes: their labels, or the scales that belong to them. */
function namesOf(set: Dataset): (string | null)[] {
  try {
    const labels = set.get_dimension_labels();
    return labels.map((label, axis) => label ?? set.get_attached_scales(axis)[0]?.replace(/^.*\//, "") ?? null);
  } catch {
    // A data set that scales cannot belong to.
    return [];
  }
}

/** Whole trailing axes, as many as a block holds; the axis before them in part. */
function contiguousBlock(shape: readonly number[], size: number): number[] {
  const block = shape.map(() => 1);
  let left = Math.max(1, Math.floor(BLOCK_BYTES / size));
  for (let axis = shape.length - 1; axis >= 0 && left > 1; axis--) {
    const extent = Math.max(1, shape[axis] as number);
    block[axis] = Math.min(extent, left);
    left = Math.floor(left / extent);
  }
  return block;
}
