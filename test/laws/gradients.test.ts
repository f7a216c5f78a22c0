import { createHash } from "node:crypto";
import { BatchNorm, createPool, GroupNorm, InstanceNorm, LayerNorm, type Layout, type Pool, tensor } from "normstream";
import { afterAll, describe, expect, test } from "vitest";

const pools = {
  inline: createPool({ threads: 0 }),
  one: createPool({ threads: 1 }),
  two: createPool({ threads: 2 }),
  three: createPool({ threads: 3 }),
};
afterAll(async () => {
  for (const pool of Object.values(pools)) await pool[Symbol.asyncDispose]();
});

/** A leaf of the table is 8192 values. */
const LEAF_BYTES = 8192 * 4;

interface Way {
  readonly pool: Pool;
  /** Forward and backward alike; without it by the pass. */
  readonly shardBytes?: number;
}

/** Cuts that differ: by threads, and so by the number of shards and by which way batch norm takes; and down to a leaf. */
const ways: Record<string, Way> = {
  inline: { pool: pools.inline },
  "inline, shards of one leaf": { pool: pools.inline, shardBytes: LEAF_BYTES },
  "1 thread": { pool: pools.one },
  "2 threads": { pool: pools.two },
  "3 threads": { pool: pools.three },
  "3 threads, shards of one leaf": { pool: pools.three, shardBytes: LEAF_BYTES },
};

type Layer = BatchNorm | InstanceNorm | GroupNorm | LayerNorm;

// About a million elements each: four shards and more.
const cases: [string, readonly number[], Layout, (pool: Pool) => Layer][] = [
  ["batch norm NCHW, whole channels or not", [64, 4, 64, 64], "NCHW", (pool) => new BatchNorm(4, { pool })],
  ["batch norm NCHW, few samples", [3, 5, 256, 256], "NCHW", (pool) => new BatchNorm(5, { pool })],
  ["batch norm NCHW, small planes", [256, 96, 7, 7], "NCHW", (pool) => new BatchNorm(96, { pool })],
  ["batch norm NHWC", [16, 32, 32, 48], "NHWC", (pool) => new BatchNorm(48, { pool })],
  ["batch norm of a table", [20000, 50], "NC", (pool) => new BatchNorm(50, { pool })],
  ["instance norm NCHW", [4, 16, 128, 128], "NCHW", (pool) => new InstanceNorm(16, { pool, affine: true })],
  ["instance norm NHWC", [8, 128, 128, 7], "NHWC", (pool) => new InstanceNorm(7, { pool, affine: true })],
  ["group norm NCHW", [16, 32, 45, 45], "NCHW", (pool) => new GroupNorm(8, 32, { pool })],
  ["layer norm of short rows", [9000, 111], "NC", (pool) => new LayerNorm(111, { pool })],
  ["layer norm of long rows", [12, 3, 170, 170], "NCHW", (pool) => new LayerNorm([3, 170, 170], { pool })],
];

/** Numbers that look random: an input and a gradient. */
function dataOf(shape: readonly number[]) {
  const length = shape.reduce((a, b) => a * b, 1);
  return {
    x: Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7) * 3 + (i % 1013) * 1e-3),
    dy: Float32Array.from({ length }, (_, i) => Math.cos(i * 1.3) + ((i * 7919) % 101) * 1e-2),
  };
}

/** Everything that a step of training computes, as one digest. */
async function digestOf(
  { pool, ...cuts }: Way,
  shape: readonly number[],
  layout: Layout,
  data: ReturnType<typeof dataOf>,
  make: (pool: Pool) => Layer,
  training: boolean,
) {
  using x = tensor(shape, "float32", { pool, layout, data: data.x });
  using dy = tensor(shape, "float32", { pool, layout, data: data.dy });
  const layer = make(pool).train(training);
  layer.weight?.forEach((_, i, weight) => {
    weight[i] = 1 + Math.sin(i);
  });
  using y = await layer.forward(x, cuts);
  const { dx, dweight, dbias } = await layer.backward(dy, cuts);
  using gradient = dx;
  const hash = createHash("sha256");
  const running = "runningMean" in layer ? [layer.runningMean, layer.runningVar] : [];
  for (const values of [y.data, gradient.data, dweight, dbias, ...running]) {
    if (values) hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice());
  }
  return hash.digest("hex");
}

describe("forward, backward and running averages have the same bits on every engine, however they are cut", () => {
  test.each(cases)(
    "%s",
    async (_, shape, layout, make) => {
      const data = dataOf(shape);
      for (const training of [true, false]) {
        const digests: Record<string, string> = {};
        for (const [name, way] of Object.entries(ways)) digests[name] = await digestOf(way, shape, layout, data, make, training);
        expect(new Set(Object.values(digests)), JSON.stringify(digests)).toHaveProperty("size", 1);
      }
    },
    120_000,
  );
});
