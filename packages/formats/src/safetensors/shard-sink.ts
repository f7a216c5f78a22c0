import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ioError, itemSize, throwIfAborted, usageError } from "@normstream/tensor";
import { createAtomicFolder } from "../bytes/atomic-folder.js";
import { shardFile } from "../bytes/chunk-writer.js";
import { SHARD_FOLDER } from "../bytes/output-target.js";
import { tensorByteLength } from "../stored-array.js";
import type { SinkOptions, TensorSink } from "../tensor-sink.js";
import { codeOfDType } from "./element-type.js";
import { encodeHeader } from "./encoder.js";
import { partName } from "./shard-names.js";

/** What Hugging Face's libraries take for the size of a file. */
const DEFAULT_FILE_BYTES = 5e9;
/** More files than this are a mistake. */
const MOST_FILES = 99_999;

/**
 * Begins a folder of `.safetensors` shards with their index, as Hugging Face's libraries lay it out: whole samples in each, so many as stay
 * below `fileBytes`. Threads write into the shards; the folder is renamed into place when it is whole.
 * @throws as `createSink`; of kind `usage` for a size that would make 100,000 files or more
 */
export async function createShardSink(path: string, options: SinkOptions): Promise<TensorSink> {
  const { shape, dtype, signal, name = "data", fileBytes = DEFAULT_FILE_BYTES } = options;
  throwIfAborted(signal);
  const byteLength = tensorByteLength(shape, dtype, { file: path });
  const samples = shape[0] ?? 1;
  const sampleBytes = shape.slice(1).reduce((a, b) => a * b, itemSize(dtype));
  const perFile = Math.max(1, Math.min(samples, Math.floor(fileBytes / Math.max(1, sampleBytes))));
  const count = Math.max(1, Math.ceil(samples / perFile));
  if (count > MOST_FILES) {
    throw usageError(`files of ${fileBytes} bytes would be ${count}`, {
      file: path,
      expected: `at most ${MOST_FILES}`,
      hint: "Give more --file-bytes.",
    });
  }
  const samplesIn = (i: number) => Math.min(perFile, samples - i * perFile);
  const headers = Array.from({ length: count }, (_, i) => ({
    name: count === 1 ? name : partName(name, i, count),
    code: codeOfDType(dtype),
    shape: [samplesIn(i), ...shape.slice(1)],
    byteLength: samplesIn(i) * sampleBytes,
  }));
  // All headers of one length, so that where a byte stands follows from its number.
  const headByteLength = Math.max(
    ...headers
      .slice(0, 1)
      .concat(headers.slice(-1))
      .map((header) => encodeHeader([header]).length),
  );
  const weightMap = Object.fromEntries(headers.map((header, i) => [header.name, shardFile(i, count)]));
  const index = { metadata: { total_size: byteLength }, weight_map: weightMap };
  const mark = `${JSON.stringify(index, null, 2)}\n`;
  const folder = await createAtomicFolder(path, { ...options, kind: SHARD_FOLDER, mark });
  try {
    for (const [i, header] of headers.entries()) {
      if (folder.isKept) break;
      throwIfAborted(signal);
      const head = encodeHeader([header], undefined, headByteLength);
      writeHead(join(folder.path, shardFile(i, count)), head, headByteLength + header.byteLength, path);
    }
  } catch (error) {
    await folder.discard();
    throw error;
  }
  return {
    ...{ path, format: "safetensors", shape, dtype, isKept: folder.isKept, needsChecksums: false },
    range: {
      ...{ path: folder.path, target: path, byteOffset: 0, byteLength },
      chunks: { byteLength: perFile * sampleBytes, files: { kind: "shards", count, headByteLength } },
    },
    commit: folder.commit,
    abort: folder.discard,
    [Symbol.asyncDispose]: folder.discard,
  };
}

function writeHead(path: string, head: Uint8Array, byteLength: number, file: string): void {
  try {
    const descriptor = openSync(path, "wx");
    try {
      ftruncateSync(descriptor, byteLength);
      writeSync(descriptor, head, 0, head.length, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw ioError("cannot write", cause, { file });
  }
}
