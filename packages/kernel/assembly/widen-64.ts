import { FLOAT16, FLOAT32, INT8, INT16, INT32, UINT8, UINT16 } from "./dtype";
import { BFloat16, Float16, firstPair, quadAt, secondPair } from "./element-quad";
import { bfloat16At, float16At } from "./half-value";
import { wideAt } from "./scratch";

/** One element as float64; T as in element-quad.ts. */
export function valueAt<T>(at: usize): f64 {
  if (sizeof<T>() === 2) return isSigned<T>() ? float16At(at) : bfloat16At(at);
  return <f64>load<T>(at);
}

/** Widens `count` elements that stand `step` bytes apart into the float64 leaf of the scratch. T as in element-quad.ts. */
export function widenTo64<T>(source: usize, step: usize, count: usize): void {
  if (step === sizeof<T>() && sizeof<T>() === 4) {
    widenQuads<T>(source, count);
    return;
  }
  let at = source;
  let into = wideAt();
  for (let i = count; i !== 0; --i) {
    store<f64>(into, valueAt<T>(at));
    at += step;
    into += 8;
  }
}

/** Widens consecutive elements of any type but float64 into the float64 leaf of the scratch. */
export function widenConsecutiveTo64(dtype: i32, source: usize, count: usize): void {
  if (dtype === FLOAT32) widenQuads<f32>(source, count);
  else if (dtype === INT32) widenQuads<i32>(source, count);
  else if (dtype === FLOAT16) widenTo64<Float16>(source, 2, count);
  else if (dtype === INT16) widenIntegers<i16>(source, count);
  else if (dtype === UINT16) widenIntegers<u16>(source, count);
  else if (dtype === INT8) widenIntegers<i8>(source, count);
  else if (dtype === UINT8) widenIntegers<u8>(source, count);
  else widenQuads<BFloat16>(source, count);
}

function widenQuads<T>(source: usize, count: usize): void {
  let at = source;
  let into = wideAt();
  for (let i = count >>> 2; i !== 0; --i) {
    const quad = quadAt<T>(at);
    v128.store(into, firstPair<T>(at, quad));
    v128.store(into, secondPair<T>(at, quad), 16);
    at += 4 * sizeof<T>();
    into += 32;
  }
  for (let i = count & 3; i !== 0; --i) {
    store<f64>(into, valueAt<T>(at));
    at += sizeof<T>();
    into += 8;
  }
}

function widenIntegers<T>(source: usize, count: usize): void {
  let at = source;
  let into = wideAt();
  for (let i = count; i !== 0; --i) {
    store<f64>(into, <f64>load<T>(at));
    at += sizeof<T>();
    into += 8;
  }
}
