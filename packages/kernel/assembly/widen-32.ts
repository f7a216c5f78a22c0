import { BFLOAT16, FLOAT16, INT8, INT16, UINT8, UINT16 } from "./dtype";
import { BIAS, bfloat16At, float16At } from "./half-value";

/** Widens consecutive 8- or 16-bit elements to float32, exactly. The ranges must not overlap. */
export function widenTo32(dtype: i32, source: usize, target: usize, count: usize): void {
  if (dtype === UINT8) widenBytes<u8>(source, target, count);
  else if (dtype === INT8) widenBytes<i8>(source, target, count);
  else if (dtype === FLOAT16) widenFloat16(source, target, count);
  else if (dtype === BFLOAT16) widenBfloat16(source, target, count);
  else if (dtype === INT16) widenShorts<i16>(source, target, count);
  else if (dtype === UINT16) widenShorts<u16>(source, target, count);
}

function widenBytes<T>(source: usize, target: usize, count: usize): void {
  for (let i = count >>> 4; i !== 0; --i) {
    const bytes = v128.load(source);
    const low = v128.extend_low<T>(bytes);
    const high = v128.extend_high<T>(bytes);
    v128.store(target, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)));
    v128.store(target, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), 16);
    v128.store(target, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), 32);
    v128.store(target, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), 48);
    source += 16;
    target += 64;
  }
  widenSome<T>(source, target, count & 15);
}

function widenShorts<T>(source: usize, target: usize, count: usize): void {
  for (let i = count >>> 3; i !== 0; --i) {
    const shorts = v128.load(source);
    v128.store(target, f32x4.convert_i32x4_s(v128.extend_low<T>(shorts)));
    v128.store(target, f32x4.convert_i32x4_s(v128.extend_high<T>(shorts)), 16);
    source += 16;
    target += 32;
  }
  widenSome<T>(source, target, count & 7);
}

function widenSome<T>(source: usize, target: usize, count: usize): void {
  for (let i = count; i !== 0; --i) {
    store<f32>(target, <f32>load<T>(source));
    source += sizeof<T>();
    target += 4;
  }
}

function widenBfloat16(source: usize, target: usize, count: usize): void {
  for (let i = count >>> 3; i !== 0; --i) {
    const halves = v128.load(source);
    v128.store(target, i32x4.shl(i32x4.extend_low_i16x8_u(halves), 16));
    v128.store(target, i32x4.shl(i32x4.extend_high_i16x8_u(halves), 16), 16);
    source += 16;
    target += 32;
  }
  for (let i = count & 7; i !== 0; --i) {
    store<f32>(target, <f32>bfloat16At(source));
    source += 2;
    target += 4;
  }
}

function widenFloat16(source: usize, target: usize, count: usize): void {
  for (let i = count >>> 3; i !== 0; --i) {
    const halves = v128.load(source);
    v128.store(target, float16Quad(i32x4.extend_low_i16x8_u(halves)));
    v128.store(target, float16Quad(i32x4.extend_high_i16x8_u(halves)), 16);
    source += 16;
    target += 32;
  }
  for (let i = count & 7; i !== 0; --i) {
    store<f32>(target, <f32>float16At(source));
    source += 2;
    target += 4;
  }
}

/** Four float16 in 32-bit lanes to float32, as `float16At` does it. */
function float16Quad(bits: v128): v128 {
  const magnitude = v128.and(bits, i32x4.splat(0x7fff));
  const special = v128.and(i32x4.gt_s(magnitude, i32x4.splat(0x7bff)), i32x4.splat(0x7f800000));
  const sign = i32x4.shl(v128.xor(bits, magnitude), 16);
  return v128.or(f32x4.mul(i32x4.shl(magnitude, 13), f32x4.splat(BIAS)), v128.or(special, sign));
}
