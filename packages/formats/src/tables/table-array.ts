import { type DecodedStorage, dataError, type ErrorDetails, type Layout } from "@normstream/tensor";

import { layoutOfNames } from "../axis-names.js";
import { type StoredArray, tensorByteLength } from "../stored-array.js";
import { type Column, commonDType } from "./column-type.js";

/** A table as an array: `[N, C]` of its columns, or `[N, …]` of one column of lists. NaN stands for what is missing. */
export function tableArray(
  columns: readonly Column[],
  rows: number,
  storageOf: (dtype: StoredArray["dtype"] & string, rowBytes: number) => DecodedStorage,
  readers: readonly string[],
  where: ErrorDetails,
): StoredArray {
  const [first] = columns as [Column];
  const isList = first.shape.length > 0;
  const shape = isList ? [rows, ...first.shape] : [rows, columns.length];
  if (rows === 0) throw dataError("the table has no rows", { ...where, expected: "one or more" });
  const dtype = commonDType(columns);
  const byteLength = tensorByteLength(shape, dtype, where);
  const layout: Layout | undefined = isList ? first.axes && layoutOfNames(["N", ...first.axes]) : "NC";
  return {
    shape,
    dtypeName: dtype,
    dtype,
    order: "C",
    bigEndian: false,
    byteLength,
    packing: "stored",
    storage: storageOf(dtype, byteLength / rows),
    layout,
    readers,
    nanIsMissing: true,
    ...(isList ? {} : { channelNames: columns.map(({ name }) => name) }),
  };
}
