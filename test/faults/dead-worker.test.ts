import { writeFileSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import { computeStatistics, createPool, NormstreamError, normalize, openTensor, type Pool, tensor } from "normstream";
import { beforeAll, describe, expect, test } from "vitest";
import { deflatedNpz, npy } from "./file-bytes.js";
import { scratchFolder } from "./scratch.js";

const scratch = scratchFolder();

/** 32 MB in shards of 256 KiB: a pass that lasts long enough for threads to die in it. */
const shape = [32, 4, 256, 256] as const;
const shardBytes = 1 << 18;
let bytes: Buffer;

beforeAll(() => {
  const values = Uint32Array.from({ length: 32 * 4 * 256 * 256 }, (_, i) => 0x3f800000 + (Math.imul(i, 2654435761) >>> 9));
  bytes = npy(new Uint8Array(values.buffer), { shape: `(${shape.join(", ")})` });
});

const open = () => {
  writeFileSync(scratch.path("a.npy"), bytes);
  return openTensor(scratch.path("a.npy"));
};

/** What stands behind a pool, and its public face does not show. */
interface Engine {
  readonly piscina: { readonly threads: readonly Worker[] };
  run(task: { readonly index: number }): Promise<unknown>;
}
const engineOf = (pool: Pool) => pool as unknown as Engine;

/** Ends a pool's first thread each time that one of these shards has been handed out, with others on their way. */
function killAt(pool: Pool, ...shards: readonly number[]): Promise<number>[] {
  const engine = engineOf(pool);
  const run = engine.run.bind(engine);
  const left = new Set(shards);
  const killed: Promise<number>[] = [];
  engine.run = (task) => {
    const result = run(task);
    const [worker] = engine.piscina.threads;
    if (worker && left.delete(task.index)) killed.push(worker.terminate());
    return result;
  };
  return killed;
}

describe("a worker that dies in the middle costs nothing but time", () => {
  test.each([
    ["one of 2 threads", 2, [9]],
    ["the only thread", 1, [9]],
    ["the first to start", 2, [0]],
    ["three threads, one after another", 2, [9, 40, 90]],
    ["two at once", 2, [9, 10]],
  ])("statistics: %s", async (_, threads, shards) => {
    const source = await open();
    const { digest, mean } = await computeStatistics(source);
    await using pool = createPool({ threads });
    const killed = killAt(pool, ...shards);
    using statistics = await computeStatistics(source, { pool, shardBytes });
    expect(killed).toHaveLength(shards.length);
    expect(statistics.digest).toBe(digest);
    expect([...statistics.mean]).toEqual([...mean]);
    await Promise.all(killed);
    using again = await computeStatistics(source, { pool, shardBytes });
    expect(again.digest).toBe(digest);
  });

  test("a stream, which cannot be read again", async () => {
    scratch.write("b.npz", deflatedNpz(bytes));
    const source = await openTensor(scratch.path("b.npz"));
    const { digest } = await computeStatistics(source);
    await using pool = createPool({ threads: 2 });
    const killed = killAt(pool, 9, 40);
    using statistics = await computeStatistics(source, { pool, shardBytes });
    expect(killed).toHaveLength(2);
    expect(statistics.digest).toBe(digest);
    await Promise.all(killed);
  });

  test.each(["npy", "npz"])("normalizing into .%s", async (extension) => {
    const source = await open();
    const [reference, output] = [scratch.path(`reference.${extension}`), scratch.path(`out.${extension}`)];
    await normalize(source, { by: "instance" }).to(reference);
    await using pool = createPool({ threads: 2 });
    const killed = killAt(pool, 9, 70);
    await normalize(source, { by: "instance" }).to(output, { pool, shardBytes });
    expect(killed).toHaveLength(2);
    expect(scratch.read(`out.${extension}`).equals(scratch.read(`reference.${extension}`))).toBe(true);
    await Promise.all(killed);
  });

  test("threads that die while there is nothing to do", async () => {
    const source = await open();
    const { digest } = await computeStatistics(source);
    await using pool = createPool({ threads: 2 });
    using before = await computeStatistics(source, { pool });
    await Promise.all(engineOf(pool).piscina.threads.map((worker) => worker.terminate()));
    using after = await computeStatistics(source, { pool });
    expect([before.digest, after.digest]).toEqual([digest, digest]);
  });
});

describe("where it cannot go on there is one error, and no waiting", () => {
  test("every thread dies, again and again", async () => {
    const source = await open();
    const pool = createPool({ threads: 2 });
    const seen = new WeakSet<Worker>();
    const timer = setInterval(() => {
      for (const worker of engineOf(pool).piscina.threads) {
        if (!seen.has(worker)) void worker.terminate();
        seen.add(worker);
      }
    }, 1);
    try {
      const failure = await normalize(source, { by: "batch" })
        .to(scratch.path("out.npy"), { pool, shardBytes })
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(NormstreamError);
      expect(failure).toMatchObject({
        kind: "internal",
        message: expect.stringMatching(
          /^the worker thread of shard \d+ died 3 times: .*\. If the machine is short of memory, use fewer threads or a smaller --memory\.$/,
        ),
      });
      expect(Object.keys(scratch.listing())).toEqual(["a.npy"]);
    } finally {
      clearInterval(timer);
      await pool[Symbol.asyncDispose]();
    }
  });

  test("a shard that changes its own input is not begun twice", async () => {
    await using pool = createPool({ threads: 1 });
    using x = tensor([64, 4, 256, 256], "float32", { pool });
    x.data.fill(1);
    const killed = killAt(pool, 9);
    const failure = await normalize(x, { by: "layer" })
      .toTensor({ pool, into: x, shardBytes })
      .catch((error: unknown) => error);
    expect(killed).toHaveLength(1);
    expect(failure).toMatchObject({ kind: "internal", message: expect.stringMatching(/^the worker thread of shard \d+ died: /) });
    using statistics = await computeStatistics(x, { pool });
    expect(statistics.samples).toBe(64);
  });

  test("the pool is disposed of in the middle", async () => {
    const source = await open();
    const pool = createPool({ threads: 2 });
    const engine = engineOf(pool);
    const run = engine.run.bind(engine);
    let disposed: PromiseLike<void> | undefined;
    engine.run = (task) => {
      const result = run(task);
      if (task.index === 9) disposed = pool[Symbol.asyncDispose]();
      return result;
    };
    const outcome = await computeStatistics(source, { pool, shardBytes }).catch((error: unknown) => error);
    expect(disposed).toBeDefined();
    expect(outcome).toBeInstanceOf(NormstreamError);
    expect(outcome).toMatchObject({ kind: "aborted" });
    await disposed;
  });
});
