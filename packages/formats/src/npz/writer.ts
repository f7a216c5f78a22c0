import { throwIfAborted } from "@normstream/tensor";
import { createAtomicFile } from "../bytes/atomic-file.js";
import { crc32 } from "../bytes/crc32.js";
import { memberName } from "./encoder.js";
import { centralDirectory, localHeader, type StoredMember } from "./zip-records.js";

/** Options of what writes a whole file at once. */
export interface WriteOptions {
  /** Replace a file that is there; default false. */
  readonly overwrite?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a zip archive of stored members by their full names (`table.npy`, `meta.json`), in the order given, and renames it into place.
 * A member may come in chunks, so that a header and its data need no copy; none is mutated. Equal members give equal bytes.
 * @throws NormstreamError of kind `usage` where the file exists and `overwrite` is not set; `io` where writing fails: then nothing is left.
 */
export async function writeNpz(
  path: string,
  members: Readonly<Record<string, Uint8Array | readonly Uint8Array[]>>,
  options: WriteOptions = {},
): Promise<void> {
  const names = Object.keys(members).map(memberName);
  await using file = await createAtomicFile(path, options);
  const written: StoredMember[] = [];
  let position = 0;
  for (const name of names) {
    throwIfAborted(options.signal);
    const content = members[name] as Uint8Array | readonly Uint8Array[];
    const chunks = content instanceof Uint8Array ? [content] : content;
    const member: StoredMember = {
      name,
      byteLength: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
      crc: chunks.reduce((crc, chunk) => crc32(chunk, crc), 0),
      headerOffset: position,
    };
    for (const chunk of [localHeader(member), ...chunks]) {
      await file.write(chunk, position);
      position += chunk.length;
    }
    written.push(member);
  }
  await file.write(centralDirectory(written, position), position);
  await file.commit({ durable: true });
}
