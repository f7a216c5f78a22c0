import { type FileHandle, open, stat } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { createGunzip, createInflateRaw } from "node:zlib";
import {
  dataError,
  type ErrorDetails,
  type FileIdentity,
  ioError,
  NormstreamError,
  type StreamStorage,
  throwIfAborted,
} from "@normstream/tensor";
import { isFarPlace, requestsOf } from "../places/place.js";
import { remoteChunks } from "../places/remote-chunks.js";
import { bytesFollowing } from "./byte-count.js";
import { crc32 } from "./crc32.js";
import { identityOf, requireIdentity } from "./file-identity.js";

/** Compressed bytes in a file. */
export interface CompressedRange {
  readonly path: string;
  /** What to call it in a message: the file, and the member in it. */
  readonly name: string;
  readonly identity: FileIdentity;
  readonly byteOffset: number;
  /** Compressed bytes. */
  readonly byteLength: number;
  readonly wrapper: "deflate" | "gzip";
  /** CRC-32 of the inflated bytes, where the container keeps it outside of them. */
  readonly crc?: number | undefined;
}

const READ_BYTES = 256 * 1024;
const REPAIR = "Copy or write the file again.";

/**
 * The inflated bytes from first to last. Stopping early closes the file.
 * @throws NormstreamError of kind `data` where the stream is corrupt, cut or followed by other bytes, or the file changed.
 */
export async function* inflate(range: CompressedRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  throwIfAborted(signal);
  const where = { file: range.name };
  if (range.byteLength === 0) throw dataError("the compressed data is empty", { ...where, hint: REPAIR });
  const compressed = await compressedBytes(range);
  const inflater =
    range.wrapper === "gzip" ? createGunzip({ chunkSize: READ_BYTES }) : createInflateRaw({ chunkSize: READ_BYTES });
  // Errors of either stream arrive at the loop below; the pipeline closes both.
  pipeline(compressed, inflater, () => {});
  let crc = 0;
  try {
    for await (const chunk of inflater as AsyncIterable<Uint8Array>) {
      throwIfAborted(signal);
      if (range.crc !== undefined) crc = crc32(chunk, crc);
      yield chunk;
    }
  } catch (error) {
    throw asNormstreamError(error, where);
  }
  if (inflater.bytesWritten !== range.byteLength) {
    throw dataError(`${bytesFollowing(range.byteLength - inflater.bytesWritten)} the compressed data`, {
      ...where,
      expected: `${inflater.bytesWritten} bytes`,
      found: `${range.byteLength}`,
      hint: REPAIR,
    });
  }
  if (range.crc !== undefined && crc !== range.crc) {
    throw dataError("the checksum (CRC-32) does not match", {
      ...where,
      expected: hex(range.crc),
      found: hex(crc),
      hint: REPAIR,
    });
  }
  if (!isFarPlace(range.path)) requireIdentity(identityOf(await stat(range.path)), range.identity, range.path);
}

/** The compressed bytes, from wherever they are. */
async function compressedBytes(range: CompressedRange): Promise<Readable> {
  const start = range.byteOffset;
  const end = start + range.byteLength;
  const requests = requestsOf(range.path);
  if (requests) return Readable.from(remoteChunks(requests, range.identity, { from: start, to: end }), { highWaterMark: 1 });
  const handle = await openUnchanged(range);
  return handle.createReadStream({ start, end: end - 1, highWaterMark: READ_BYTES });
}

/** The first inflated bytes: fewer than `byteLength` only where the stream ends. */
export async function inflateHead(range: CompressedRange, byteLength: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of inflate(range)) {
    parts.push(chunk);
    length += chunk.length;
    if (length >= byteLength) break;
  }
  return Buffer.concat(parts).subarray(0, byteLength);
}

/** A tensor that stands behind a header in a compressed stream and has to fill the rest of it exactly. */
export function inflatedStorage(range: CompressedRange, headerByteLength: number, byteLength: number): StreamStorage {
  const where: ErrorDetails = { file: range.name };
  const whole = headerByteLength + byteLength;
  return {
    kind: "stream",
    path: range.path,
    async *open(signal) {
      let position = 0;
      for await (const chunk of inflate(range, signal)) {
        const start = Math.min(chunk.length, Math.max(0, headerByteLength - position));
        position += chunk.length;
        if (position > whole) {
          throw dataError("more data follows than the header says", {
            ...where,
            expected: `${whole} bytes`,
            found: `${position} or more`,
            hint: "The header does not describe the whole file: write it again.",
          });
        }
        if (start < chunk.length) yield chunk.subarray(start);
        release(chunk);
      }
      if (position < whole) {
        throw dataError("the data is truncated", {
          ...where,
          expected: `${whole} bytes (${headerByteLength} of header, ${byteLength} of data)`,
          found: `${position}`,
          hint: REPAIR,
        });
      }
    },
  };
}

/**
 * Gives a chunk's memory back at once, where its buffer is used up and the runtime can do so (Node 21 and newer): a collector
 * that sees no pressure lets a hundred of them lie.
 */
function release(chunk: Uint8Array): void {
  const buffer = chunk.buffer as ArrayBuffer & { transfer?(byteLength: number): ArrayBuffer };
  if (chunk.byteOffset + chunk.byteLength === buffer.byteLength && chunk.byteLength >= READ_BYTES / 2) buffer.transfer?.(0);
}

async function openUnchanged(range: CompressedRange): Promise<FileHandle> {
  const handle = await open(range.path, "r").catch((cause) => {
    throw ioError("cannot open", cause, { file: range.path });
  });
  try {
    requireIdentity(identityOf(await handle.stat()), range.identity, range.path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function asNormstreamError(error: unknown, where: ErrorDetails): NormstreamError {
  if (error instanceof NormstreamError) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (!code.startsWith("Z_")) return ioError("cannot read", error, where);
  return dataError(code === "Z_BUF_ERROR" ? "the compressed data is cut off" : "the compressed data is corrupt", {
    ...where,
    expected: "a complete stream",
    found: message,
    hint: REPAIR,
    cause: error,
  });
}

const hex = (crc: number): string => crc.toString(16).padStart(8, "0");
