import { FLOAT32, FLOAT64, INT32 } from "./dtype";
import { halfAt, wideAt } from "./scratch";
import { widenTo32 } from "./widen-32";
import { widenConsecutiveTo64 } from "./widen-64";

/** Whether x of a type is taken as float64; as float32, which holds all others exactly, where it is not. */
export function isWide(xType: i32): bool {
  return xType === FLOAT64 || xType === INT32;
}

/** Where up to 8192 consecutive elements are as float64 or float32 (`isWide`): at the source, or widened into the scratch. */
export function stageX(xType: i32, x: usize, count: usize): usize {
  if (xType === FLOAT64 || xType === FLOAT32) return x;
  if (xType === INT32) {
    widenConsecutiveTo64(xType, x, count);
    return wideAt();
  }
  widenTo32(xType, x, halfAt(), count);
  return halfAt();
}
