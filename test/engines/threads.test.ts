import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { openTensor } from "@normstream/formats";
import { SCRATCH_BYTES } from "@normstream/kernel";
import {
  createInlineEngine,
  type Engine,
  normalizeToTensor,
  PASS_FLAGS,
  statistics$,
  statisticsOf,
  tensorIn,
} from "@normstream/pipeline";
import { createThreadEngine, type ThreadEngine } from "@normstream/pool";
import { NormstreamError } from "@normstream/tensor";
import { lastValueFrom, takeUntil, timer } from "rxjs";
import { afterAll, describe, expect, test } from "vitest";
import { engineSuite, restingBytes } from "./engine-suite.js";
import { scratchFiles, statisticsPass } from "./passes.js";

const dist = new URL("../../packages/normstream/dist/", import.meta.url);
const workerUrl = new URL("worker.js", dist);

for (const threads of [1, 3]) engineSuite(`thread (${threads} threads)`, () => createThreadEngine({ workerUrl, threads }));

const files = scratchFiles();
const wave = (i: number) => Math.sin(i) + (i % 7);
const engines: ThreadEngine[] = [];
const engineOf = (threads = 2) => {
  const engine = createThreadEngine({ workerUrl, threads });
  engines.push(engine);
  return engine;
};
afterAll(async () => {
  for (const engine of engines) await engine[Symbol.asyncDispose]();
});

/** The engine, but after every `every`-th shard that is begun some threads are killed. */
function killing(engine: ThreadEngine, every: number, howMany = 1): Engine {
  let begun = 0;
  return {
    name: engine.name,
    threads: engine.threads,
    memoryBytes: engine.memoryBytes,
    heap: engine.heap,
    open: (pass) => engine.open(pass),
    close: (pass) => engine.close(pass),
    run(task) {
      const result = engine.run(task);
      if (++begun % every === 0) for (const thread of engine.piscina.threads.slice(0, howMany)) void thread.terminate();
      return result;
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

async function gzipped(shape: readonly number[]) {
  const path = join(files.folder, `${shape.join("x")}.idx.gz`);
  const data = Buffer.alloc(4 * shape.reduce((a, b) => a * b));
  for (let i = 0; i < data.length / 4; i++) data.writeFloatBE(Math.fround(wave(i)), 4 * i);
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = 0x0d;
  header[3] = shape.length;
  for (const [axis, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * axis);
  writeFileSync(path, gzipSync(Buffer.concat([header, data]), { level: 1 }));
  return await openTensor(path, { layout: "NCL" });
}

describe("a thread that dies in the middle", () => {
  test("of a file: its shards are run again, and the digest is the same", async () => {
    const { source } = await files.floats([120, 3, 300], wave);
    using expected = await statisticsOf(source, createInlineEngine());
    using found = await statisticsOf(source, killing(engineOf(2), 9), { shardBytes: 8000 });
    expect(found.digest).toBe(expected.digest);
    expect(found.facts.bytes).toBe(expected.facts.bytes);
  });

  test("of a tensor in memory", async () => {
    const engine = engineOf(2);
    const data = Float32Array.from({ length: 120 * 900 }, (_, i) => wave(i));
    using x = tensorIn(engine, [120, 3, 300], "float32", { layout: "NCL", data });
    const inline = createInlineEngine();
    using y = tensorIn(inline, [120, 3, 300], "float32", { layout: "NCL", data });
    using expected = await statisticsOf(y, inline);
    using found = await statisticsOf(x, killing(engine, 9), { shardBytes: 8000 });
    expect(found.digest).toBe(expected.digest);
    // What dead threads had of the heap is free again: a scratch for each that lives is left.
    const scratch = () => engine.piscina.threads.length * Math.ceil(SCRATCH_BYTES / 64) * 64;
    await expect.poll(() => engine.heap.bytesInUse - scratch(), { timeout: 10_000 }).toBe(x.byteLength);
  });

  test("while normalizing", async () => {
    const { source } = await files.floats([120, 3, 300], wave);
    const hash = (data: ArrayBufferView) =>
      createHash("sha256")
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
        .digest("hex");
    using expected = await normalizeToTensor(source, createInlineEngine(), { by: "batch" });
    using found = await normalizeToTensor(source, killing(engineOf(2), 9), { by: "batch" }, { shardBytes: 8000 });
    expect(hash(found.data)).toBe(hash(expected.data));
  });

  test("of what changes its own input: one clear error, since it cannot be run again", async () => {
    const engine = engineOf(2);
    using x = tensorIn(engine, [120, 3, 300], "float32", {
      layout: "NCL",
      data: Float32Array.from({ length: 120 * 900 }, (_, i) => wave(i)),
    });
    const run = normalizeToTensor(x, killing(engine, 2, 2), { by: "instance" }, { into: x, shardBytes: 4000 });
    await expect(run).rejects.toMatchObject({ kind: "internal", message: expect.stringContaining("died") });
  });

  test("with nothing to do: the next pass does not notice", async () => {
    const engine = engineOf(2);
    const { source } = await files.floats([20, 3, 300], wave);
    using before = await statisticsOf(source, engine);
    await Promise.all(engine.piscina.threads.map((thread) => thread.terminate()));
    using after = await statisticsOf(source, engine);
    expect(after.digest).toBe(before.digest);
  });

  test("all of them, again and again: one clear error, and no wait", async () => {
    const { source } = await files.floats([120, 3, 300], wave);
    const engine = engineOf(2);
    const killed = new WeakSet<object>();
    const stop = setInterval(() => {
      for (const thread of engine.piscina.threads.filter((thread) => !killed.has(thread))) {
        killed.add(thread);
        void thread.terminate();
      }
    }, 1);
    try {
      await expect(statisticsOf(source, engine, { shardBytes: 1 })).rejects.toMatchObject({
        name: "NormstreamError",
        kind: "internal",
      });
    } finally {
      clearInterval(stop);
    }
  });

  test("a worker that cannot start", async () => {
    const broken = join(files.folder, "broken-worker.mjs");
    writeFileSync(broken, 'throw new Error("this worker is broken");');
    const { source } = await files.floats([20, 3, 300], wave);
    for (const url of [pathToFileURL(broken), pathToFileURL(join(files.folder, "missing-worker.mjs"))]) {
      const engine = createThreadEngine({ workerUrl: url, threads: 2 });
      await expect(statisticsOf(source, engine)).rejects.toMatchObject({ name: "NormstreamError", kind: "internal" });
      await engine[Symbol.asyncDispose]();
    }
  });
});

test("the cancel flag stops a thread in the middle of a shard, at its next block", async () => {
  const engine = engineOf(1);
  const { source } = await files.zeros([1, 1, 100_000_000]);
  const { pass, tasks } = statisticsPass(engine, source, 500e6);
  expect(tasks).toHaveLength(1);
  await engine.open(pass);
  const running = engine.run(tasks[0] as (typeof tasks)[0]);
  while (Atomics.load(pass.flags, PASS_FLAGS.kibibytes) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  Atomics.store(pass.flags, PASS_FLAGS.cancelled, 1);
  expect((await running).error?.kind).toBe("aborted");
  expect(Atomics.load(pass.flags, PASS_FLAGS.kibibytes)).toBeLessThan(350_000);
  await engine.close(pass);
});

describe("stopping gives all memory back", () => {
  const sources = [
    { name: "a file", open: async () => (await files.floats([400, 3, 3000], wave)).source },
    { name: "a compressed stream", open: () => gzipped([400, 3, 3000]) },
  ];
  for (const { name, open } of sources) {
    test(`by unsubscribing: ${name}`, async () => {
      const engine = engineOf(2);
      const source = await open();
      using warm = await statisticsOf(source, engine, { shardBytes: 200_000 });
      const before = await restingBytes(engine);
      const stopped = statistics$(source, engine, { shardBytes: 20_000 }).pipe(takeUntil(timer(5)));
      await lastValueFrom(stopped, { defaultValue: undefined });
      // Unsubscribing does not wait for what it stops.
      await expect.poll(() => engine.heap.bytesInUse, { timeout: 10_000 }).toBe(before);
      using again = await statisticsOf(source, engine, { shardBytes: 200_000 });
      expect(again.digest).toBe(warm.digest);
      expect(await restingBytes(engine)).toBe(before);
    });

    test(`by a signal: ${name}`, async () => {
      const engine = engineOf(2);
      const source = await open();
      using warm = await statisticsOf(source, engine, { shardBytes: 200_000 });
      const before = await restingBytes(engine);
      for (const delayMs of [0, 2, 7]) {
        const stop = new AbortController();
        setTimeout(() => stop.abort(new Error("enough")), delayMs);
        const run = statisticsOf(source, engine, { shardBytes: 4000, signal: stop.signal });
        await expect(run).rejects.toMatchObject({ kind: "aborted" });
        expect(await restingBytes(engine)).toBe(before);
      }
      await expect(statisticsOf(source, engine, { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "aborted" });
      using again = await statisticsOf(source, engine);
      expect(again.digest).toBe(warm.digest);
    });
  }
});

test("many passes leave no memory behind", async () => {
  const engine = engineOf(2);
  const source = await gzipped([100, 3, 300]);
  using first = await statisticsOf(source, engine);
  const before = await restingBytes(engine);
  for (let i = 0; i < 30; i++) {
    using again = await statisticsOf(source, engine, { shardBytes: 1 + 3000 * i });
    expect(again.digest).toBe(first.digest);
    using y = await normalizeToTensor(source, engine, { by: i % 2 ? "instance" : "batch" });
    expect(y.shape).toEqual([100, 3, 300]);
  }
  expect(await restingBytes(engine)).toBe(before);
});

describe("a process ends by itself once the pool is disposed of", () => {
  const run = (body: string) => {
    const script = `import { computeStatistics, createPool, normalize, tensor } from ${JSON.stringify(new URL("index.js", dist).href)};
const pool = createPool({ threads: 2 });
const x = tensor([40, 3, 300], "float32", { pool });
x.data.fill(1);
${body}
await pool[Symbol.asyncDispose]();
const left = () => process.getActiveResourcesInfo().filter((name) => name === "MessagePort" || name === "Worker").length;
// Ports close in a later turn.
for (let i = 0; i < 100 && left() > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
console.log(left());`;
    return spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: fileURLToPath(dist),
      encoding: "utf8",
      timeout: 15_000,
    });
  };
  test.each([
    ["with nothing done", ""],
    ["after a pass", "await computeStatistics(x, { pool });"],
    [
      "after a pass was stopped",
      "const stop = new AbortController(); setTimeout(() => stop.abort(), 1); await computeStatistics(x, { pool, shardBytes: 1, signal: stop.signal }).catch(() => {});",
    ],
    [
      "after a thread died",
      "await computeStatistics(x, { pool }); await pool.piscina.threads[0].terminate(); await computeStatistics(x, { pool });",
    ],
    [
      "while a pass runs",
      "computeStatistics(x, { pool, shardBytes: 1 }).catch(() => {}); await new Promise((r) => setTimeout(r, 2));",
    ],
  ])("%s", (_, body) => {
    const { status, signal, stdout, stderr } = run(body);
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
    expect(stdout.trim()).toBe("0");
  });
});

test("errors of ours cross the thread whole", async () => {
  const { source } = await files.floats([20, 3, 300], (i) => (i === 4567 ? Number.NaN : 1));
  let error: unknown;
  try {
    await statisticsOf(source, engineOf(1), { nan: "error", shardBytes: 1000 });
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(NormstreamError);
  expect(error).toMatchObject({ kind: "data", details: { sample: 5, channel: 0 } });
});
