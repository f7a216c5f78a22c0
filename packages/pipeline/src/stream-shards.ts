import { abortedError, dataError, type StreamStorage } from "@normstream/tensor";
import { finalize, type Observable } from "rxjs";
import type { Heap } from "./heap.js";
import { pullInOrder } from "./pull.js";

interface FilledShard {
  readonly index: number;
  readonly pointer: number;
}

/** The part of a stream that a pass reads. */
export interface StreamPart {
  readonly stream: StreamStorage;
  /** What to call it in a message. */
  readonly name: string;
  /** Bytes before the first shard. */
  readonly skipBytes: number;
  /** Whether the last shard ends where the tensor does. */
  readonly toEnd: boolean;
}

/**
 * Feeds shards from a source that can only be read from first to last: fills a range of the engine's heap with each shard's
 * bytes in turn, and frees it when the shard is done. At most `inFlight + 1` shards' bytes exist.
 */
export function streamShards<R>(
  heap: Heap,
  { stream, name, skipBytes, toEnd }: StreamPart,
  count: number,
  byteLength: (index: number) => number,
  run: (index: number, pointer: number) => Promise<R>,
  inFlight: number,
  signal?: AbortSignal,
): Observable<R> {
  const held = new Set<number>();
  let running = 0;
  let closed = false;
  const freeAll = () => {
    for (const pointer of held) heap.free(pointer);
    held.clear();
  };
  async function* fill(): AsyncGenerator<FilledShard> {
    const chunks = stream.open(signal)[Symbol.asyncIterator]();
    let chunk: Uint8Array = new Uint8Array(0);
    const fetch = async () => {
      const step = await chunks.next();
      // Whoever stopped the pass meanwhile has had this range freed.
      if (closed) throw abortedError(signal?.reason);
      if (step.done) throw dataError("the stream ended before the tensor did", { file: name });
      chunk = step.value;
    };
    try {
      for (let left = count === 0 ? 0 : skipBytes; left > 0; ) {
        if (chunk.length === 0) await fetch();
        const skipped = Math.min(left, chunk.length);
        chunk = chunk.subarray(skipped);
        left -= skipped;
      }
      for (let index = 0; index < count; index++) {
        const bytes = byteLength(index);
        const pointer = heap.allocate(bytes);
        held.add(pointer);
        for (let filled = 0; filled < bytes; ) {
          if (chunk.length === 0) await fetch();
          const part = chunk.subarray(0, bytes - filled);
          new Uint8Array(heap.memory.buffer, pointer + filled, part.length).set(part);
          filled += part.length;
          chunk = chunk.subarray(part.length);
        }
        yield { index, pointer };
      }
      // The source checks its own end (length, checksum) when it is read to it.
      if (toEnd && (chunk.length > 0 || !(await chunks.next()).done)) {
        throw dataError("the stream goes on after the tensor's end", { file: name });
      }
    } finally {
      await chunks.return?.();
    }
  }
  const project = async ({ index, pointer }: FilledShard): Promise<R> => {
    running++;
    try {
      return await run(index, pointer);
    } finally {
      running--;
      held.delete(pointer);
      heap.free(pointer);
      if (closed && running === 0) freeAll();
    }
  };
  return pullInOrder(fill(), project, inFlight).pipe(
    finalize(() => {
      closed = true;
      if (running === 0) freeAll();
    }),
  );
}
