import {
  abortedError,
  dataError,
  ioError,
  NormstreamError,
  parseDType,
  type StreamStorage,
  throwIfAborted,
  usageError,
} from "@normstream/tensor";
import { bytesFollowing } from "../bytes/byte-count.js";
import { DETECTION_BYTES, detectFormat } from "../format-detection.js";
import { MAX_IDX_HEADER_BYTES, parseIdxHeader } from "../idx/header.js";
import { idxArray } from "../idx/reader.js";
import { npyArray, readNpyHeader } from "../npy/reader.js";
import { type ArrayListing, type ReadOptions, type StoredArray, tensorByteLength } from "../stored-array.js";
import { type ReplayedHead, replayedHead } from "./replayed-head.js";

/** What an input is called that is the standard input. */
export const STDIN = "-";
const NAME = "standard input";

/** A readable stream of bytes, as far as it is used here: `process.stdin`. */
export interface ByteStream extends AsyncIterable<Uint8Array> {
  readonly isTTY?: boolean | undefined;
  destroy(error?: Error): unknown;
}

/**
 * Reads the tensor that comes on standard input: `.npy`, IDX, or raw bytes that are described. Formats whose directory is at the end, or that
 * are read by position, are refused, since it cannot be gone back.
 * @throws NormstreamError of kind `usage` for a terminal, and for such a format; `data` for bytes that are damaged.
 */
export async function readStdin(options: ReadOptions, stream: ByteStream = process.stdin): Promise<ArrayListing> {
  if (stream.isTTY) throw usageError("standard input is a terminal", { hint: "Send it bytes: cat x.npy | normstream stats -" });
  const { signal } = options;
  throwIfAborted(signal);
  const replayed = replayedHead(stream[Symbol.asyncIterator]());
  const array = await broken(stream, signal, () => arrayOf(replayed, options, stream));
  return { format: array.format, entries: [{ name: undefined, read: async () => array.array }] };
}

async function arrayOf(
  replayed: ReplayedHead,
  { shape, dtype: text }: ReadOptions,
  stream: ByteStream,
): Promise<{ readonly format: string; readonly array: StoredArray }> {
  const first = await replayed.head(DETECTION_BYTES);
  if (first.length === 0) throw dataError("is empty", { file: NAME, expected: "a tensor" });
  const format = detectFormat(first, NAME, Number.MAX_SAFE_INTEGER, shape !== undefined && text !== undefined);
  const storage = (from: number, byteLength: number) => onceStorage(replayed, stream, from, byteLength);
  if (format === "npy") {
    const header = await readNpyHeader((length) => replayed.head(length), NAME);
    return { format, array: npyArray(header, undefined, "stored", NAME, (length) => storage(header.byteLength, length)) };
  }
  if (format === "idx") {
    const header = parseIdxHeader(await replayed.head(MAX_IDX_HEADER_BYTES), { file: NAME });
    return { format, array: idxArray(header, "stored", storage(header.byteLength, header.dataByteLength)) };
  }
  if (format === "raw" && shape !== undefined && text !== undefined) {
    const { dtype, bigEndian } = parseDType(text);
    const byteLength = tensorByteLength(shape, dtype, { file: NAME });
    const array = { shape, dtypeName: dtype, dtype, order: "C", bigEndian, byteLength, packing: "stored" } as const;
    return { format, array: { ...array, storage: storage(0, byteLength) } };
  }
  throw usageError(`${format} is not read from standard input`, {
    expected: ".npy, IDX, or raw data with --shape and --dtype",
    hint: format === "gzip" ? "Unpack it on the way: gunzip | normstream stats -" : "Save it to a file first.",
  });
}

/** The elements, which can be had once. */
function onceStorage(replayed: ReplayedHead, stream: ByteStream, from: number, byteLength: number): StreamStorage {
  let isOpened = false;
  return {
    kind: "stream",
    isOnce: true,
    async *open(signal) {
      if (isOpened)
        throw usageError("standard input was read already, and cannot be read again", { hint: "Save it to a file first." });
      isOpened = true;
      throwIfAborted(signal);
      const chunks = replayed.rest(from);
      let done = 0;
      try {
        for (;;) {
          const step = await broken(stream, signal, () => chunks.next());
          if (step.done) break;
          done += step.value.length;
          if (done > byteLength) {
            throw dataError(`${bytesFollowing(done - byteLength)} the data`, {
              file: NAME,
              expected: `${byteLength} bytes of data`,
            });
          }
          yield step.value;
        }
      } finally {
        stream.destroy();
      }
      if (done < byteLength) {
        throw dataError("the data is truncated", { file: NAME, expected: `${byteLength} bytes of data`, found: `${done}` });
      }
    },
  };
}

/** Waits for bytes, until the signal breaks it off; what the stream throws is an error of reading. */
async function broken<T>(stream: ByteStream, signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
  let stop: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      reject(abortedError(signal?.reason));
      stream.destroy();
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
  stopped.catch(() => {});
  try {
    const running = run();
    running.catch(() => {});
    return await Promise.race([running, stopped]);
  } catch (cause) {
    if (cause instanceof NormstreamError) throw cause;
    throw ioError("cannot read", cause, { file: NAME });
  } finally {
    if (stop) signal?.removeEventListener("abort", stop);
  }
}
