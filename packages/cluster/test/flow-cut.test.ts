import fc from "fast-check";
import { expect, test } from "vitest";
import { cutLeaves, cutNodes, cutStretches, FAN_IN, shardsOfLeaf } from "../src/flow-cut.js";

test("leaves hold each shard that is not finished once, in order, and no other", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 300 }), fc.integer({ min: 1, max: 9 }), (finished, size) => {
      const half = Math.floor(finished.length / 2);
      const stretches = [
        { from: 0, to: half, size: 2 * size },
        { from: half, to: finished.length, size },
      ];
      const leaves = cutLeaves(stretches, (i) => finished[i] === true);
      const shards = leaves.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
      expect(shards).toEqual([...finished.keys()].filter((i) => !finished[i]));
      for (const { from, to } of leaves) {
        const stretch = stretches.find((each) => from < each.to) ?? { from: 0, to: 0, size: 1 };
        expect(to).toBeLessThanOrEqual(stretch.to);
        const lineOf = (index: number) => Math.floor((index - stretch.from) / stretch.size);
        expect(lineOf(from)).toBe(lineOf(to - 1));
      }
    }),
    { seed: 7 },
  );
});

test("a resumed run has the leaves of the whole one, but those that are done", () => {
  const stretches = cutStretches(100, 1);
  const all = cutLeaves(stretches, () => false);
  const done = new Set([3, 9]);
  const isDone = (shard: number) => all.some(({ from, to }, i) => done.has(i) && from <= shard && shard < to);
  expect(cutLeaves(stretches, isDone)).toEqual(all.filter((_, i) => !done.has(i)));
});

test.each([
  [1, 1, 1],
  [477, 2, 7],
  [477, 16, 1],
  [2048, 0, 4],
  [2048, 256, 1],
  [10_000, 1, 8],
  [10_000, 2048, 5],
  [131_072, 2048, 64],
  // 10 TB in shards of 16 MiB.
  [596_047, 2048, 73],
])("%d shards on %d threads: %d in a leaf", (shards, threads, size) => {
  expect(shardsOfLeaf(shards, threads)).toBe(size);
  expect(Math.ceil(shards / size)).toBeLessThanOrEqual(8192);
});

test("stretches hold all shards, large leaves first, the smallest ones last", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: 0, max: 4096 }), (shards, threads) => {
      const stretches = cutStretches(shards, threads);
      expect(stretches[0]?.from).toBe(0);
      expect(stretches.at(-1)).toMatchObject({ to: shards, size: shardsOfLeaf(shards, threads) });
      for (const [i, { from, to, size }] of stretches.entries()) {
        expect(to).toBeGreaterThanOrEqual(from);
        const next = stretches[i + 1];
        if (next) expect(next.from).toBe(to);
        if (next) expect(size).toBeGreaterThanOrEqual(next.size);
        if (next) expect((to - from) % size).toBe(0);
      }
    }),
    { seed: 7 },
  );
});

test("nodes over leaves", () => {
  expect(cutNodes(0)).toEqual([]);
  expect(cutNodes(FAN_IN + 1)).toEqual([
    { first: 0, end: FAN_IN },
    { first: FAN_IN, end: FAN_IN + 1 },
  ]);
});
