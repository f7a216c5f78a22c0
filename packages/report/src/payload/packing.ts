import { elementReader, elementWriter } from "@normstream/moments";
import { type DType, itemSize } from "@normstream/tensor";
import { fromBase64, toBase64 } from "./base64.js";

/** How numbers of an array are stored. `share` is uint16 in parts of the largest; shares are read back so that they add up to 1. */
export type Packing = "f4" | "f2" | "u4" | "u1" | "share";

export type PackedArray<P extends Packing> = P extends "u4" ? Uint32Array : P extends "u1" ? Uint8Array : Float32Array;

const STORED = { f4: "float32", f2: "float16", u4: "int32", u1: "uint8", share: "uint16" } as const satisfies Record<
  Packing,
  DType
>;

/** Bytes of a stored number. */
export const packedSize = (packing: Packing): number => itemSize(STORED[packing]);

/** Numbers as base64 of little-endian values. */
export function pack(values: ArrayLike<number>, packing: Packing): string {
  const dtype = STORED[packing];
  const size = itemSize(dtype);
  const write = elementWriter(dtype);
  const view = new DataView(new ArrayBuffer(values.length * size));
  const scale = packing === "share" ? 65535 / Math.max(largestOf(values), Number.MIN_VALUE) : 1;
  for (let i = 0; i < values.length; i++) write(view, i * size, stored(values[i] as number, packing, scale));
  return toBase64(new Uint8Array(view.buffer));
}

function stored(value: number, packing: Packing, scale: number): number {
  // What float16 cannot hold comes as near as it can: an infinity would be drawn as nothing.
  if (packing === "f2") return Math.max(-65504, Math.min(65504, value));
  if (packing === "share") return Number.isFinite(scale) ? Math.round(value * scale) : 0;
  return packing === "u4" ? value | 0 : value;
}

const largestOf = (values: ArrayLike<number>): number => {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i] as number);
  return largest;
};

/** @returns null for a text that is not such base64 */
export function unpack<P extends Packing>(text: string, packing: P): PackedArray<P> | null {
  const bytes = fromBase64(text);
  const dtype = STORED[packing];
  const size = itemSize(dtype);
  if (!bytes || bytes.length % size !== 0) return null;
  const read = elementReader(dtype);
  const view = new DataView(bytes.buffer);
  const numbers = Array.from({ length: bytes.length / size }, (_, i) => read(view, i * size));
  return arrayOf(numbers, packing);
}

/** Numbers as the array of a packing. */
export function arrayOf<P extends Packing>(numbers: readonly number[], packing: P): PackedArray<P> {
  if (packing === "u1") return Uint8Array.from(numbers) as PackedArray<P>;
  if (packing === "u4") return Uint32Array.from(numbers) as PackedArray<P>;
  if (packing !== "share") return Float32Array.from(numbers) as PackedArray<P>;
  const sum = numbers.reduce((a, b) => a + b, 0);
  return Float32Array.from(numbers, (x) => (sum > 0 ? x / sum : 0)) as PackedArray<P>;
}
