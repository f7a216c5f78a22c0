import type { DType } from "@normstream/tensor";
import { elementType } from "../npy/element-type.js";

/** What an array's metadata says of its elements. */
export interface ZarrDataType {
  /** Canonical name; where it is not supported, what the metadata call it. */
  readonly name: string;
  readonly dtype: DType | undefined;
  readonly hint?: string | undefined;
  /**
   * What zarrita is told, where that is another type: 16-bit floats are read as the integers that their bits are, since Node 20 has no
   * arrays of them.
   */
  readonly as?: "uint16" | undefined;
}

const VERSION_3: Readonly<Record<string, DType>> = {
  float64: "float64",
  float32: "float32",
  float16: "float16",
  bfloat16: "bfloat16",
  int32: "int32",
  int16: "int16",
  uint16: "uint16",
  int8: "int8",
  uint8: "uint8",
};

/** The type of a version 3 array: `float32`. */
export function typeOfVersion3(name: unknown): ZarrDataType {
  const text = typeof name === "string" ? name : JSON.stringify(name)?.slice(0, 60);
  const dtype = Object.hasOwn(VERSION_3, text ?? "") ? VERSION_3[text as string] : undefined;
  if (!dtype) return { name: text ?? "none", dtype: undefined, hint: "Write the array with one of these types." };
  return { name: dtype, dtype, ...(isHalf(dtype) ? { as: "uint16" } : {}) };
}

/** The type of a version 2 array, as NumPy spells it: `<f4`. */
export function typeOfVersion2(descr: unknown): ZarrDataType {
  const { name, dtype, hint } = elementType(typeof descr === "string" ? descr : undefined);
  return { name, dtype, hint, ...(dtype && isHalf(dtype) ? { as: "uint16" } : {}) };
}

const isHalf = (dtype: DType): boolean => dtype === "float16" || dtype === "bfloat16";

/**
 * A fill value as zarrita takes it out of JSON: the bits of 16-bit floats, numbers that are written as their bits, words for those that
 * JSON has not; null where there is none.
 */
export function fillValueOf(value: unknown, dtype: DType): number | string | null {
  if (value === null || value === undefined) return null;
  const number = numberOf(value, dtype);
  if (number === null) return null;
  if (!isHalf(dtype)) return Number.isFinite(number) ? number : String(number);
  if (typeof value === "string" && value.startsWith("0x")) return Number.parseInt(value, 16);
  return dtype === "bfloat16" ? float32Bits(number) >>> 16 : halfBits(number);
}

function numberOf(value: unknown, dtype: DType): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return null;
  if (value === "NaN") return Number.NaN;
  if (value === "Infinity") return Number.POSITIVE_INFINITY;
  if (value === "-Infinity") return Number.NEGATIVE_INFINITY;
  if (!/^0x[0-9a-f]+$/i.test(value)) return null;
  const bits = BigInt(value);
  const view = new DataView(new ArrayBuffer(8));
  if (dtype === "float64") {
    view.setBigUint64(0, bits);
    return view.getFloat64(0);
  }
  view.setUint32(0, Number(bits));
  return dtype === "float32" ? view.getFloat32(0) : Number(bits);
}

const word = new DataView(new ArrayBuffer(4));

function float32Bits(value: number): number {
  word.setFloat32(0, value);
  return word.getUint32(0);
}

/** IEEE 754 binary16, rounded to the nearest even. */
function halfBits(value: number): number {
  const bits = float32Bits(value);
  const sign = (bits >>> 16) & 0x8000;
  if (Number.isNaN(value)) return 0x7e00;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign + ((exponent + 15) << 10) + roundEven((size / 2 ** exponent - 1) * 1024);
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
