import fc from "fast-check";
import { expect, test } from "vitest";
import { cutLeaves, cutNodes, FAN_IN, shardsOfLeaf } from "../src/flow-cut.js";

test("leaves hold each shard that is not finished once, in order, and no other", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 300 }), fc.integer({ min: 1, max: 9 }), (finished, size) => {
      const leaves = cutLeaves(finished.length, (i) => finished[i] === true, size);
      const shards = leaves.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
      expect(shards).toEqual([...finished.keys()].filter((i) => !finished[i]));
      for (const { from, to } of leaves) expect(Math.floor(from / size)).toBe(Math.floor((to - 1) / size));
    }),
    { seed: 7 },
  );
});

test("a resumed run has the leaves of the whole one, but those that are done", () => {
  const all = cutLeaves(100, () => false, 7);
  const done = new Set([3, 9]);
  const isDone = (shard: number) => all.some(({ from, to }, i) => done.has(i) && from <= shard && shard < to);
  expect(cutLeaves(100, isDone, 7)).toEqual(all.filter((_, i) => !done.has(i)));
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

test("nodes over leaves", () => {
  expect(cutNodes(0)).toEqual([]);
  expect(cutNodes(FAN_IN + 1)).toEqual([
    { first: 0, end: FAN_IN },
    { first: FAN_IN, end: FAN_IN + 1 },
  ]);
});
