import type { DType } from "@normstream/tensor";

/** Reads the little-endian element at a byte offset, widened to float64 (exactly). */
export type ElementReader = (view: DataView, byteOffset: number) => number;

/**
 * Writes a number as the little-endian element at a byte offset. Floats are rounded once, to nearest, ties to even, and
 * overflow to infinity; integers must be whole and in range.
 */
export type ElementWriter = (view: DataView, byteOffset: number, value: number) => void;

const READERS: Record<DType, ElementReader> = {
  float64: (view, at) => view.getFloat64(at, true),
  float32: (view, at) => view.getFloat32(at, true),
  float16: (view, at) => widenFloat16(view.getUint16(at, true)),
  bfloat16: (view, at) => widenBfloat16(view.getUint16(at, true)),
  int32: (view, at) => view.getInt32(at, true),
  int16: (view, at) => view.getInt16(at, true),
  uint16: (view, at) => view.getUint16(at, true),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
};

const WRITERS: Record<DType, ElementWriter> = {
  float64: (view, at, x) => view.setFloat64(at, x, true),
  float32: (view, at, x) => view.setFloat32(at, x, true),
  float16: (view, at, x) => view.setUint16(at, roundToHalf(x, FLOAT16), true),
  bfloat16: (view, at, x) => view.setUint16(at, roundToHalf(x, BFLOAT16), true),
  int32: (view, at, x) => view.setInt32(at, x, true),
  int16: (view, at, x) => view.setInt16(at, x, true),
  uint16: (view, at, x) => view.setUint16(at, x, true),
  int8: (view, at, x) => view.setInt8(at, x),
  uint8: (view, at, x) => view.setUint8(at, x),
};

/** How elements of a type are read. */
export const elementReader = (dtype: DType): ElementReader => READERS[dtype];

/** How elements of a type are written. */
export const elementWriter = (dtype: DType): ElementWriter => WRITERS[dtype];

/** A 16-bit float: 1 sign bit, then the exponent, then the fraction. */
interface HalfFormat {
  readonly fractionBits: number;
  readonly bias: number;
}

const FLOAT16: HalfFormat = { fractionBits: 10, bias: 15 };
const BFLOAT16: HalfFormat = { fractionBits: 7, bias: 127 };

/** The value of float16 bits. (Node 20 has no Float16Array.) */
export const widenFloat16 = (bits: number): number => widenHalf(bits, FLOAT16);

/** The value of bfloat16 bits. */
export const widenBfloat16 = (bits: number): number => widenHalf(bits, BFLOAT16);

function widenHalf(bits: number, { fractionBits, bias }: HalfFormat): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits & 0x7fff) >> fractionBits;
  const fraction = bits & ((1 << fractionBits) - 1);
  if (exponent === 2 * bias + 1) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (fraction + (1 << fractionBits)) * 2 ** (exponent - bias - fractionBits);
}

/** Bits of the 16-bit float that is nearest, ties to even. Every step but the one rounding is exact. */
function roundToHalf(x: number, { fractionBits, bias }: HalfFormat): number {
  const infinity = (2 * bias + 1) << fractionBits;
  if (Number.isNaN(x)) return infinity | (1 << (fractionBits - 1));
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const size = Math.abs(x);
  if (size === Infinity) return sign | infinity;
  // The exponent of the last bit that the result can hold; subnormal results share the least one.
  const lastBit = Math.max(exponentOf(size), 1 - bias) - fractionBits;
  const units = roundToEven(size * 2 ** -lastBit);
  // A carry out of the fraction raises the exponent, which is right, up to infinity.
  const bits = units + (lastBit + fractionBits - (1 - bias)) * 2 ** fractionBits;
  return sign | Math.min(bits, infinity);
}

/** e where 2^e ≤ size < 2^(e+1); −1023 below float64's normal numbers. */
function exponentOf(size: number): number {
  EXPONENT.setFloat64(0, size);
  return (EXPONENT.getUint16(0) >> 4) - 1023;
}

const EXPONENT = new DataView(new ArrayBuffer(8));

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
