import { type DType, itemSize } from "@normstream/tensor";
import { halfToNumber } from "../bytes/widening.js";
import type { Raster } from "./raster.js";

/** What a block holds, and what it becomes. */
export interface BlockShape {
  readonly rows: number;
  /** Values of a row, all bands of its pixels. */
  readonly perRow: number;
  readonly dtype: DType;
  /** Whether nobody has written it: all its values are nodata, or 0. */
  readonly isMissing: boolean;
}

/**
 * The values of a block, little-endian, as elements of its tensor; what is nodata is NaN.
 * @param bytes aligned, as long as the block; the caller gives them away
 */
export function valuesOf(
  bytes: Uint8Array,
  { stored, nodata }: Raster,
  { rows, perRow, dtype, isMissing }: BlockShape,
): Uint8Array {
  const { bits } = stored;
  const plain = bits < 8 ? unpacked(bytes, bits, rows, perRow) : bytes;
  const isSame = itemSize(dtype) * 8 === Math.max(8, bits) && (dtype.startsWith("float") ? stored.format === 3 : true);
  if (isSame && nodata === null) return plain;
  // Half floats have no array: their bits are compared.
  if (dtype === "float16") return halvesOf(plain, nodata, isMissing);
  const from = typedArray(plain, stored.format, Math.max(8, bits));
  const to = dtype === "float64" ? new Float64Array(from.length) : new Float32Array(from.length);
  for (let i = 0; i < from.length; i++) {
    const value = from[i] as number;
    to[i] = isMissing || value === nodata ? (nodata === null ? 0 : Number.NaN) : value;
  }
  return new Uint8Array(to.buffer);
}

function typedArray({ buffer, byteOffset, byteLength }: Uint8Array, format: 1 | 2 | 3, bits: number): ArrayLike<number> {
  const length = (byteLength * 8) / bits;
  if (format === 3)
    return bits === 64 ? new Float64Array(buffer, byteOffset, length) : new Float32Array(buffer, byteOffset, length);
  if (bits === 8) return format === 1 ? new Uint8Array(buffer, byteOffset, length) : new Int8Array(buffer, byteOffset, length);
  if (bits === 16) return format === 1 ? new Uint16Array(buffer, byteOffset, length) : new Int16Array(buffer, byteOffset, length);
  return format === 1 ? new Uint32Array(buffer, byteOffset, length) : new Int32Array(buffer, byteOffset, length);
}

const HALF_NAN = 0x7e00;

/** A nodata that is no half float is none of the values. */
function halvesOf(bytes: Uint8Array, nodata: number | null, isMissing: boolean): Uint8Array {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  for (let i = 0; i < halves.length; i++) {
    if (isMissing || halfToNumber(halves[i] as number) === nodata) halves[i] = HALF_NAN;
  }
  return bytes;
}

/** Values of 1, 2 or 4 bits as bytes; each row begins at a byte. */
function unpacked(bytes: Uint8Array, bits: number, rows: number, perRow: number): Uint8Array {
  const rowBytes = Math.ceil((perRow * bits) / 8);
  const mask = (1 << bits) - 1;
  const out = new Uint8Array(rows * perRow);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < perRow; i++) {
      const bit = i * bits;
      out[row * perRow + i] = ((bytes[row * rowBytes + (bit >> 3)] as number) >> (8 - bits - (bit & 7))) & mask;
    }
  }
  return out;
}
