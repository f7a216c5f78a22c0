import { usageError } from "./errors.js";

/**
 * Name of an element type, as NumPy and the Array API spell it (`bfloat16` as safetensors means it). All widen exactly
 * to float64. Others (int64, uint32, bool, complex) are refused.
 */
export type DType = "float64" | "float32" | "float16" | "bfloat16" | "int32" | "int16" | "uint16" | "int8" | "uint8";

const ITEM_SIZE: Record<DType, 1 | 2 | 4 | 8> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
};

/** All element types that Normstream computes with. */
export const DTYPES = Object.keys(ITEM_SIZE) as readonly DType[];

/** Bytes that one element takes. */
export const itemSize = (dtype: DType): 1 | 2 | 4 | 8 => ITEM_SIZE[dtype];

/** Whether sums of this type are taken exactly in integers (8- and 16-bit integers; rule 6 of `normstream/table/1`). */
export const isExactInteger = (dtype: DType): boolean =>
  dtype === "uint8" || dtype === "int8" || dtype === "uint16" || dtype === "int16";

const ALIASES: ReadonlyMap<string, DType> = new Map([
  ["f8", "float64"],
  ["f64", "float64"],
  ["double", "float64"],
  ["f4", "float32"],
  ["f32", "float32"],
  ["float", "float32"],
  ["f2", "float16"],
  ["f16", "float16"],
  ["half", "float16"],
  ["bf16", "bfloat16"],
  ["i4", "int32"],
  ["i32", "int32"],
  ["i2", "int16"],
  ["i16", "int16"],
  ["u2", "uint16"],
  ["u16", "uint16"],
  ["i1", "int8"],
  ["i8", "int8"],
  ["u1", "uint8"],
  ["u8", "uint8"],
]);

/** A dtype and the byte order in which its elements are stored. */
export interface StoredDType {
  readonly dtype: DType;
  readonly bigEndian: boolean;
}

/**
 * Reads what a person writes for a dtype: `float32`, `f4`, `f32`, `<f4`, `>f4`, `|u1`, `bf16`.
 * @throws NormstreamError of kind `usage` for any other text.
 */
export function parseDType(text: string): StoredDType {
  const match = /^([<>|=]?)(\w+)$/.exec(text.trim());
  const name = match?.[2]?.toLowerCase() ?? "";
  const dtype = (DTYPES as readonly string[]).includes(name) ? (name as DType) : ALIASES.get(name);
  if (!dtype) {
    throw usageError(`unknown dtype "${text}"`, { expected: `one of ${DTYPES.join(", ")} (or NumPy's short form, such as f4)` });
  }
  return { dtype, bigEndian: match?.[1] === ">" };
}
