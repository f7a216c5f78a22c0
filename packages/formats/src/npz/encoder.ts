import { usageError } from "@normstream/tensor";
import { crc32, crc32Combine, crc32OfPieces } from "../bytes/crc32.js";
import { encodeNpyHeader } from "../npy/encoder.js";
import type { SinkEncoder } from "../sink-encoder.js";
import { tensorByteLength } from "../stored-array.js";
import { centralDirectory, LOCAL_CRC_OFFSET, localHeader, type StoredMember } from "./zip-records.js";

/** A `.npz` archive of one stored member. Its CRC-32 comes from those of the parts that threads wrote. */
export const npzEncoder: SinkEncoder = {
  needsChecksums: true,
  begin({ shape, dtype, name, file }) {
    const header = encodeNpyHeader(shape, dtype, { file });
    const dataByteLength = tensorByteLength(shape, dtype);
    const member: StoredMember = {
      name: memberName(`${name}.npy`),
      byteLength: header.length + dataByteLength,
      crc: 0,
      headerOffset: 0,
    };
    const head = Buffer.concat([localHeader(member), header]);
    return {
      head,
      finish(pieces) {
        const crc = crc32Combine(crc32(header), crc32OfPieces(pieces, dataByteLength), dataByteLength);
        const end = head.length + dataByteLength;
        return [
          { position: LOCAL_CRC_OFFSET, bytes: localHeader({ ...member, crc }).subarray(LOCAL_CRC_OFFSET, LOCAL_CRC_OFFSET + 4) },
          { position: end, bytes: centralDirectory([{ ...member, crc }], end) },
        ];
      },
    };
  },
};

/**
 * A name that every reader of zip takes for a relative one.
 * @throws NormstreamError of kind `usage` for one that is empty, absolute, climbing, too long, or holds control characters.
 */
export function memberName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  const bad = /^$|^\/|^[A-Za-z]:|\\|(^|\/)(\.\.?)?(\/|$)|[\u0000-\u001f]/.test(name) || Buffer.byteLength(name) > 1000;
  if (bad)
    throw usageError(`"${name.slice(0, 100)}" cannot name a member of an archive`, { expected: "a relative name, such as data" });
  return name;
}
