import { describe, expect, test } from "vitest";
import { ShardTimes } from "../../src/build/shard-times.js";
import type { Timeline } from "../../src/report.js";

const timesOf = (shards: number, threads: number): Timeline => {
  const times = new ShardTimes();
  for (let i = 0; i < shards; i++) times.push({ thread: 7 + (i % threads), startMs: 1e12 + i * 2, endMs: 1e12 + i * 2 + 3 });
  return times.finish() as Timeline;
};

describe("the times of shards", () => {
  test("begin at 0, with threads numbered as they come", () => {
    const { shards, thread, startMs, endMs } = timesOf(4, 2);
    expect({ shards, thread: [...thread], startMs: [...startMs], endMs: [...endMs] }).toEqual({
      ...{ shards: 4, thread: [0, 1, 0, 1] },
      ...{ startMs: [0, 2, 4, 6], endMs: [3, 5, 7, 9] },
    });
  });

  test.each([256, 257, 1000, 100_000])(
    "of %i shards at most 256 stand, evenly spaced from the first to nearly the last",
    (count) => {
      const { shards, startMs } = timesOf(count, 3);
      expect(shards).toBe(count);
      expect(startMs.length).toBeLessThanOrEqual(256);
      expect(startMs.length).toBeGreaterThanOrEqual(128);
      const steps = startMs.map((start, i) => start - (startMs[i - 1] ?? start)).subarray(1);
      expect(new Set(steps).size).toBe(1);
      expect((startMs.at(-1) as number) + 2 * (steps[0] as number)).toBeGreaterThanOrEqual(2 * count);
    },
  );

  test("of none there is nothing", () => {
    expect(new ShardTimes().finish()).toEqual({ absent: "The times of shards were not recorded." });
  });
});
