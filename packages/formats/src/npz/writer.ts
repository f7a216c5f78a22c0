import { internalError, throwIfAborted } from "@normstream/tensor";
import { createAtomicFile } from "../bytes/atomic-file.js";
import { crc32 } from "../bytes/crc32.js";
import { memberName } from "./encoder.js";
import { centralDirectory, LOCAL_CRC_OFFSET, localHeader, type StoredMember } from "./zip-records.js";

/** Options of what writes a whole file at once. */
export interface WriteOptions {
  /** Replace a file that is there; default false. */
  readonly overwrite?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A member that is made while it is written. Its length is known before, since it stands before it. */
export interface MemberStream {
  readonly byteLength: number;
  /** Taken one at a time, from first to last; none is mutated, or kept. */
  readonly chunks: Iterable<Uint8Array>;
}

/**
 * Writes a zip archive of stored members by their full names (`table.npy`, `meta.json`), in the order given, and renames it into place.
 * A member may come in chunks, so that a header and its data need no copy; none is mutated. Equal members give equal bytes.
 * @throws NormstreamError of kind `usage` where the file exists and `overwrite` is not set; `io` where writing fails: then nothing is left.
 */
export async function writeNpz(
  path: string,
  members: Readonly<Record<string, Uint8Array | readonly Uint8Array[] | MemberStream>>,
  options: WriteOptions = {},
): Promise<void> {
  const names = Object.keys(members).map(memberName);
  await using file = await createAtomicFile(path, options);
  const written: StoredMember[] = [];
  let position = 0;
  for (const name of names) {
    throwIfAborted(options.signal);
    const { byteLength, chunks } = streamOf(members[name] as Uint8Array | readonly Uint8Array[] | MemberStream);
    const headerOffset = position;
    const header = localHeader({ name, byteLength, crc: 0, headerOffset });
    await file.write(header, position);
    position += header.length;
    let crc = 0;
    for (const chunk of chunks) {
      throwIfAborted(options.signal);
      crc = crc32(chunk, crc);
      await file.write(chunk, position);
      position += chunk.length;
    }
    if (position !== headerOffset + header.length + byteLength) {
      throw internalError(`member "${name}" has another length than was said`, {
        file: path,
        expected: `${byteLength} bytes`,
        found: `${position - headerOffset - header.length}`,
      });
    }
    const member: StoredMember = { name, byteLength, crc, headerOffset };
    await file.write(localHeader(member).subarray(LOCAL_CRC_OFFSET, LOCAL_CRC_OFFSET + 4), headerOffset + LOCAL_CRC_OFFSET);
    written.push(member);
  }
  await file.write(centralDirectory(written, position), position);
  await file.commit({ durable: true });
}

function streamOf(content: Uint8Array | readonly Uint8Array[] | MemberStream): MemberStream {
  if (content instanceof Uint8Array) return { byteLength: content.length, chunks: [content] };
  if ("chunks" in content) return content;
  return { byteLength: content.reduce((sum, chunk) => sum + chunk.length, 0), chunks: content };
}
