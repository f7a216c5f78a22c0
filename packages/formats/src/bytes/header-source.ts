import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dataError, type FileIdentity, ioError } from "@normstream/tensor";
import { identityOf, regularFile, requireRegular } from "./file-identity.js";

/** An opened file, read by position while its headers are parsed; never read as a whole. */
export interface HeaderSource extends AsyncDisposable {
  /** What to call it in a message. */
  readonly name: string;
  /** Where it is, for who reads its elements: a path, or all of a URL. */
  readonly path: string;
  readonly byteLength: number;
  readonly identity: FileIdentity;
  /** The bytes from `byteOffset`: fewer than `byteLength` only where the file ends. Allocates no more than the file holds. */
  read(byteOffset: number, byteLength: number): Promise<Uint8Array>;
}

/** The first bytes are read at once: most headers of small files are in them, and a folder may hold a million of those. */
const HEAD_BYTES = 1024;

/**
 * Opens a regular file that is not empty.
 * @throws NormstreamError of kind `io` where it is missing, not readable or not a regular file; `data` where it is empty.
 */
export async function openFileHeaderSource(path: string): Promise<HeaderSource> {
  await regularFile(path);
  // Not blocking, for the case that the file became a FIFO since.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause) => {
    throw ioError("cannot open", cause, { file: path });
  });
  try {
    const stats = await handle.stat();
    requireRegular(stats, path);
    if (stats.size === 0)
      throw dataError("the file is empty", { file: path, expected: "a tensor", hint: "Copy or write the file again." });
    return fileHeaderSource(handle, path, identityOf(stats));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function fileHeaderSource(handle: FileHandle, path: string, identity: FileIdentity): HeaderSource {
  const readRange = async (byteOffset: number, byteLength: number): Promise<Uint8Array> => {
    const wanted = Math.max(0, Math.min(byteLength, identity.size - byteOffset));
    const bytes = new Uint8Array(wanted);
    let done = 0;
    while (done < wanted) {
      const { bytesRead } = await handle.read(bytes, done, wanted - done, byteOffset + done).catch((cause) => {
        throw ioError("cannot read", cause, { file: path, byteOffset: byteOffset + done });
      });
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  };
  let head: Promise<Uint8Array> | undefined;
  return {
    name: path,
    path,
    byteLength: identity.size,
    identity,
    async read(byteOffset, byteLength) {
      if (byteOffset + byteLength > HEAD_BYTES) return await readRange(byteOffset, byteLength);
      head ??= readRange(0, HEAD_BYTES);
      return (await head).slice(byteOffset, byteOffset + byteLength);
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** The same contract over bytes in memory; they are read, never changed. */
export function memoryHeaderSource(bytes: Uint8Array, name: string): HeaderSource {
  return {
    name,
    path: name,
    byteLength: bytes.length,
    identity: { size: bytes.length, mtimeMs: 0, inode: 0 },
    read: async (byteOffset, byteLength) => bytes.subarray(byteOffset, byteOffset + byteLength),
    [Symbol.asyncDispose]: async () => {},
  };
}
