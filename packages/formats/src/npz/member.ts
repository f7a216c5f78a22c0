import { dataError, throwIfAborted, usageError } from "@normstream/tensor";
import { crc32 } from "../bytes/crc32.js";
import type { HeaderSource } from "../bytes/header-source.js";
import { inflate } from "../bytes/inflation.js";
import { openHeaderSource } from "../places/header-source-opening.js";
import { compressedRange, requirePlainMember, type ZipMember } from "./zip-member.js";

/** Options of `readZipMember`. */
export interface ZipMemberOptions {
  /** Refuse a member above this; default 64 MB. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads one small member of a zip archive, by its full name (`meta.json`), unpacked and checked against its CRC-32.
 * @throws NormstreamError of kind `usage` where there is no such member, `data` where it is damaged or above `maxBytes`.
 */
export async function readZipMember(path: string, name: string, options: ZipMemberOptions = {}): Promise<Uint8Array> {
  const { maxBytes = 64_000_000, signal } = options;
  throwIfAborted(signal);
  // Loaded here, so that who never opens an archive does not load yauzl.
  const { zipMembers } = await import("./archive.js");
  await using source = await openHeaderSource(path);
  const member = (await zipMembers(source)).find((candidate) => candidate.name === name);
  if (!member) throw usageError(`the archive has no member "${name}"`, { file: path });
  requirePlainMember(member, path);
  const where = { file: `${path}:${name}` };
  if (member.byteLength > maxBytes) {
    throw dataError("the member is too large", {
      ...where,
      expected: `at most ${maxBytes} bytes`,
      found: `${member.byteLength}`,
    });
  }
  const bytes =
    member.method === 0 ? await source.read(member.byteOffset, member.byteLength) : await unpack(member, source, signal);
  if (bytes.length !== member.byteLength) {
    throw dataError("the member has another length", {
      ...where,
      expected: `${member.byteLength} bytes`,
      found: `${bytes.length}`,
    });
  }
  if (crc32(bytes) !== member.crc)
    throw dataError("the checksum (CRC-32) does not match", { ...where, hint: "Copy or write the file again." });
  return bytes;
}

/** Stops as soon as more comes out than the directory promises. */
async function unpack(member: ZipMember, source: HeaderSource, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of inflate(compressedRange(member, source), signal)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > member.byteLength) break;
  }
  return Buffer.concat(chunks);
}

/**
 * The lines of a member of a zip archive, read as they are taken; at the end its CRC-32 is looked at.
 * @returns undefined where there is no such member
 * @throws NormstreamError of kind `data` where it is damaged
 */
export async function zipMemberLines(
  path: string,
  name: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<AsyncGenerator<string> | undefined> {
  const { zipMembers } = await import("./archive.js");
  const source = await openHeaderSource(path);
  const member = (await zipMembers(source)).find((candidate) => candidate.name === name);
  if (!member) {
    await source[Symbol.asyncDispose]();
    return undefined;
  }
  return linesOf(member, source, options.signal);
}

async function* linesOf(member: ZipMember, source: HeaderSource, signal: AbortSignal | undefined): AsyncGenerator<string> {
  await using _ = source;
  const where = `${source.name}:${member.name}`;
  requirePlainMember(member, source.name);
  let crc = 0;
  let rest = Buffer.alloc(0);
  for await (const chunk of member.method === 0
    ? storedChunks(member, source)
    : inflate(compressedRange(member, source), signal)) {
    throwIfAborted(signal);
    crc = crc32(chunk, crc);
    const bytes = Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(0x0a) + 1;
    rest = bytes.subarray(end);
    if (rest.length > LONGEST_LINE) throw dataError("the member has no lines", { file: where });
    if (end > 0) yield* bytes.toString("utf8", 0, end - 1).split("\n");
  }
  if (crc !== member.crc)
    throw dataError("the checksum (CRC-32) does not match", { file: where, hint: "Copy or write the file again." });
  if (rest.length > 0) yield rest.toString("utf8");
}

/** Bytes that are read at a time, and of a line at most. */
const CHUNK_BYTES = 1 << 18;
const LONGEST_LINE = 1 << 20;

async function* storedChunks(member: ZipMember, source: HeaderSource): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < member.byteLength; at += CHUNK_BYTES) {
    yield await source.read(member.byteOffset + at, Math.min(CHUNK_BYTES, member.byteLength - at));
  }
}
