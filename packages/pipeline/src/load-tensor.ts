import { fileByteSource } from "@normstream/formats";
import {
  dataError,
  elementCount,
  type FileStorage,
  geometryOf,
  itemSize,
  type StoredTensor,
  type StreamStorage,
  throwIfAborted,
} from "@normstream/tensor";
import { assertSignal, assertTensor } from "./arguments.js";
import type { Engine } from "./engine.js";
import { gatherRegion } from "./gather.js";
import { heapOf, type Tensor, tensorIn } from "./tensor.js";

/** Bytes between two looks at the signal. */
const READ_BYTES = 8 << 20;

/**
 * Reads a tensor from a file into an engine's memory, whole: C order, little-endian, its dtype and layout as they are. One that is in
 * memory, in that of another engine too, is copied.
 * @throws NormstreamError of kind `data` or `io` for what reading meets, `aborted` by the signal
 */
export async function loadTensor(source: StoredTensor, engine: Engine, signal?: AbortSignal): Promise<Tensor> {
  assertTensor(source);
  assertSignal(signal);
  throwIfAborted(signal);
  const { storage } = source;
  const tensor = tensorIn(engine, source.shape, source.dtype, { layout: source.layout });
  try {
    const bytesOf = () => new Uint8Array(engine.heap.memory.buffer, tensor.storage.byteOffset, tensor.byteLength);
    if (storage.kind === "memory") {
      const { memory } = heapOf(source) ?? engine.heap;
      bytesOf().set(new Uint8Array(memory.buffer, storage.byteOffset, tensor.byteLength));
    } else if (storage.kind === "stream") await fromStream(storage, source.name, bytesOf(), signal);
    else await fromFile(source, storage, bytesOf(), signal);
    if (source.bigEndian && storage.kind !== "memory") swap(bytesOf(), itemSize(source.dtype));
    return tensor;
  } catch (error) {
    tensor[Symbol.dispose]();
    throw error;
  }
}

async function fromFile(source: StoredTensor, storage: FileStorage, target: Uint8Array, signal?: AbortSignal): Promise<void> {
  using bytes = fileByteSource(storage.path, storage.identity);
  if (source.order === "F" && elementCount(source.shape) > 0) {
    const geometry = geometryOf(source.shape, source.layout);
    const { samples, channels, planeSize } = geometry;
    const region = { sample: 0, sampleEnd: samples, channel: 0, channelEnd: channels, position: 0, positionEnd: planeSize };
    await gatherRegion(bytes, source, geometry, region, itemSize(source.dtype), storage.byteOffset, target);
    return;
  }
  for (let at = 0; at < target.length; at += READ_BYTES) {
    throwIfAborted(signal);
    await bytes.read(target.subarray(at, at + READ_BYTES), storage.byteOffset + at);
  }
}

async function fromStream(storage: StreamStorage, name: string, target: Uint8Array, signal?: AbortSignal): Promise<void> {
  let at = 0;
  for await (const chunk of storage.open(signal)) {
    if (at + chunk.length > target.length) throw dataError("the stream goes on after the tensor's end", { file: name });
    target.set(chunk, at);
    at += chunk.length;
  }
  if (at < target.length) throw dataError("the stream ended before the tensor did", { file: name });
}

function swap(bytes: Uint8Array, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else if (size === 8) buffer.swap64();
}
