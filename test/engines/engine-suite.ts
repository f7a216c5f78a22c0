import { truncateSync } from "node:fs";
import { SCRATCH_BYTES } from "@normstream/kernel";
import { createInlineEngine, type Engine, PASS_FLAGS, type ShardResult, tensorIn } from "@normstream/pipeline";
import { NormstreamError } from "@normstream/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { scratchFiles, statisticsPass } from "./passes.js";

/** What every engine must do, whatever it runs shards on. */
export function engineSuite(name: string, make: () => Engine): void {
  describe(`the ${name} engine`, () => {
    const files = scratchFiles();
    const made: Engine[] = [];
    const engineOf = () => {
      const engine = make();
      made.push(engine);
      return engine;
    };
    afterAll(async () => {
      for (const engine of made) await engine[Symbol.asyncDispose]();
    });

    /** Rows of each shard, from an engine of its own. */
    async function rowsOf(
      engine: Engine,
      given: Awaited<ReturnType<typeof files.floats>>["source"],
      shardBytes: number,
      shuffle = false,
    ) {
      const { pass, tasks } = statisticsPass(engine, given, shardBytes);
      await engine.open(pass);
      const order = shuffle ? [...tasks].reverse() : tasks;
      const results = await Promise.all(order.map((task) => engine.run(task)));
      await engine.close(pass);
      return [...results].sort((a, b) => a.index - b.index);
    }
    const wave = (i: number) => Math.sin(i);
    const plain = ({ index, rect, rows }: ShardResult) => ({ index, rect, rows: [...(rows ?? [])] });

    test("says what it is", () => {
      const engine = engineOf();
      expect(["inline", "threads", "cluster"]).toContain(engine.name);
      expect(engine.threads).toBeGreaterThan(0);
      expect(engine.memoryBytes).toBeGreaterThan(0);
    });

    test("a shard's result depends on the shard alone: any number at a time, in any order", async () => {
      const { source } = await files.floats([50, 3, 300], wave);
      const expected = await rowsOf(createInlineEngine(), source, 4000);
      expect(expected.length).toBeGreaterThan(10);
      const engine = engineOf();
      expect((await rowsOf(engine, source, 4000)).map(plain)).toEqual(expected.map(plain));
      expect((await rowsOf(engine, source, 4000, true)).map(plain)).toEqual(expected.map(plain));
    });

    test("the same shard may be run again", async () => {
      const { source } = await files.floats([8, 3, 300], wave);
      const engine = engineOf();
      const { pass, tasks } = statisticsPass(engine, source);
      await engine.open(pass);
      const [task] = tasks;
      if (!task) throw new Error("a shard");
      const first = await engine.run(task);
      expect(plain(await engine.run(task))).toEqual(plain(first));
      await engine.close(pass);
    });

    test("passes over files and over memory, interleaved on one engine", async () => {
      const engine = engineOf();
      const { source: a } = await files.floats([30, 3, 300], wave);
      const { source: b } = await files.floats([700, 5, 7], (i) => i % 11);
      using c = tensorIn(engine, [40, 2, 256], "float32", {
        layout: "NCL",
        data: Array.from({ length: 40 * 512 }, (_, i) => wave(i)),
      });
      const passes = [a, b, c].map((source) => statisticsPass(engine, source, 3000));
      for (const { pass } of passes) await engine.open(pass);
      const tasks = passes.flatMap(({ tasks }) => tasks).sort((x, y) => x.index - y.index);
      const results = await Promise.all(tasks.map(async (task) => ({ pass: task.pass, result: await engine.run(task) })));
      for (const { pass } of passes) await engine.close(pass);
      const other = createInlineEngine();
      using d = tensorIn(other, [40, 2, 256], "float32", { layout: "NCL", data: c.data });
      for (const [i, source] of [a, b, d].entries()) {
        const own = results.filter(({ pass }) => pass === passes[i]?.pass.id).map(({ result }) => plain(result));
        const alone = await rowsOf(other, source as typeof a, 3000);
        expect(own.sort((x, y) => x.index - y.index)).toEqual(alone.map(plain));
      }
    });

    test("an error of a shard stands in its result, with its kind and place", async () => {
      const engine = engineOf();
      const { path, source } = await files.floats([50, 3, 300], wave);
      const { pass, tasks } = statisticsPass(engine, source, 4000);
      await engine.open(pass);
      const first = await engine.run(tasks[0] as (typeof tasks)[0]);
      expect(first.error).toBeUndefined();
      truncateSync(path, 10_000);
      const last = await engine.run(tasks.at(-1) as (typeof tasks)[0]);
      expect(last.error).toMatchObject({ kind: "data", message: expect.stringContaining(path) });
      // The engine goes on after it.
      expect((await engine.run(tasks[0] as (typeof tasks)[0])).error).toBeUndefined();
      await engine.close(pass);
    });

    test("a file that is gone when the pass opens: an error of ours, at open or in each result", async () => {
      const engine = engineOf();
      const { path, source } = await files.floats([5, 3, 300], wave);
      const { pass, tasks } = statisticsPass(engine, source);
      truncateSync(path, 0);
      let kind: string | undefined;
      try {
        await engine.open(pass);
        kind = (await engine.run(tasks[0] as (typeof tasks)[0])).error?.kind;
      } catch (error) {
        kind = (error as NormstreamError).kind;
      }
      expect(kind).toBe("data");
      await engine.close(pass);
      expect(await restingBytes(engine)).toBe(engine.threads * Math.ceil(SCRATCH_BYTES / 64) * 64);
    });

    test("the cancel flag stops a shard before its next block", async () => {
      const engine = engineOf();
      const { source } = await files.floats([50, 3, 300], wave);
      const { pass, tasks } = statisticsPass(engine, source);
      await engine.open(pass);
      Atomics.store(pass.flags, PASS_FLAGS.cancelled, 1);
      const results = await Promise.all(tasks.map((task) => engine.run(task)));
      expect(results.map(({ error }) => error?.kind)).toEqual(tasks.map(() => "aborted"));
      expect(Atomics.load(pass.flags, PASS_FLAGS.kibibytes)).toBe(0);
      await engine.close(pass);
    });

    test("close waits for the shards that still run", async () => {
      const engine = engineOf();
      const { source } = await files.zeros([64, 3, 30_000]);
      const { pass, tasks } = statisticsPass(engine, source, 1e6);
      await engine.open(pass);
      let settled = 0;
      const running = tasks.map((task) => engine.run(task).then((result) => (result.error ? 0 : settled++)));
      await engine.close(pass);
      expect(settled).toBe(tasks.length);
      await Promise.all(running);
    });

    test("memory that a pass took is given back when it closes", async () => {
      const engine = engineOf();
      using x = tensorIn(engine, [40, 2, 256], "float32", {
        layout: "NCL",
        data: Array.from({ length: 40 * 512 }, (_, i) => wave(i)),
      });
      const { pass, tasks } = statisticsPass(engine, x, 3000);
      const before = await restingBytes(engine, x.byteLength);
      await engine.open(pass);
      await Promise.all(tasks.map((task) => engine.run(task)));
      await engine.close(pass);
      expect(engine.heap.bytesInUse).toBe(before);
    });

    test("a pass that was not opened is refused, and the engine goes on", async () => {
      const engine = engineOf();
      const { source } = await files.floats([5, 3, 300], wave);
      const { pass, tasks } = statisticsPass(engine, source);
      const task = tasks[0] as (typeof tasks)[0];
      const refused = engine.run(task).then(
        ({ error }) => error?.kind,
        (error: NormstreamError) => error.kind,
      );
      expect(await refused).toBe("internal");
      await engine.open(pass);
      expect((await engine.run(task)).error).toBeUndefined();
      await engine.close(pass);
      await engine.close(pass);
    });

    test("disposed of while a pass runs: its shards end as aborted", async () => {
      const engine = make();
      const { source } = await files.zeros([64, 3, 30_000]);
      const { pass, tasks } = statisticsPass(engine, source, 1e6);
      await engine.open(pass);
      const running = tasks.map((task) => engine.run(task));
      await engine[Symbol.asyncDispose]();
      const results = await Promise.all(running);
      expect(results.at(-1)?.error?.kind).toBe("aborted");
      await engine.close(pass);
    });

    test("disposed of: twice does no harm, and nothing opens on it", async () => {
      const engine = engineOf();
      const { source } = await files.floats([5, 3, 300], wave);
      const { pass } = statisticsPass(engine, source);
      await engine[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      await expect(engine.open(pass)).rejects.toBeInstanceOf(NormstreamError);
    });
  });
}

/** What an engine's heap holds once all of its threads have said hello and nothing is on its way. */
export async function restingBytes(engine: Engine, tensorBytes = 0): Promise<number> {
  const wake = () => new Promise((resolve) => setTimeout(resolve, 20));
  while (engine.heap.bytesInUse < tensorBytes + engine.threads * SCRATCH_BYTES) await wake();
  for (let last = -1; last !== engine.heap.bytesInUse; ) {
    last = engine.heap.bytesInUse;
    await wake();
  }
  return engine.heap.bytesInUse;
}
