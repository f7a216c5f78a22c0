import { statSync } from "node:fs";
import { openByteSource, type Part } from "@normstream/formats";
import type { NanPolicy } from "@normstream/moments";
import {
  type AnyStorage,
  dataError,
  elementCount,
  formatShape,
  itemSize,
  type StoredTensor,
  usageError,
} from "@normstream/tensor";
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
export function passSource(source: StoredTensor, engine: Pick<Engine, "threads" | "memoryBytes">): ReachableTensor {
  const { name, shape, dtype, layout, order, bigEndian, storage, readers } = source;
  return { name, shape, dtype, layout, order, bigEndian, readers, storage: reachableStorage(source, storage, engine) };
}

function reachableStorage(
  source: StoredTensor,
  storage: AnyStorage,
  engine: Pick<Engine, "threads" | "memoryBytes">,
): ReachableTensor["storage"] {
  if (storage.kind === "stream") return { kind: "memory", byteOffset: 0 };
  if (!("slice" in storage)) return storage;
  // Which files hold a shard's samples is the task's to say.
  const { slice: _, ...plain } = storage;
  if (plain.kind === "parts") return plain;
  const maxPixels = Math.min(plain.decoding.maxPixels, mostPixels(source, engine));
  return { ...plain, decoding: { ...plain.decoding, maxPixels } };
}

/** What becomes of NaN where nobody says: it is left out where it stands for values that are missing. */
export const defaultNanPolicy = ({ nanIsMissing }: StoredTensor): NanPolicy => (nanIsMissing ? "omit" : "propagate");

/** Images that a thread holds at once, packed and unpacked. */
export const HELD_IMAGES = 3;

/** Pixels that an image may have, so that a thread's share of the memory holds those that it works on. */
function mostPixels({ dtype, storage }: StoredTensor, { memoryBytes, threads }: Pick<Engine, "threads" | "memoryBytes">): number {
  const channels = storage.kind === "images" ? storage.decoding.channels : 1;
  return Math.max(1, Math.floor((memoryBytes * 0.75) / threads / HELD_IMAGES / (channels * itemSize(dtype))));
}

/** Whether threads read a tensor's elements themselves, as often as they like. */
export const isReadByThreads = ({ storage: { kind } }: StoredTensor): boolean => kind !== "memory" && kind !== "stream";

/** What a task carries of a tensor that is in parts: those that hold its samples. */
export function partsOf({ storage }: StoredTensor): ((from: number, to: number) => readonly Part[]) | undefined {
  return "slice" in storage ? (from, to) => storage.slice(from, to) : undefined;
}

/** @throws NormstreamError of kind `data` where a source's file is no longer in the state in which it was opened. */
export function assertUnchanged({ storage }: StoredTensor): void {
  if ((storage.kind === "file" || storage.kind === "decoded") && storage.identity) {
    openByteSource(storage.path, storage.identity)[Symbol.dispose]();
  }
}

/** Samples whose files are looked at together. */
const BAND = 1024;

/** @throws NormstreamError of kind `usage` where an output that is to be replaced is one of the files of the input. */
export function assertNoPart(output: string, { storage, shape }: StoredTensor): void {
  const target = statSync(output, { throwIfNoEntry: false, bigint: true });
  if (!target || !("slice" in storage)) return;
  const samples = shape[0] as number;
  for (let from = 0; from < samples; from += BAND) {
    for (const part of storage.slice(from, Math.min(samples, from + BAND))) {
      const file = statSync("storage" in part ? part.storage.path : part.path, { throwIfNoEntry: false, bigint: true });
      if (file?.ino !== target.ino || file.dev !== target.dev) continue;
      throw usageError("the output is a part of the input", { file: output, hint: "Name another file." });
    }
  }
}
