import { isSafeWeight } from "./input-gradient.js";

/**
 * Elementwise weights, as the kernel reads them from `prepared`: uint32 `safe`, uint32 pitch (both little-endian), 8 bytes
 * unused, then the weights as float32 and as float64, each array `pitch` long.
 */
const HEADER_BYTES = 16;

const pitchOf = (values: number): number => Math.ceil(values / 4) * 4;

/** Bytes that `writeWeights` fills. */
export const weightsBytes = (values: number): number => HEADER_BYTES + pitchOf(values) * (4 + 8);

/** Fills `prepared` (a byte offset into `buffer`, 16-byte aligned) from `[values]` float64, not mutated. */
export function writeWeights(buffer: ArrayBufferLike, prepared: number, weight: Float64Array): void {
  const pitch = pitchOf(weight.length);
  new Float32Array(buffer, prepared + HEADER_BYTES, weight.length).set(weight);
  new Float64Array(buffer, prepared + HEADER_BYTES + pitch * 4, weight.length).set(weight);
  new Uint32Array(buffer, prepared, 2).set([weight.every(isSafeWeight) ? 1 : 0, pitch]);
}
