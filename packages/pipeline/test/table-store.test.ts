import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TableStore } from "../src/table-store.js";

/** Rows of `blocks` blocks of 3 channels, numbered from `first` on. */
const rowsFrom = (first: number, blocks: number) => Float64Array.from({ length: blocks * 24 }, (_, i) => first * 24 + i);

test("what is read is what was pushed, in memory and on disk", () => {
  const given = fc.record({
    parts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }),
    memoryBytes: fc.integer({ min: 0, max: 15_000 }),
    reads: fc.array(fc.tuple(fc.nat(120), fc.nat(120)), { maxLength: 5 }),
  });
  fc.assert(
    fc.property(given, ({ parts, memoryBytes, reads }) => {
      using store = new TableStore(
        3,
        parts.reduce((a, b) => a + b, 0),
        memoryBytes,
      );
      let blocks = 0;
      for (const part of parts) {
        store.push(rowsFrom(blocks, part));
        blocks += part;
        expect(store.blocks).toBe(blocks);
        expect(store.read()).toEqual(rowsFrom(0, blocks));
      }
      for (const [a, b] of reads) {
        const [from, to] = [Math.min(a, b) % blocks, Math.min(blocks, Math.max(a, b))];
        if (from <= to) expect(store.read(from, to)).toEqual(rowsFrom(from, to - from));
      }
    }),
    { seed: 4, numRuns: 60 },
  );
});

test("a table on disk has no name there, and can be disposed of twice", () => {
  const mine = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`normstream-table-${process.pid}-`));
  const store = new TableStore(3, 5, 0);
  store.push(rowsFrom(0, 5));
  expect(mine()).toEqual([]);
  expect(store.read(2, 3)).toEqual(rowsFrom(2, 1));
  store[Symbol.dispose]();
  store[Symbol.dispose]();
});

test.each([0, 1e6])("a table that was disposed of is not read as if it were empty (%s bytes of memory)", (memoryBytes) => {
  const store = new TableStore(3, 5, memoryBytes);
  store.push(rowsFrom(0, 5));
  store[Symbol.dispose]();
  expect(() => store.read(2, 3)).toThrow("these statistics were disposed of");
});

test("what was read of a table stays as it is when another table gets its memory", () => {
  const first = new TableStore(3, 5, 1e6);
  first.push(rowsFrom(0, 5));
  const read = first.read();
  first[Symbol.dispose]();
  const second = new TableStore(3, 5, 1e6);
  second.push(rowsFrom(100, 2));
  const third = new TableStore(3, 5, 1e6);
  third.push(rowsFrom(200, 5));
  expect(read).toEqual(rowsFrom(0, 5));
  expect(second.read()).toEqual(rowsFrom(100, 2));
  expect(third.read()).toEqual(rowsFrom(200, 5));
  second[Symbol.dispose]();
  third[Symbol.dispose]();
});
