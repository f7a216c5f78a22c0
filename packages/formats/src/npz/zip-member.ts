import { dataError } from "@normstream/tensor";
import type { HeaderSource } from "../bytes/header-source.js";
import type { CompressedRange } from "../bytes/inflation.js";

/** One member of a zip archive, as the central directory and its own local header agree on it. */
export interface ZipMember {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  /** CRC-32 of the unpacked bytes. */
  readonly crc: number;
  /** Where the packed bytes begin. */
  readonly byteOffset: number;
  readonly packedByteLength: number;
  readonly byteLength: number;
}

/** Where a deflated member stands. */
export const compressedRange = (member: ZipMember, source: HeaderSource): CompressedRange => ({
  path: source.path,
  name: `${source.name}:${member.name}`,
  identity: source.identity,
  byteOffset: member.byteOffset,
  byteLength: member.packedByteLength,
  wrapper: "deflate",
  crc: member.crc,
});

/** @throws NormstreamError of kind `data` for a member that is encrypted, or packed by another method than deflate. */
export function requirePlainMember(member: ZipMember, file: string): void {
  if (member.encrypted) {
    throw dataError(`member ${JSON.stringify(member.name)} is encrypted`, {
      file,
      hint: "Unpack it with its password, and save it without one.",
    });
  }
  if (member.method !== 0 && member.method !== 8) {
    throw dataError(`member ${JSON.stringify(member.name)} is packed by an unknown method`, {
      file,
      expected: "0 (stored) or 8 (deflated)",
      found: `${member.method}`,
      hint: "Save it with np.savez or np.savez_compressed.",
    });
  }
}
