import { internalError, throwIfAborted } from "@normstream/tensor";
import { createAtomicFile } from "./bytes/atomic-file.js";
import { loadEncoder, sinkFormatOf } from "./sink-registry.js";
import { tensorByteLength } from "./stored-array.js";
import type { SinkOptions, TensorSink } from "./tensor-sink.js";

/**
 * Begins a tensor file: checks the target, writes the header to a temporary file beside it and gives that file its final size.
 *
 * @throws NormstreamError of kind `usage` for an unknown extension, a dtype that the format lacks, a file that exists (without `overwrite`)
 * or is the input; `io` where the folder is missing or not writable, or the device is too full. Then nothing is left behind.
 */
export async function createSink(path: string, options: SinkOptions): Promise<TensorSink> {
  const { shape, dtype, signal } = options;
  throwIfAborted(signal);
  if (options.as === "safetensors") return (await import("./safetensors/shard-sink.js")).createShardSink(path, options);
  const format = options.format ?? sinkFormatOf(path);
  if (format === "parquet") return (await import("./parquet/sink.js")).createParquetSink(path, options);
  if (format === "zarr") return (await import("./zarr/sink.js")).createZarrSink(path, options);
  const encoder = await loadEncoder(format);
  const byteLength = tensorByteLength(shape, dtype, { file: path });
  const { head, finish } = encoder.begin({ shape, dtype, name: options.name ?? "data", file: path });
  const file = await createAtomicFile(path, options);
  try {
    throwIfAborted(signal);
    await file.resize(head.length + byteLength);
    await file.write(head, 0);
  } catch (error) {
    await file.discard();
    throw error;
  }
  let done = false;
  return {
    path,
    format,
    shape,
    dtype,
    range: { path: file.path, target: path, byteOffset: head.length, byteLength },
    isKept: file.keptBytes === head.length + byteLength,
    needsChecksums: encoder.needsChecksums,
    async commit(pieces) {
      if (done) throw internalError("the output was already finished", { file: path });
      throwIfAborted(signal);
      if (encoder.needsChecksums && pieces === undefined)
        throw internalError(`.${format} needs checksums of its parts`, { file: path });
      for (const { position, bytes } of finish(pieces ?? [])) await file.write(bytes, position);
      throwIfAborted(signal);
      await file.commit();
      done = true;
    },
    async abort() {
      done = true;
      await file.discard();
    },
    [Symbol.asyncDispose]: () => file.discard(),
  };
}
