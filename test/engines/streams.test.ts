import { Readable } from "node:stream";
import { SCRATCH_BYTES } from "@normstream/kernel";
import {
  applyLayer,
  BatchNorm,
  computeStatistics,
  createPool,
  fromBytes,
  fromTensors,
  mergeMoments,
  momentsOf,
  type Pool,
  shard,
  standardize,
  type Tensor,
  tensor,
  windowed,
} from "normstream";
import { firstValueFrom, lastValueFrom, map, Subject, take, tap, toArray } from "rxjs";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

const pools = { inline: createPool({ threads: 0 }), threads: createPool({ threads: 2 }) };
afterAll(async () => {
  for (const pool of Object.values(pools)) await pool[Symbol.asyncDispose]();
});
const bytesInUse = (pool: Pool) => (pool as unknown as { heap: { bytesInUse: number } }).heap.bytesInUse;

const SHAPE = [6, 3, 40, 40] as const;
const LENGTH = 6 * 3 * 1600;
const fill = (x: Tensor, k: number) => {
  const { data } = x;
  for (let i = 0; i < data.length; i++) data[i] = Math.sin(i * 0.37 + k) * (1 + k) + k * 3;
  return x;
};
const batch = (pool: Pool, k: number) => fill(tensor(SHAPE, "float32", { pool }), k);

/** Batches made when they are asked for, and how many were. */
function producer(pool: Pool, count: number) {
  const state = { made: 0, ended: false };
  async function* make() {
    try {
      for (let k = 0; k < count; k++) {
        state.made++;
        yield batch(pool, k);
      }
    } finally {
      state.ended = true;
    }
  }
  return { state, source: make() };
}

/** Copies what comes, and gives the tensor back. */
const copied = map((x: Tensor) => {
  const values = Float32Array.from(x.data);
  x[Symbol.dispose]();
  return values;
});

describe.each(Object.entries(pools))("%s", (_, pool) => {
  let baseline = 0;
  beforeAll(async () => {
    // Threads take memory of their own when they have started, one maybe after the other has done all of a pass.
    using x = batch(pool, 0);
    for (let k = 0; k < 3; k++) (await computeStatistics(x, { pool }))[Symbol.dispose]();
    await vi.waitFor(() => expect(bytesInUse(pool) - x.byteLength).toBeGreaterThanOrEqual(pool.threads * SCRATCH_BYTES), 10_000);
  });
  beforeEach(() => {
    baseline = bytesInUse(pool);
  });
  const isClean = () => expect(bytesInUse(pool)).toBe(baseline);

  test("applyLayer: the outputs and averages of the layer called by hand, in order", async () => {
    const layer = new BatchNorm(3, { pool });
    const outputs = await lastValueFrom(fromTensors(producer(pool, 5).source).pipe(applyLayer(layer), copied, toArray()));
    const byHand = new BatchNorm(3, { pool });
    for (let k = 0; k < 5; k++) {
      using x = batch(pool, k);
      using y = await byHand.forward(x);
      expect(outputs[k]).toEqual(Float32Array.from(y.data));
    }
    expect(layer.stateDict()).toEqual(byHand.stateDict());
    isClean();
  });

  test("applyLayer of another dtype gives new tensors, which take the places of the old ones", async () => {
    const layer = new BatchNorm(1, { pool });
    function* integers() {
      for (let k = 0; k < 9; k++) yield tensor([4, 1, 5], "uint8", { pool, data: Array.from({ length: 20 }, (_, i) => i * k) });
    }
    const alive: number[] = [];
    const held: Tensor[] = [];
    const giveBack = () => {
      for (const x of held.splice(0)) x[Symbol.dispose]();
    };
    const stream = fromTensors(integers(), { maxInFlight: 2 }).pipe(
      applyLayer(layer),
      tap((y) => {
        held.push(y);
        alive.push(held.length);
        if (held.length === 2) setTimeout(giveBack, 5);
      }),
      map(({ dtype }) => dtype),
      toArray(),
    );
    expect(await lastValueFrom(stream)).toEqual(Array(9).fill("float32"));
    expect(Math.max(...alive)).toBe(2);
    giveBack();
    isClean();
  });

  test("back pressure: the producer is asked for no more than maxInFlight beyond what was given back", async () => {
    const { state, source } = producer(pool, 20);
    let consumed = 0;
    let most = 0;
    await new Promise<void>((resolve, reject) => {
      fromTensors(source, { maxInFlight: 3 })
        .pipe(applyLayer(new BatchNorm(3, { pool })))
        .subscribe({
          next(y) {
            setTimeout(
              () => {
                most = Math.max(most, state.made - consumed);
                consumed++;
                y[Symbol.dispose]();
              },
              4 * (consumed % 3),
            );
          },
          error: reject,
          complete: () => setTimeout(resolve, 20),
        });
    });
    expect({ consumed, most }).toEqual({ consumed: 20, most: 3 });
    isClean();
  });

  test("unsubscribing returns the source and frees what waits within 100 ms", async () => {
    const { state, source } = producer(pool, 1000);
    const first = await firstValueFrom(fromTensors(source).pipe(applyLayer(new BatchNorm(3, { pool })), take(1)));
    first[Symbol.dispose]();
    const started = performance.now();
    while (bytesInUse(pool) !== baseline && performance.now() - started < 1000) await new Promise((r) => setTimeout(r, 1));
    expect(performance.now() - started).toBeLessThan(100);
    isClean();
    expect(state.ended).toBe(true);
    expect(state.made).toBeLessThan(8);
  });

  test("the signal ends the stream with an error, and stops the source", async () => {
    const stop = new AbortController();
    const { state, source } = producer(pool, 1000);
    const stream = fromTensors(source).pipe(applyLayer(new BatchNorm(3, { pool }), { signal: stop.signal }), copied);
    const ended = lastValueFrom(stream.pipe(tap(() => stop.abort())));
    await expect(ended).rejects.toMatchObject({ kind: "aborted" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(state.ended).toBe(true);
    isClean();
    await expect(lastValueFrom(fromTensors([], { signal: AbortSignal.abort() }))).rejects.toMatchObject({ kind: "aborted" });
  });

  test("a batch that does not fit says which one it was; nothing is left", async () => {
    function* mixed() {
      yield batch(pool, 0);
      yield batch(pool, 1);
      yield fill(tensor([6, 4, 40, 40], "float32", { pool }), 2);
      yield batch(pool, 3);
    }
    const stream = fromTensors(mixed()).pipe(applyLayer(new BatchNorm(3, { pool })), copied, toArray());
    await expect(lastValueFrom(stream)).rejects.toMatchObject({
      kind: "usage",
      details: { batch: 2 },
      message: expect.stringMatching(/^batch 2: a tensor of shape \[6, 4, 40, 40\] .*4/),
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    isClean();
  });

  test("a disposed tensor, and one of another pool", async () => {
    const gone = batch(pool, 0);
    gone[Symbol.dispose]();
    const layer = new BatchNorm(3, { pool });
    await expect(lastValueFrom(fromTensors([gone]).pipe(applyLayer(layer)))).rejects.toThrow(
      "batch 0: a tensor was disposed of by who gave it to the stream",
    );
    const other = createPool({ threads: 0 });
    await expect(lastValueFrom(fromTensors([batch(other, 0)]).pipe(applyLayer(layer)))).rejects.toThrow("another pool");
    isClean();
  });

  test("a hot source that does not wait ends in an error that says so", async () => {
    const hot = new Subject<Tensor>();
    const ended = lastValueFrom(hot.pipe(applyLayer(new BatchNorm(3, { pool }), { maxInFlight: 3 })));
    for (let k = 0; k < 4; k++) hot.next(batch(pool, k));
    await expect(ended).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining("does not wait gave more than 3 tensors"),
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    isClean();
  });

  test("momentsOf, windowed and mergeMoments agree with the statistics of all data", async () => {
    const all = tensor([30, 3, 40, 40], "float32", { pool });
    for (let k = 0; k < 5; k++) {
      using x = batch(pool, k);
      all.data.set(x.data as Float32Array, k * LENGTH);
    }
    using expected = await computeStatistics(all, { pool });
    all[Symbol.dispose]();
    const snapshots = await lastValueFrom(
      fromTensors(producer(pool, 5).source).pipe(momentsOf({ pool, everyBatches: 2 }), toArray()),
    );
    expect(snapshots.map(({ batches, samples }) => [batches, samples])).toEqual([
      [2, 12],
      [4, 24],
      [5, 30],
    ]);
    const last = snapshots.at(-1)?.moments;
    for (const c of [0, 1, 2]) {
      expect(last?.mean[c]).toBeCloseTo(expected.mean[c] as number, 12);
      expect(last?.variance[c]).toBeCloseTo(expected.variance[c] as number, 11);
      expect(last?.min[c]).toBe(expected.moments.min[c]);
    }
    const parts = await lastValueFrom(fromTensors(producer(pool, 5).source).pipe(windowed({ pool, size: 1 }), toArray()));
    const merged = await lastValueFrom(fromShuffled(parts).pipe(mergeMoments()));
    expect(merged.rows).toEqual(snapshots.at(-1)?.rows);
    isClean();
  });

  test("standardize: cumulative statistics are those of all that has come", async () => {
    const outputs = await lastValueFrom(
      fromTensors(producer(pool, 3).source).pipe(standardize({ pool, eps: 0 }), copied, toArray()),
    );
    const seen: number[][] = [[], [], []];
    for (let k = 0; k < 3; k++) {
      using x = batch(pool, k);
      const values = Array.from(x.data);
      for (const [i, value] of values.entries()) seen[Math.floor(i / 1600) % 3]?.push(value);
      const channel = seen[1] as number[];
      const mean = channel.reduce((a, b) => a + b, 0) / channel.length;
      const variance = channel.reduce((a, b) => a + (b - mean) ** 2, 0) / channel.length;
      expect(outputs[k]?.[1600]).toBeCloseTo(((values[1600] as number) - mean) / Math.sqrt(variance), 5);
    }
    isClean();
  });

  test("standardize with momentum forgets: a level that stays becomes 0", async () => {
    function* level() {
      for (let k = 0; k < 60; k++) {
        yield tensor([4, 1, 2], "float64", {
          pool,
          data: Float64Array.from({ length: 8 }, (_, i) => (k < 3 ? 0 : 100) + (i % 2)),
        });
      }
    }
    const outputs = await lastValueFrom(
      fromTensors(level()).pipe(
        standardize({ pool, momentum: 0.3 }),
        map((x) => {
          const mean = Array.from(x.data).reduce((a, b) => a + b, 0) / 8;
          x[Symbol.dispose]();
          return mean;
        }),
        toArray(),
      ),
    );
    expect(outputs[3]).toBeGreaterThan(1);
    expect(Math.abs(outputs[59] as number)).toBeLessThan(1e-3);
    isClean();
  });

  test("shard cuts along N without a copy; the whole is given back with its last part", async () => {
    const shapes: (readonly number[])[] = [];
    const layer = new BatchNorm(3, { pool });
    const values = await lastValueFrom(
      fromTensors(producer(pool, 2).source, { maxInFlight: 1 }).pipe(
        shard(4),
        tap((x) => shapes.push(x.shape)),
        applyLayer(layer),
        copied,
        toArray(),
      ),
    );
    expect(shapes.map(([n]) => n)).toEqual([4, 2, 4, 2]);
    expect(values.map(({ length }) => length)).toEqual([4, 2, 4, 2].map((n) => n * 4800));
    expect(layer.numBatchesTracked).toBe(4);
    isClean();
  });

  test("a part that is cut again is the stream's error", async () => {
    const stream = fromTensors(producer(pool, 2).source).pipe(shard(4), shard(2), copied);
    await expect(lastValueFrom(stream)).rejects.toMatchObject({
      kind: "usage",
      message: "batch 0: a part of a tensor cannot be cut again",
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    isClean();
  });
});

/** In another order than that in which they were made. */
const fromShuffled = <T>(parts: readonly T[]) => {
  const out = new Subject<T>();
  setTimeout(() => {
    for (const k of [3, 0, 4, 2, 1]) out.next(parts[k] as T);
    out.complete();
  });
  return out;
};

describe("sources", () => {
  const pool = pools.inline;
  const bytes = new Uint8Array(Float32Array.from({ length: 50 }, (_, i) => i).buffer);
  /** The bytes in pieces that end anywhere. */
  function* pieces() {
    for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
  }
  const batches = (source: Parameters<typeof fromBytes>[0]) =>
    lastValueFrom(fromBytes(source, { shape: [4, 5], dtype: "float32", pool }).pipe(copied, toArray()));

  test.each<[string, () => Parameters<typeof fromBytes>[0]]>([
    ["an iterable", () => pieces()],
    ["a Node stream", () => Readable.from(pieces())],
    ["a Web stream", () => Readable.toWeb(Readable.from(pieces())) as ReadableStream<Uint8Array>],
  ])("bytes from %s become tensors; the last one is shorter", async (_, make) => {
    const found = await batches(make());
    expect(found.map(({ length }) => length)).toEqual([20, 20, 10]);
    expect(found.flatMap((values) => Array.from(values))).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  test("bytes that end inside a sample are refused", async () => {
    await expect(batches([bytes.subarray(0, 93)])).rejects.toMatchObject({
      kind: "data",
      message: "batch 1: the bytes end inside a sample; expected a multiple of 20 bytes, found 13 bytes of the last one",
    });
  });

  test("a Web stream is cancelled and a Node stream destroyed when nobody wants more", async () => {
    let cancelled = false;
    const web = new ReadableStream<Tensor>(
      {
        pull: (controller) => controller.enqueue(batch(pool, 0)),
        cancel() {
          cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    (await firstValueFrom(fromTensors(web)))[Symbol.dispose]();
    const node = Readable.from(producer(pool, 100).source, { highWaterMark: 1 });
    (await firstValueFrom(fromTensors(node)))[Symbol.dispose]();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect([cancelled, node.destroyed]).toEqual([true, true]);
  });

  test("a source that throws ends the stream with its own error", async () => {
    async function* broken() {
      yield batch(pool, 0);
      throw new Error("the camera was unplugged");
    }
    const seen: Float32Array[] = [];
    const stream = fromTensors(broken()).pipe(
      copied,
      tap((x) => seen.push(x)),
    );
    await expect(lastValueFrom(stream)).rejects.toThrow("the camera was unplugged");
    expect(seen).toHaveLength(1);
  });

  test.each([0, -1, 1.5, Number.NaN])("maxInFlight %s is refused", (maxInFlight) => {
    expect(() => fromTensors([], { maxInFlight })).toThrow("expected a whole number of 1 or more");
    expect(() => applyLayer(new BatchNorm(1), { maxInFlight })).toThrow("expected a whole number of 1 or more");
  });
});
