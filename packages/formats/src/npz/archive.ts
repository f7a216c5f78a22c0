import { dataError, NormstreamError } from "@normstream/tensor";
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from "yauzl";
import type { HeaderSource } from "../bytes/header-source.js";
import type { ZipMember } from "./zip-member.js";

const REPAIR = "Copy or write the file again.";

/**
 * Lists the members of a zip archive from its central directory (zip64 too).
 * @throws NormstreamError of kind `data` where the archive is damaged or cut, a name climbs out of it or is absolute,
 * or members overlap, leave the file or contradict their local headers.
 */
export async function zipMembers(source: HeaderSource): Promise<ZipMember[]> {
  const reader = new ArchiveReader(source);
  const members: { member: ZipMember; start: number }[] = [];
  let directoryOffset = source.byteLength;
  try {
    const zip = await fromRandomAccessReaderPromise(reader, source.byteLength, { autoClose: false, validateEntrySizes: true });
    // What is read next is the central directory; its first byte is the lowest one.
    const entries: Entry[] = [];
    reader.lowestPosition = source.byteLength;
    for await (const entry of zip.eachEntry()) entries.push(entry);
    directoryOffset = reader.lowestPosition;
    for (const entry of entries)
      members.push({ member: await memberOf(zip, entry, source.name), start: entry.relativeOffsetOfLocalHeader });
  } catch (error) {
    if (error instanceof NormstreamError) throw error;
    throw dataError("is not a valid zip archive", {
      file: source.name,
      found: (error as Error).message.replace(/\.$/, ""),
      hint: REPAIR,
      cause: error,
    });
  }
  checkExtents(members, directoryOffset, source.name);
  return members.map(({ member }) => member);
}

async function memberOf(zip: ZipFile, entry: Entry, file: string): Promise<ZipMember> {
  const local = await zip.readLocalFileHeaderPromise(entry);
  if (!local.fileName.equals(entry.fileNameRaw) || local.compressionMethod !== entry.compressionMethod) {
    throw dataError(`the archive contradicts itself about ${JSON.stringify(entry.fileName)}`, {
      file,
      byteOffset: entry.relativeOffsetOfLocalHeader,
      expected: `method ${entry.compressionMethod} and the name of the central directory`,
      found: `method ${local.compressionMethod}, ${JSON.stringify(local.fileName.toString())}`,
      hint: REPAIR,
    });
  }
  return {
    name: entry.fileName,
    method: entry.compressionMethod,
    encrypted: entry.isEncrypted(),
    crc: entry.crc32,
    byteOffset: local.fileDataStart,
    packedByteLength: entry.compressedSize,
    byteLength: entry.uncompressedSize,
  };
}

function checkExtents(members: readonly { member: ZipMember; start: number }[], directoryOffset: number, file: string): void {
  const names = new Set<string>();
  let end = 0;
  for (const { member, start } of [...members].sort((a, b) => a.start - b.start)) {
    const name = JSON.stringify(member.name);
    if (names.has(member.name)) throw dataError(`the archive holds ${name} twice`, { file, hint: REPAIR });
    names.add(member.name);
    if (start < end)
      throw dataError(`member ${name} overlaps another one`, {
        file,
        byteOffset: start,
        expected: `byte ${end} or later`,
        hint: REPAIR,
      });
    end = member.byteOffset + member.packedByteLength;
    if (end > directoryOffset) {
      throw dataError(`member ${name} runs into the central directory`, {
        file,
        expected: `at most byte ${directoryOffset}`,
        found: `${end}`,
        hint: REPAIR,
      });
    }
  }
}

/** Gives yauzl its bytes. Positions that no file has are an error here, where Node would throw out of a callback. */
class ArchiveReader extends RandomAccessReader {
  lowestPosition = 0;
  readonly #source: HeaderSource;

  constructor(source: HeaderSource) {
    super();
    this.#source = source;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    this.lowestPosition = Math.min(this.lowestPosition, position);
    if (!Number.isSafeInteger(position) || position + length > this.#source.byteLength) {
      callback(new Error(`byte ${position} leaves the file of ${this.#source.byteLength} bytes`));
      return;
    }
    this.#source.read(position, length).then(
      (bytes) => {
        buffer.set(bytes, offset);
        callback(null, bytes.length);
      },
      (error) => callback(error),
    );
  }
}
