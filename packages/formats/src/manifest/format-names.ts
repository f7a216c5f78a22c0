/** What a part of a manifest may have to be, by the name that its reader gives. */
export const FORMATS = [
  "npy",
  "npz",
  "safetensors",
  "idx",
  "images",
  "tar",
  "zarr",
  "hdf5",
  "parquet",
  "arrow",
  "csv",
  "raw",
] as const;

export type Format = (typeof FORMATS)[number];
