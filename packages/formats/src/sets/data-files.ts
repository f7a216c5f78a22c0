/** What a file of a set is, by its name. */
export type DataKind = "array" | "image" | "archive";

const EXTENSIONS: readonly (readonly [RegExp, DataKind, string])[] = [
  [/\.npy$/i, "array", ".npy"],
  [/\.npz$/i, "array", ".npz"],
  [/\.safetensors$/i, "array", ".safetensors"],
  [/\.(png|jpe?g|jpe|webp|tiff?|avif)$/i, "image", "images"],
  [/\.tar$/i, "archive", ".tar"],
  [/\.(parquet|pq)$/i, "array", ".parquet"],
  [/\.(arrow|arrows|feather)$/i, "array", "Arrow"],
  [/\.(csv|tsv)$/i, "array", ".csv"],
  [/\.(h5|hdf5|he5)$/i, "array", "HDF5"],
  [/(\.idx|[.-]idx\d-u?byte)(\.gz)?$/i, "array", "IDX"],
];
const RAW = /\.(bin|raw)$/i;

/** Files that may be photos or rasters: what the first one of a set is, all are. */
export const TIFF = /\.tiff?$/i;

/** What a file of a set of rasters is. */
export const RASTER = { kind: "array", format: "GeoTIFF" } as const;

/** The kind of a file of data and what to call its format; undefined for a name that is nobody's data. */
export function dataKindOf(name: string, described: boolean): { readonly kind: DataKind; readonly format: string } | undefined {
  const known = EXTENSIONS.find(([pattern]) => pattern.test(name));
  if (known) return { kind: known[1], format: known[2] };
  return described && RAW.test(name) ? { kind: "array", format: "raw data" } : undefined;
}
