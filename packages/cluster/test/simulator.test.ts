import { expect, test } from "vitest";
import { ShardClock } from "../src/shard-times.js";
import { planClusters, sampledMs, simulateRun } from "../src/simulator.js";

const none = {
  startMs: 0,
  workerMs: 0,
  addMs: 0,
  leafMs: 0,
  handMs: 0,
  mergeMs: 0,
  redisBytes: 0,
  redisBytesOfLeaf: 0,
  commandsOfLeaf: 0,
  commandsOfSecond: 0,
};

test.each([
  [1, 1, 1000],
  [4, 1, 250],
  [4, 5, 50],
])("%d workers of %d threads: work is shared", (workers, threads, makespanMs) => {
  const plan = simulateRun({ shards: 100, shardMs: () => 10, workers, threads }, none);
  expect(plan.makespanMs).toBeCloseTo(makespanMs, 9);
  expect(plan.utilization).toBeCloseTo(1, 9);
});

test("the longest shard bounds a run, however many workers there are", () => {
  const shardMs = (i: number) => (i === 0 ? 500 : 1);
  expect(simulateRun({ shards: 100, shardMs, workers: 256, threads: 1 }, none).makespanMs).toBe(500);
});

test("the coordinator's merging bounds a run", () => {
  const plan = simulateRun({ shards: 1000, shardMs: () => 1, workers: 256, threads: 8 }, { ...none, mergeMs: 0.5 });
  expect(plan.makespanMs).toBeGreaterThanOrEqual(500);
});

test("threads beyond the cores share them", () => {
  const plan = simulateRun({ shards: 100, shardMs: () => 10, workers: 4, threads: 1, cores: 2 }, none);
  expect(plan.makespanMs).toBeCloseTo(500, 9);
});

test("cores that share a memory: shards take longer where all of them work", () => {
  const run = { shards: 100, shardMs: () => 10, threads: 1, cores: 2, contention: 1.5 };
  expect(simulateRun({ ...run, workers: 1 }, none).makespanMs).toBeCloseTo(1000, 9);
  expect(simulateRun({ ...run, workers: 2 }, none).makespanMs).toBeCloseTo(750, 9);
});

test("10 TB: more workers take less time, until the coordinator cannot follow; Redis stays small", () => {
  const times = { shards: 1000, bytes: 1000 * 2 ** 24, meanMs: 9, ms: [5, 6, 7, 8, 8, 9, 9, 10, 11, 12, 30] };
  const plans = planClusters(10e12, times, { threads: 8 });
  expect(plans.map(({ workers }) => workers)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
  const spans = plans.map(({ makespanMs }) => makespanMs);
  expect(spans).toEqual([...spans].sort((a, b) => b - a));
  for (const { redisBytes } of plans) expect(redisBytes).toBeLessThan(200e6);
});

test("times are drawn as they were measured", () => {
  const ms = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  const draw = sampledMs({ shards: 1, bytes: 1, meanMs: 6, ms });
  const drawn = Array.from({ length: 10_000 }, (_, i) => draw(i));
  expect(drawn.reduce((a, b) => a + b) / drawn.length).toBeCloseTo(6, 2);
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(1);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(11);
});

test("a clock keeps tenths in bounded memory", () => {
  const clock = new ShardClock();
  expect(clock.times()).toBeNull();
  for (let i = 0; i < 100_000; i++) clock.add(2, 10, 2 * (i % 101));
  const times = clock.times();
  expect(times).toMatchObject({ shards: 200_000, bytes: 1_000_000 });
  for (const [i, ms] of (times?.ms ?? []).entries()) expect(Math.abs(ms - 10 * i)).toBeLessThan(2);
});
