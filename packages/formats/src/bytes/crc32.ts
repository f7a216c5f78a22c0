import { crc32 as zlibCrc32 } from "node:zlib";
import { internalError } from "@normstream/tensor";

/** The reflected polynomial of CRC-32 (zip, gzip, PNG). */
const POLYNOMIAL = 0xedb88320;

/**
 * CRC-32 of bytes, which may view shared memory. `seed` is the CRC of what stands before them.
 * `crc32(b, crc32(a))` is the CRC of a followed by b.
 */
export const crc32 = (bytes: Uint8Array, seed = 0): number => zlibCrc32(bytes, seed);

/**
 * CRC-32 of a followed by b, from the CRC of each and b's length in bytes (up to 2^53 − 1): what lets threads
 * sum up their own parts. The empty string has CRC 0.
 */
export const crc32Combine = (crcA: number, crcB: number, byteLengthB: number): number =>
  (multiply(powerOfX(byteLengthB), crcA) ^ crcB) >>> 0;

/** The CRC of a part of a tensor's bytes. */
export interface ChecksumPiece {
  /** Where the part begins, in bytes after the tensor's first byte. */
  readonly byteOffset: number;
  readonly byteLength: number;
  /** CRC-32 of the part alone (seed 0). */
  readonly crc: number;
}

/**
 * CRC-32 of `byteLength` bytes from the CRCs of parts, given in any order.
 * @throws NormstreamError of kind `internal` where the parts do not tile the bytes exactly.
 */
export function crc32OfPieces(pieces: readonly ChecksumPiece[], byteLength: number): number {
  let end = 0;
  let crc = 0;
  // An empty part sorts before the one that begins at the same byte.
  for (const piece of [...pieces].sort((a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength)) {
    if (piece.byteOffset !== end) {
      throw internalError(piece.byteOffset < end ? "two parts of the output overlap" : "a part of the output was not written", {
        expected: `a part at byte ${end}`,
        found: `one at byte ${piece.byteOffset}`,
      });
    }
    crc = crc32Combine(crc, piece.crc, piece.byteLength);
    end += piece.byteLength;
  }
  if (end !== byteLength) {
    throw internalError("the parts of the output do not fill it", { expected: `${byteLength} bytes`, found: `${end}` });
  }
  return crc;
}

/** a·b modulo the polynomial, over GF(2), bits reflected (x^0 is the highest bit). */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
  }
  return product >>> 0;
}

/** x^(8·n) modulo the polynomial, by repeated squaring. */
function powerOfX(byteLength: number): number {
  let power = 0x80000000; // x^0
  let square = 0x00800000; // x^8
  for (let n = byteLength; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) power = multiply(power, square);
    square = multiply(square, square);
  }
  return power;
}
