import { fileByteSource } from "@normstream/formats";
import { dataError, elementCount, formatShape, type StoredTensor, usageError } from "@normstream/tensor";
import { shapeText } from "./arguments.js";
import type { Engine } from "./engine.js";
import type { ReachableTensor } from "./pass.js";
import { heapOf } from "./tensor.js";

/** @throws NormstreamError of kind `usage` for a tensor that lives in the memory of another pool. */
export function assertReachable(source: StoredTensor, engine: Engine): void {
  const heap = heapOf(source);
  if (source.storage.kind === "memory" && heap && heap !== engine.heap) {
    throw usageError(`the tensor of ${shapeText(source)} lives in the memory of another pool`, {
      hint: "Make it with tensor(shape, dtype, { pool }) of the pool that computes on it.",
    });
  }
}

/** @throws NormstreamError of kind `data` for a tensor without samples, channels or positions. */
export function assertHoldsValues({ name, shape }: StoredTensor): void {
  if (elementCount(shape) > 0) return;
  throw dataError(`shape ${formatShape(shape)} holds no values`, {
    file: name,
    expected: "at least one sample, channel and position",
  });
}

/** A source as plain data that threads can take: streams are fed to them through the engine's memory. */
export function passSource(source: StoredTensor): ReachableTensor {
  const { name, shape, dtype, layout, order, bigEndian, storage } = source;
  const reachable = storage.kind === "stream" ? ({ kind: "memory", byteOffset: 0 } as const) : storage;
  return { name, shape, dtype, layout, order, bigEndian, storage: reachable };
}

/** @throws NormstreamError of kind `data` where a source's file is no longer in the state in which it was opened. */
export function assertUnchanged({ storage }: StoredTensor): void {
  if (storage.kind === "file") fileByteSource(storage.path, storage.identity)[Symbol.dispose]();
}
