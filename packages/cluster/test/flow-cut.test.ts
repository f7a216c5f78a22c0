import fc from "fast-check";
import { expect, test } from "vitest";
import { cutLeaves, cutNodes, FAN_IN, leafEnds } from "../src/flow-cut.js";

test("leaves hold each shard that is not finished once, in order, and no other; none goes over a line", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 300 }), fc.integer({ min: 0, max: 9 }), (finished, threads) => {
      const ends = leafEnds(finished.length, threads);
      const leaves = cutLeaves(ends, (i) => finished[i] === true);
      const shards = leaves.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
      expect(shards).toEqual([...finished.keys()].filter((i) => !finished[i]));
      for (const { from, to } of leaves) expect(ends.find((end) => end > from)).toBeGreaterThanOrEqual(to);
    }),
    { seed: 7 },
  );
});

test("a resumed run has the leaves of the whole one, but those that are done", () => {
  const ends = leafEnds(100, 1);
  const all = cutLeaves(ends, () => false);
  const done = new Set([3, 9]);
  const isDone = (shard: number) => all.some(({ from, to }, i) => done.has(i) && from <= shard && shard < to);
  expect(cutLeaves(ends, isDone)).toEqual(all.filter((_, i) => !done.has(i)));
});

test("leaves get smaller, and never many", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.integer({ min: 0, max: 4096 }), (shards, threads) => {
      const sizes = leafEnds(shards, threads).map((end, i, ends) => end - (ends[i - 1] ?? 0));
      expect(sizes.reduce((a, b) => a + b, 0)).toBe(shards);
      for (const [i, size] of sizes.entries()) expect(size).toBeLessThanOrEqual(sizes[i - 1] ?? size);
      expect(sizes.length).toBeLessThanOrEqual(8192);
    }),
    { seed: 7, numRuns: 50 },
  );
});

test.each([
  [1, 1, [1]],
  [10, 1, [3, 2, 2, 1, 1, 1]],
  [4, 16, [1, 1, 1, 1]],
])("%d shards on %d threads: %j", (shards, threads, sizes) => {
  expect(leafEnds(shards, threads).map((end, i, ends) => end - (ends[i - 1] ?? 0))).toEqual(sizes);
});

test.each([
  [242, 2, 16, 1, 33],
  [10_000, 1, 16, 5, 629],
  // 10 TB in shards of 32 MiB.
  [298_024, 2048, 64, 64, 4657],
])("%d shards on %d threads: leaves of %d to %d shards, %d of them", (shards, threads, most, least, count) => {
  const sizes = leafEnds(shards, threads).map((end, i, ends) => end - (ends[i - 1] ?? 0));
  expect([sizes[0], sizes.at(-2), sizes.length]).toEqual([most, least, count]);
});

test("nodes over leaves", () => {
  expect(cutNodes(0)).toEqual([]);
  expect(cutNodes(FAN_IN + 1)).toEqual([
    { first: 0, end: FAN_IN },
    { first: FAN_IN, end: FAN_IN + 1 },
  ]);
});
