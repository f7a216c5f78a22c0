/** Codes of the element types, in the order of `DTYPES`; the loader passes them. */
export const FLOAT64: i32 = 0;
export const FLOAT32: i32 = 1;
export const FLOAT16: i32 = 2;
export const BFLOAT16: i32 = 3;
export const INT32: i32 = 4;
export const INT16: i32 = 5;
export const UINT16: i32 = 6;
export const INT8: i32 = 7;
export const UINT8: i32 = 8;

/** Bytes of one element. */
export function itemSize(dtype: i32): usize {
  if (dtype === FLOAT64) return 8;
  if (dtype === FLOAT32 || dtype === INT32) return 4;
  return dtype >= INT8 ? 1 : 2;
}

/** Whether sums of this type are exact in integers (rule 6). */
export function isExactInteger(dtype: i32): bool {
  return dtype >= INT16;
}
