import { itemSize, throwIfAborted } from "@normstream/tensor";
import { createAtomicFolder } from "../bytes/atomic-folder.js";
import { ZARR_FOLDER } from "../bytes/output-target.js";
import { tensorByteLength } from "../stored-array.js";
import type { SinkOptions, TensorSink } from "../tensor-sink.js";

/** About so many bytes make a chunk: whole samples, at least one. */
const CHUNK_BYTES = 1 << 23;

const AXES: Readonly<Record<string, string>> = { N: "batch", C: "channel", D: "depth", H: "height", W: "width", L: "length" };

/**
 * Begins a Zarr array of version 3: whole samples in chunks that are not compressed, so that each thread writes its own part of them. It grows in a
 * folder beside the target, which is renamed into place when it is whole.
 * @throws as `createSink`
 */
export async function createZarrSink(path: string, options: SinkOptions): Promise<TensorSink> {
  const { shape, dtype, signal } = options;
  throwIfAborted(signal);
  const byteLength = tensorByteLength(shape, dtype, { file: path });
  const sampleBytes = shape.slice(1).reduce((a, b) => a * b, itemSize(dtype));
  const perChunk = Math.max(1, Math.min(shape[0] ?? 1, Math.floor(CHUNK_BYTES / Math.max(1, sampleBytes))));
  const folder = await createAtomicFolder(path, { ...options, kind: ZARR_FOLDER, mark: documentOf(options, perChunk) });
  return {
    ...{ path, format: "zarr", shape, dtype, isKept: folder.isKept, needsChecksums: false },
    range: {
      ...{ path: folder.path, target: path, byteOffset: 0, byteLength },
      chunks: { byteLength: perChunk * sampleBytes, files: { kind: "zarr", rank: shape.length } },
    },
    commit: folder.commit,
    abort: folder.discard,
    [Symbol.asyncDispose]: folder.discard,
  };
}

function documentOf({ shape, dtype, layout }: SinkOptions, perChunk: number): string {
  const chunkShape = shape.map((extent, axis) => (axis === 0 ? perChunk : Math.max(1, extent)));
  const names = layout === undefined ? {} : { dimension_names: [...layout].map((axis) => AXES[axis] ?? null) };
  const document = {
    ...{ zarr_format: 3, node_type: "array", shape, data_type: dtype },
    chunk_grid: { name: "regular", configuration: { chunk_shape: chunkShape } },
    chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
    ...{ fill_value: 0, codecs: [{ name: "bytes", configuration: { endian: "little" } }], attributes: {}, ...names },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
