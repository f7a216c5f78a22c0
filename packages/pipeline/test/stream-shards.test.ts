import type { StreamStorage } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import { Heap } from "../src/index.js";
import { streamShards } from "../src/stream-shards.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Bytes 0, 1, 2, … in chunks of given lengths. */
function stream(
  chunks: readonly number[],
  gate: (index: number) => Promise<void> = async () => {},
): StreamStorage & { closed: number } {
  const storage = {
    kind: "stream" as const,
    closed: 0,
    async *open() {
      try {
        let at = 0;
        for (const [index, length] of chunks.entries()) {
          await gate(index);
          yield Uint8Array.from({ length }, (_, i) => at + i);
          at += length;
        }
      } finally {
        storage.closed++;
      }
    },
  };
  return storage;
}

const part = (source: StreamStorage, skipBytes = 0, toEnd = true) => ({ stream: source, name: "x.gz", skipBytes, toEnd });

const collect = <T>(shards: ReturnType<typeof streamShards<T>>) =>
  new Promise<T[]>((resolve, reject) => {
    const all: T[] = [];
    shards.subscribe({ next: (value) => all.push(value), error: reject, complete: () => resolve(all) });
  });

describe("feeding shards from a stream", () => {
  test.each([[[60]], [[1, 2, 3, 54]], [[20, 20, 20]], [[19, 0, 41]], [Array(60).fill(1)]])("chunks of %j", async (chunks) => {
    const heap = new Heap();
    const source = stream(chunks);
    const read = async (_: number, pointer: number) => [...new Uint8Array(heap.memory.buffer, pointer, 20)];
    const found = await collect(streamShards(heap, part(source), 3, () => 20, read, 2));
    expect(found.flat()).toEqual(Array.from({ length: 60 }, (_, i) => i));
    expect(heap.bytesInUse).toBe(0);
    expect(source.closed).toBe(1);
  });

  test("at most one shard more than are in flight is held", async () => {
    const heap = new Heap();
    let most = 0;
    const run = async () => {
      most = Math.max(most, heap.bytesInUse);
      await turn();
    };
    await collect(streamShards(heap, part(stream(Array(20).fill(64))), 20, () => 64, run, 3));
    expect(most).toBeLessThanOrEqual(4 * 64);
  });

  test("a stream that ends early, or goes on, is an error, and nothing stays held", async () => {
    for (const chunks of [[30], [61], [60, 1]]) {
      const heap = new Heap();
      await expect(
        collect(
          streamShards(
            heap,
            part(stream(chunks)),
            3,
            () => 20,
            async () => {},
            2,
          ),
        ),
      ).rejects.toMatchObject({ kind: "data" });
      await turn();
      expect(heap.bytesInUse).toBe(0);
    }
  });

  test("a part of it: bytes before are skipped, bytes after are left", async () => {
    const heap = new Heap();
    const read = async (_: number, pointer: number) => [...new Uint8Array(heap.memory.buffer, pointer, 20)];
    const found = await collect(streamShards(heap, part(stream([7, 50, 43]), 30, false), 2, () => 20, read, 2));
    expect(found.flat()).toEqual(Array.from({ length: 40 }, (_, i) => 30 + i));
    expect(heap.bytesInUse).toBe(0);
  });

  test("an error of a shard closes the stream", async () => {
    const heap = new Heap();
    const source = stream(Array(60).fill(1));
    const run = async (index: number) => {
      if (index === 1) throw new Error("shard 1");
    };
    await expect(collect(streamShards(heap, part(source), 3, () => 20, run, 1))).rejects.toThrow("shard 1");
    await turn();
    expect(source.closed).toBe(1);
    expect(heap.bytesInUse).toBe(0);
  });

  test("stopped while it waits for bytes: it writes nothing to memory that was given back", async () => {
    const heap = new Heap();
    let open: () => void = () => {};
    const gate = (index: number) => (index === 1 ? new Promise<void>((resolve) => (open = resolve)) : Promise.resolve());
    const source = stream([10, 10], gate);
    const subscription = streamShards(
      heap,
      part(source),
      1,
      () => 20,
      async () => {},
      1,
    ).subscribe();
    await turn();
    expect(heap.bytesInUse).toBe(64);
    subscription.unsubscribe();
    expect(heap.bytesInUse).toBe(0);
    // Another tensor takes the place.
    const pointer = heap.allocate(64);
    const bytes = new Uint8Array(heap.memory.buffer, pointer, 64).fill(0xaa);
    open();
    await turn();
    await turn();
    expect(bytes.every((byte) => byte === 0xaa)).toBe(true);
    expect(source.closed).toBe(1);
    expect(heap.bytesInUse).toBe(64);
  });

  test("stopped while shards run: their memory is given back when they are done", async () => {
    const heap = new Heap();
    const done: (() => void)[] = [];
    const run = () => new Promise<void>((resolve) => void done.push(resolve));
    const subscription = streamShards(heap, part(stream([20, 20, 20])), 3, () => 20, run, 2).subscribe();
    await turn();
    expect(done).toHaveLength(2);
    subscription.unsubscribe();
    expect(heap.bytesInUse).toBeGreaterThanOrEqual(128);
    for (const end of done) end();
    await turn();
    expect(heap.bytesInUse).toBe(0);
  });
});
