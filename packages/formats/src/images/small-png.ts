import { constants, inflateSync } from "node:zlib";
import { crc32 } from "../bytes/crc32.js";
import type { DecodedImage } from "./decoded-image.js";
import type { ImageHeader } from "./image-header.js";

/** Pixels up to which what libvips does around decoding takes several times as long as decoding does. */
const MOST_PIXELS = 128 * 128;

const SIGNATURE_BYTES = 8;
const IDAT = 0x49444154;
const IEND = 0x49454e44;

/**
 * Decodes a small plain PNG at once, in this thread: PNG loses nothing, so that the values are those of libvips. Checksums of chunks and of
 * the compressed data are looked at (PNG, third edition, W3C 2025: chunks, 5; filters, 9).
 * @param bytes the file @param header of it
 * @returns null for what is large or not plain, and for what is damaged: libvips says in which way
 */
export function smallPng(bytes: Buffer, { width, height, channels, isPlainPng }: ImageHeader): DecodedImage | null {
  if (!isPlainPng || width * height > MOST_PIXELS) return null;
  const line = width * channels;
  const data = compressedData(bytes);
  if (!data) return null;
  let lines: Buffer;
  try {
    // One byte more than there may be: data that goes on are damaged.
    lines = inflateSync(data, { maxOutputLength: height * (line + 1) + 1, finishFlush: constants.Z_FINISH });
  } catch {
    return null;
  }
  if (lines.length !== height * (line + 1)) return null;
  const values = unfiltered(lines, line, height, channels);
  return values && { bytes: values, width, height };
}

/** What the IDAT chunks hold, together; null where a chunk is damaged, or the last one is not there. */
function compressedData(bytes: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  for (let at = SIGNATURE_BYTES; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.readUInt32BE(at + 4);
    const end = at + 8 + length;
    if (end + 4 > bytes.length || crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) return null;
    if (type === IDAT) parts.push(bytes.subarray(at + 8, end));
    if (type === IEND) return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    at = end + 4;
  }
  return null;
}

/** Undoes the filters of lines, each with the number of its filter before it; null for a number that is none. */
function unfiltered(lines: Uint8Array, line: number, height: number, step: number): Uint8Array | null {
  const out = new Uint8Array(height * line);
  for (let y = 0; y < height; y++) {
    const from = y * (line + 1) + 1;
    const to = y * line;
    const filter = lines[from - 1] as number;
    if (filter > 4) return null;
    if (filter === 0) {
      out.set(lines.subarray(from, from + line), to);
      continue;
    }
    for (let i = 0; i < line; i++) {
      const left = i >= step ? (out[to + i - step] as number) : 0;
      const above = y > 0 ? (out[to + i - line] as number) : 0;
      const corner = i >= step && y > 0 ? (out[to + i - line - step] as number) : 0;
      out[to + i] = (lines[from + i] as number) + predicted(filter, left, above, corner);
    }
  }
  return out;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  // Paeth: the neighbour that is nearest to left + above − corner.
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
