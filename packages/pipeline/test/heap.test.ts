import fc from "fast-check";
import { expect, test } from "vitest";
import { Heap } from "../src/index.js";

interface Range {
  readonly start: number;
  readonly end: number;
}

test("ranges that are in use never overlap, are aligned, and keep what is written in them", () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant("allocate" as const), bytes: fc.integer({ min: 0, max: 5000 }) }),
    fc.record({ kind: fc.constant("free" as const), which: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
      const heap = new Heap();
      const used: (Range & { mark: number })[] = [];
      for (const [i, step] of actions.entries()) {
        if (step.kind === "allocate") {
          const start = heap.allocate(step.bytes);
          const end = start + step.bytes;
          expect(start % 64).toBe(0);
          expect(start).toBeGreaterThan(0);
          expect(end).toBeLessThanOrEqual(heap.memory.buffer.byteLength);
          for (const other of used) expect(start >= other.end || other.start >= end || start === end).toBe(true);
          new Uint8Array(heap.memory.buffer, start, step.bytes).fill(i);
          used.push({ start, end, mark: i });
        } else if (used.length > 0) {
          const [range] = used.splice(step.which % used.length, 1) as [Range & { mark: number }];
          const bytes = new Uint8Array(heap.memory.buffer, range.start, range.end - range.start);
          expect(bytes.every((byte) => byte === range.mark % 256)).toBe(true);
          heap.free(range.start);
        }
      }
      const rounded = used.reduce((sum, { start, end }) => sum + Math.max(64, Math.ceil((end - start) / 64) * 64), 0);
      expect(heap.bytesInUse).toBe(rounded);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("what is freed in any order becomes one range again", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }),
      fc.infiniteStream(fc.nat()),
      (sizes, picks) => {
        const heap = new Heap();
        const first = heap.allocate(64);
        const pointers = sizes.map((size) => heap.allocate(size * 64));
        const last = heap.allocate(64);
        while (pointers.length > 0) heap.free(pointers.splice((picks.next().value as number) % pointers.length, 1)[0] as number);
        const whole = sizes.reduce((a, b) => a + b) * 64;
        // The hole between first and last holds exactly what was freed.
        expect(heap.allocate(whole)).toBe(first + 64);
        expect(heap.allocate(64)).toBe(last + 64);
      },
    ),
    { seed: 2, numRuns: 100 },
  );
});

test("an empty heap starts again at its beginning, without growing", () => {
  const heap = new Heap();
  const first = heap.allocate(1e6);
  heap.free(first);
  const { byteLength } = heap.memory.buffer;
  for (let i = 0; i < 10; i++) {
    const again = heap.allocate(1e6);
    expect(again).toBe(first);
    heap.free(again);
  }
  expect(heap.memory.buffer.byteLength).toBe(byteLength);
  expect(heap.bytesInUse).toBe(0);
});

test("freeing twice, or what was never handed out, does nothing", () => {
  const heap = new Heap();
  const a = heap.allocate(100);
  const b = heap.allocate(100);
  heap.free(a);
  heap.free(a);
  heap.free(12345);
  expect(heap.bytesInUse).toBe(128);
  expect(heap.allocate(100)).toBe(a);
  expect(heap.allocate(100)).not.toBe(b);
});

test("more than the 4 GiB of a WebAssembly memory is refused, and the heap goes on", () => {
  const heap = new Heap();
  expect(() => heap.allocate(2 ** 32)).toThrow(/4 GiB/);
  expect(heap.bytesInUse).toBe(0);
  expect(heap.allocate(64)).toBeGreaterThan(0);
});
