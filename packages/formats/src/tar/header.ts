import { dataError, type ErrorDetails } from "@normstream/tensor";

/** Every part of an archive fills whole blocks of so many bytes. */
export const TAR_BLOCK = 512;

/** What a header block says. */
export interface TarHeader {
  readonly name: string;
  /** Bytes of the member's data. */
  readonly byteLength: number;
  /** `0` a file, `5` a folder, `x` and `g` extended headers, `L` a long name, … */
  readonly type: string;
}

const REPAIR = "Copy or write the archive again.";

/**
 * Reads a header block; null for a block of zeros, which ends an archive.
 * @throws NormstreamError of kind `data` where its checksum does not fit, or its size is none.
 */
export function parseTarHeader(block: Uint8Array, where: ErrorDetails): TarHeader | null {
  if (block.every((byte) => byte === 0)) return null;
  const stored = octalOf(block.subarray(148, 156));
  let sum = 0;
  for (let i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : (block[i] as number);
  if (stored !== sum) {
    throw dataError("is no header of a tar archive: its checksum does not fit", {
      ...where,
      expected: `${sum}`,
      found: stored === undefined ? "no number" : `${stored}`,
      hint: REPAIR,
    });
  }
  const byteLength = sizeOf(block.subarray(124, 136));
  if (byteLength === undefined) throw dataError("the size in a header of the archive is no number", { ...where, hint: REPAIR });
  // Old archives have no prefix, and none of GNU's uses its place for something else.
  const isPosix = textOf(block.subarray(257, 263)) === "ustar";
  const prefix = isPosix && block[263] === 0x30 ? textOf(block.subarray(345, 500)) : "";
  const name = textOf(block.subarray(0, 100));
  return { name: prefix ? `${prefix}/${name}` : name, byteLength, type: String.fromCharCode(block[156] || 0x30) };
}

/** The fields `path` and `size` of an extended header: lines of `LENGTH KEY=VALUE`. */
export function parsePaxRecords(bytes: Uint8Array, where: ErrorDetails): { path?: string; size?: number } {
  const found: { path?: string; size?: number } = {};
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < buffer.length; ) {
    const space = buffer.indexOf(0x20, at);
    const length = Number(buffer.toString("latin1", at, space < 0 ? at : space));
    const equals = buffer.indexOf(0x3d, space);
    if (!(length > 0) || at + length > buffer.length || space < 0 || equals < 0 || equals >= at + length) {
      throw dataError("an extended header of the archive is malformed", { ...where, hint: REPAIR });
    }
    const key = buffer.toString("utf8", space + 1, equals);
    const value = buffer.toString("utf8", equals + 1, at + length - 1);
    if (key === "path") found.path = value;
    if (key === "size" && /^\d+$/.test(value)) found.size = Number(value);
    at += length;
  }
  return found;
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.buffer, bytes.byteOffset, end < 0 ? bytes.length : end).toString("utf8");
}

function octalOf(bytes: Uint8Array): number | undefined {
  const text = textOf(bytes).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** Octal digits, or from 8 GiB on the number itself, with the highest bit set. */
function sizeOf(bytes: Uint8Array): number | undefined {
  if (((bytes[0] as number) & 0x80) === 0) return textOf(bytes).trim() === "" ? 0 : octalOf(bytes);
  let value = (bytes[0] as number) & 0x7f;
  for (const byte of bytes.subarray(1)) value = value * 256 + byte;
  return Number.isSafeInteger(value) ? value : undefined;
}
