import { openRegions, type ReadableStorage, swapBytes } from "@normstream/formats";
import {
  dataError,
  geometryOf,
  itemSize,
  type PartsStorage,
  type Region,
  type StoredTensor,
  type StreamStorage,
  throwIfAborted,
} from "@normstream/tensor";
import { assertSignal, assertTensor } from "./arguments.js";
import type { Engine } from "./engine.js";
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
    else await fromRegions({ ...source, storage }, bytesOf(), signal);
    if (source.bigEndian && storage.kind !== "memory") swapBytes(bytesOf(), itemSize(source.dtype));
    return tensor;
  } catch (error) {
    tensor[Symbol.dispose]();
    throw error;
  }
}

async function fromRegions(source: StoredTensor<ReadableStorage>, target: Uint8Array, signal?: AbortSignal): Promise<void> {
  using reader = openRegions(source);
  const { samples, channels, planeSize } = geometryOf(source.shape, source.layout);
  const { storage } = source;
  const perSample = channels * planeSize * itemSize(source.dtype);
  const together = source.order === "F" ? samples : samplesTogether(storage, perSample);
  for (let sample = 0; sample < samples && perSample > 0; sample += together) {
    throwIfAborted(signal);
    const sampleEnd = Math.min(samples, sample + together);
    const region: Region = { sample, sampleEnd, channel: 0, channelEnd: channels, position: 0, positionEnd: planeSize };
    const parts = "slice" in storage ? (storage as PartsStorage).slice(sample, sampleEnd) : undefined;
    await reader.read(region, target.subarray(sample * perSample, sampleEnd * perSample), parts);
  }
}

/** Samples that are read between two looks at the signal: chunks whole, so that none is decoded twice. */
function samplesTogether(storage: ReadableStorage, perSample: number): number {
  const wanted = Math.max(1, Math.floor(READ_BYTES / perSample));
  return storage.kind === "decoded" ? Math.ceil(wanted / storage.chunkSamples) * storage.chunkSamples : wanted;
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
