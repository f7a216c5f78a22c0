import { FLOAT16, FLOAT32, FLOAT64, INT8, INT16, INT32, itemSize, UINT8, UINT16 } from "./dtype";
import { firstPair, secondPair } from "./element-pair";
import { bfloat16At, float16At } from "./half-value";
import { wideAt } from "./scratch";

/** Widens `count` elements that stand `step` bytes apart into the float64 leaf of the scratch. */
export function widenTo64<T>(source: usize, step: usize, count: usize): void {
  let at = source;
  let into = wideAt();
  for (let i = count; i !== 0; --i) {
    store<f64>(into, <f64>load<T>(at));
    at += step;
    into += 8;
  }
}

/** As `widenTo64`, by the code of the type. */
export function widenAnyTo64(dtype: i32, source: usize, step: usize, count: usize): void {
  if (dtype === FLOAT64) widenTo64<f64>(source, step, count);
  else if (dtype === FLOAT32) widenTo64<f32>(source, step, count);
  else if (dtype === INT32) widenTo64<i32>(source, step, count);
  else if (dtype === INT16) widenTo64<i16>(source, step, count);
  else if (dtype === UINT16) widenTo64<u16>(source, step, count);
  else if (dtype === INT8) widenTo64<i8>(source, step, count);
  else if (dtype === UINT8) widenTo64<u8>(source, step, count);
  else {
    let at = source;
    let into = wideAt();
    for (let i = count; i !== 0; --i) {
      store<f64>(into, dtype === FLOAT16 ? float16At(at) : bfloat16At(at));
      at += step;
      into += 8;
    }
  }
}

/** Widens consecutive elements into the float64 leaf of the scratch, by vectors where the type allows it. */
export function widenConsecutiveTo64(dtype: i32, source: usize, count: usize): void {
  if (dtype === FLOAT32) widenQuadsTo64<f32>(source, count);
  else if (dtype === INT32) widenQuadsTo64<i32>(source, count);
  else widenAnyTo64(dtype, source, itemSize(dtype), count);
}

function widenQuadsTo64<T>(source: usize, count: usize): void {
  let at = source;
  let into = wideAt();
  for (let i = count >>> 2; i !== 0; --i) {
    v128.store(into, firstPair<T>(at));
    v128.store(into, secondPair<T>(at), 16);
    at += 16;
    into += 32;
  }
  for (let i = count & 3; i !== 0; --i) {
    store<f64>(into, <f64>load<T>(at));
    at += sizeof<T>();
    into += 8;
  }
}
