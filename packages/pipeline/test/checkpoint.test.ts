import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTensor } from "@normstream/formats";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { Checkpoint } from "../src/checkpoint/checkpoint.js";
import { ShardLog } from "../src/checkpoint/shard-log.js";
import { decodeResult, encodeResult } from "../src/checkpoint/shard-record.js";
import { statisticsOf } from "../src/compute-statistics.js";
import type { Engine } from "../src/engine.js";
import { createInlineEngine } from "../src/inline-engine.js";
import type { ShardResult } from "../src/pass.js";

const folder = mkdtempSync(join(tmpdir(), "normstream-checkpoint-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(folder, `${count++}`);

const rect = { block: 0, blockEnd: 2, channel: 0, channelEnd: 3, leaf: 0, leafEnd: 1 };
const rowsOf = (seed: number, rows: number) => Float64Array.from({ length: rows * 8 }, (_, i) => Math.fround(seed * 1.37 + i));

const results: fc.Arbitrary<ShardResult> = fc.oneof(
  fc.record({ index: fc.nat(1000), bytes: fc.nat(), seed: fc.nat() }).map(({ index, bytes, seed }) => ({
    index,
    rect,
    bytes,
    rows: rowsOf(seed, 6),
  })),
  fc.record({ index: fc.nat(1000), levels: fc.uniqueArray(fc.nat(9), { minLength: 1 }) }).map(({ index, levels }) => ({
    index,
    rect,
    bytes: 7,
    nodes: levels.map((level) => ({ level, rows: rowsOf(level, 3) })),
    nonFinite: { sample: 1, channel: 2, position: 3, value: Number.NEGATIVE_INFINITY },
    missing: { count: 2, first: "c/0/1" },
  })),
  fc.record({ index: fc.nat(1000) }).map(({ index }) => ({
    index,
    rect,
    bytes: 7,
    written: [{ byteOffset: 5, byteLength: 6, crc: 7 }],
    nonFinite: { sample: 1, channel: 2, position: 3, value: Number.NaN },
  })),
);

test("a result is the same after it was kept", () => {
  fc.assert(
    fc.property(results, (result) => {
      expect(decodeResult(encodeResult(result))).toEqual(result);
    }),
    { seed: 1, numRuns: 100 },
  );
});

test("wherever a log is cut off, what was whole before the cut is there, and it can go on", async () => {
  const kept = fc.sample(results, { seed: 2, numRuns: 12 }).map((result, index) => ({ ...result, index }));
  const path = fresh();
  {
    await using log = new ShardLog(path, '{"a":1}');
    for (const result of kept) log.put(result);
  }
  const whole = readFileSync(path);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length }), fc.boolean(), (end, isDamaged) => {
      const copy = fresh();
      writeFileSync(copy, whole.subarray(0, end));
      if (isDamaged && end > 30) appendFileSync(copy, Buffer.from([9, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4]));
      const log = new ShardLog(copy, '{"a":1}');
      const found = kept.filter(({ index }) => log.has(index));
      // A prefix of what was written, and all of its results as they were.
      expect(found.map(({ index }) => index)).toEqual(kept.slice(0, found.length).map(({ index }) => index));
      for (const result of found) expect(log.take(result.index)).toEqual(result);
      for (const result of kept.slice(found.length)) log.put(result);
      expect(log.take(11)).toEqual(kept[11]);
      void log[Symbol.asyncDispose]();
    }),
    { seed: 3, numRuns: 60 },
  );
});

/** 300 samples of `[2, 20, 20]`, of which the last ones may not be read. */
function npy(samples = 300): string {
  const path = `${fresh()}.npy`;
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${samples}, 2, 20, 20), }`.padEnd(117);
  const values = Float32Array.from({ length: samples * 800 }, (_, i) => Math.sin(i * 0.37) * 100 + (i % 13));
  writeFileSync(path, Buffer.concat([Buffer.from(`\x93NUMPY\x01\x00\x76\x00${header}\n`, "latin1"), Buffer.from(values.buffer)]));
  return path;
}

const options = { shardBytes: 32_000, layout: "NCHW" } as const;

test("a run that was stopped goes on where it was, with the bits of one that was not", async () => {
  const path = npy();
  await using engine = createInlineEngine();
  await using source = await openTensor(path);
  using unbroken = await statisticsOf(source, engine, options);
  const checkpoint = fresh();
  const stop = new AbortController();
  const stopping: Engine = {
    name: "inline",
    threads: 1,
    memoryBytes: engine.memoryBytes,
    heap: engine.heap,
    open: (pass) => engine.open(pass),
    run(task) {
      if (task.index === 9) stop.abort();
      return engine.run(task);
    },
    close: (pass) => engine.close(pass),
    [Symbol.asyncDispose]: async () => {},
  };
  const stopped = statisticsOf(source, stopping, { ...options, checkpoint, signal: stop.signal });
  expect(await stopped.catch((error) => error.kind)).toBe("aborted");
  const before = readdirSync(checkpoint);
  expect(before).toEqual(["statistics.shards"]);
  // The same cut, whatever is asked for now.
  using resumed = await statisticsOf(source, engine, { ...options, shardBytes: 90_000, checkpoint });
  expect(resumed.digest).toBe(unbroken.digest);
  expect(resumed.moments).toEqual(unbroken.moments);
  expect(resumed.facts.bytes).toBe(unbroken.facts.bytes);
  expect(resumed.facts.resumedBytes).toBeGreaterThan(0);
  expect(resumed.facts.resumedBytes).toBeLessThan(unbroken.facts.bytes);
  // It is gone when the run is done.
  expect(() => readdirSync(checkpoint)).toThrow("ENOENT");
});

test("a checkpoint refuses another run, a changed input, a second process, and what cannot be read again", async () => {
  const path = npy();
  await using engine = createInlineEngine();
  await using source = await openTensor(path);
  const begin = async (checkpoint: string) => {
    const held = new Checkpoint(checkpoint);
    await statisticsOf(source, engine, { ...options, checkpoint: held, nan: "omit" });
    await held[Symbol.asyncDispose]();
    return checkpoint;
  };
  const folderOf = await begin(fresh());
  const refused = async (run: Promise<unknown>) => {
    const error = await run.then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    return [error.kind, error.message];
  };
  expect(await refused(statisticsOf(source, engine, { ...options, checkpoint: folderOf, nan: "error" }))).toEqual([
    "usage",
    expect.stringMatching(/of another run.*expected one whose nan is "error", not "omit"/),
  ]);
  writeFileSync(path, readFileSync(npy(301)));
  await using changed = await openTensor(path);
  expect(await refused(statisticsOf(changed, engine, { ...options, checkpoint: folderOf, nan: "omit" }))).toEqual([
    "usage",
    expect.stringMatching(/its input has changed/),
  ]);
  const stream = { ...source, storage: { kind: "stream", path, async *open() {} } as const };
  expect(await refused(statisticsOf(stream, engine, { ...options, checkpoint: folderOf }))).toEqual([
    "usage",
    expect.stringMatching(/a checkpoint does not go with an input that is read from first to last.*Unpack it first/),
  ]);
  await using held = new Checkpoint(folderOf);
  expect(() => new Checkpoint(held.folder)).toThrow(
    /another run uses this checkpoint; found|another run uses this checkpoint, found/,
  );
});

test("a lock of a process that is gone is taken over", async () => {
  const place = fresh();
  {
    await using first = new Checkpoint(place);
    writeFileSync(
      join(first.folder, "lock"),
      JSON.stringify({ host: (await import("node:os")).hostname(), process: 2 ** 22 + 7 }),
    );
    await using second = new Checkpoint(place);
    expect(second.folder).toBe(place);
  }
  expect(readdirSync(place)).toEqual([]);
});
