import { FLOAT16 } from "./dtype";

/** Rounds consecutive float32 to float16 or bfloat16, to nearest, ties to even. `target` may equal `source`. */
export function narrowTo16(dtype: i32, source: usize, target: usize, count: usize): void {
  let from = source;
  let into = target;
  if (dtype === FLOAT16) {
    for (let i = count >>> 3; i !== 0; --i) {
      v128.store(into, i16x8.narrow_i32x4_u(float16Bits(v128.load(from)), float16Bits(v128.load(from, 16))));
      from += 32;
      into += 16;
    }
  } else {
    for (let i = count >>> 3; i !== 0; --i) {
      v128.store(into, i16x8.narrow_i32x4_u(bfloat16Bits(v128.load(from)), bfloat16Bits(v128.load(from, 16))));
      from += 32;
      into += 16;
    }
  }
  for (let i = count & 7; i !== 0; --i) {
    const x = v128.load32_zero(from);
    store<u16>(into, <u16>i32x4.extract_lane(dtype === FLOAT16 ? float16Bits(x) : bfloat16Bits(x), 0));
    from += 4;
    into += 2;
  }
}

/**
 * Four float32 as float16 bits in 32-bit lanes. Normal results: the exponent is rebased and half a unit, less one where
 * the result would stay even, added before the cut. Subnormal ones: adding 0.5 lets the float adder round at their last bit.
 */
function float16Bits(x: v128): v128 {
  const magnitude = v128.and(x, i32x4.splat(0x7fffffff));
  const sign = i32x4.shr_u(v128.xor(x, magnitude), 16);
  const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(magnitude, i32x4.splat(-0x37fff001)), odd), 13);
  const subnormal = i32x4.sub(f32x4.add(magnitude, f32x4.splat(0.5)), i32x4.splat(0x3f000000));
  const isNan = i32x4.gt_s(magnitude, i32x4.splat(0x7f800000));
  const special = v128.or(i32x4.splat(0x7c00), v128.and(isNan, i32x4.splat(0x0200)));
  const finite = v128.bitselect(subnormal, normal, i32x4.lt_s(magnitude, i32x4.splat(0x38800000)));
  return v128.or(sign, v128.bitselect(special, finite, i32x4.gt_s(magnitude, i32x4.splat(0x477fffff))));
}

/** Four float32 as bfloat16 bits in 32-bit lanes: the upper half, rounded; NaN stays NaN. */
function bfloat16Bits(x: v128): v128 {
  const odd = v128.and(i32x4.shr_u(x, 16), i32x4.splat(1));
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(x, i32x4.splat(0x7fff)), odd), 16);
  const nan = v128.or(i32x4.shr_u(x, 16), i32x4.splat(0x40));
  return v128.bitselect(nan, rounded, f32x4.ne(x, x));
}

/** Rounds consecutive float64 to float32. */
export function narrowTo32(source: usize, target: usize, count: usize): void {
  let from = source;
  let into = target;
  for (let i = count >>> 2; i !== 0; --i) {
    const low = f32x4.demote_f64x2_zero(v128.load(from));
    const high = f32x4.demote_f64x2_zero(v128.load(from, 16));
    v128.store(into, i8x16.shuffle(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
    from += 32;
    into += 16;
  }
  for (let i = count & 3; i !== 0; --i) {
    store<f32>(into, <f32>load<f64>(from));
    from += 8;
    into += 4;
  }
}

/**
 * Rounds consecutive float64 to float32 "to odd": what is not exact gets an odd last bit, so that rounding once more, to
 * 16 bits, is as good as rounding once. (Float32 has more than 2 bits beyond either 16-bit format.)
 */
export function narrowToOdd32(source: usize, target: usize, count: usize): void {
  let from = source;
  let into = target;
  for (let i = count; i !== 0; --i) {
    const exact = load<f64>(from);
    const near = <f32>exact;
    const back = <f64>near;
    let bits = reinterpret<u32>(near);
    if (back !== exact && exact === exact && (bits & 1) === 0) bits += abs<f64>(back) > abs<f64>(exact) ? -1 : 1;
    store<u32>(into, bits);
    from += 8;
    into += 4;
  }
}
