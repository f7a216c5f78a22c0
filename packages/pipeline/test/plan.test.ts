import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTensor } from "@normstream/formats";
import { type DType, defaultLayout, geometryOf, itemSize, type Layout, regionSize, type StoredTensor } from "@normstream/tensor";
import fc from "fast-check";
import { afterAll, describe, expect, test, vi } from "vitest";
import {
  createInlineEngine,
  normalizeToFile,
  planNormalize,
  planStatistics,
  statisticsOf,
  workspaceBytes,
} from "../src/index.js";
import { planPass, type Work } from "../src/plan.js";
import { regionOf } from "../src/region.js";
import { EXECUTOR_BYTES } from "../src/shard-executor.js";
import { gridOf } from "../src/steps.js";

const folder = mkdtempSync(join(tmpdir(), "normstream-plan-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function described(
  shape: readonly number[],
  layout: Layout,
  dtype: DType,
  kind: "file" | "stream" | "memory",
  order: "C" | "F" = "C",
): StoredTensor {
  const storage =
    kind === "file"
      ? { kind, path: "x", byteOffset: 0, identity: { size: 0, mtimeMs: 0, inode: 0 } }
      : kind === "stream"
        ? { kind, open: async function* () {} }
        : { kind, byteOffset: 64 };
  return { name: "x", shape, dtype, layout, order, bigEndian: false, storage };
}

const engines = [8e6, 64e6, 512e6].flatMap((memoryBytes) =>
  [1, 3].map((threads) => ({ name: "threads" as const, threads, memoryBytes })),
);
const works: Work[] = [
  { kind: "statistics" },
  { kind: "normalize", outItemSize: 4, period: 9000, unit: "any", toMemory: false },
  { kind: "normalize", outItemSize: 8, period: 9000, unit: "plane", toMemory: false },
  { kind: "normalize", outItemSize: 2, period: 9000, unit: "sample", toMemory: true },
];
const given = fc.record({
  layout: fc.constantFrom<Layout>("NC", "NCL", "NHW", "NCHW", "NHWC"),
  samples: fc.constantFrom(1, 2, 100, 5000, 1e6),
  channels: fc.constantFrom(1, 3, 64, 2048),
  side: fc.constantFrom(1, 3, 16, 90, 300),
  dtype: fc.constantFrom<DType>("uint8", "float32", "float64"),
  kind: fc.constantFrom("file" as const, "stream" as const, "memory" as const),
  order: fc.constantFrom("C" as const, "F" as const),
  engine: fc.constantFrom(...engines),
  work: fc.constantFrom(...works),
  shardBytes: fc.option(fc.integer({ min: 1, max: 50e6 }), { nil: undefined }),
  batchSize: fc.option(fc.integer({ min: 1, max: 700 }), { nil: undefined }),
  perInstance: fc.boolean(),
});
type Given = typeof given extends fc.Arbitrary<infer T> ? T : never;

function planOf({ layout, samples, channels, side, dtype, kind, order, engine, work, ...options }: Given) {
  const extent = { N: samples, C: channels, H: side, W: side, L: side * side, D: 1 };
  const source = described(
    [...layout].map((axis) => extent[axis as "N"]),
    layout,
    dtype,
    kind,
    kind === "memory" ? "C" : order,
  );
  return { source, plan: planPass(source, engine, work, options) };
}

test("every step of every shard fits the buffers, and lies inside its shard", () => {
  fc.assert(
    fc.property(given, fc.infiniteStream(fc.nat()), (g, picks) => {
      const { source, plan } = planOf(g);
      fc.pre(plan !== null && plan.grid.length > 0);
      if (!plan) return;
      const { grid, geometry, table, step, buffers } = plan;
      const size = itemSize(source.dtype);
      // The first, the last and some shards between.
      const some = [0, grid.length - 1, ...Array.from({ length: 5 }, () => (picks.next().value as number) % grid.length)];
      for (const shard of some.map((i) => grid.at(i))) {
        const steps = gridOf(shard, step);
        for (const i of [0, steps.length - 1]) {
          const part = steps.at(i);
          const elements = regionSize(regionOf(part, geometry, table));
          if (g.kind === "file") expect(elements * size).toBeLessThanOrEqual(buffers.input);
          const leaves = part.leafEnd - part.leaf;
          const isWhole = step.leaves >= plan.whole.leafEnd;
          const rows = (part.blockEnd - part.block) * (part.channelEnd - part.channel) * (isWhole ? 1 : leaves);
          expect(rows * 64).toBeLessThanOrEqual(buffers.rows);
          if (g.work.kind === "normalize" && !g.work.toMemory && (g.kind !== "file" || g.work.outItemSize !== size)) {
            expect(elements * g.work.outItemSize).toBeLessThanOrEqual(buffers.output);
          }
          // Parts of a plane go into one tree of as many channels as the shard has.
          const isPart = shard.leaf > 0 || shard.leafEnd < plan.whole.leafEnd;
          if (isPart) expect(part.channelEnd - part.channel).toBe(shard.channelEnd - shard.channel);
        }
      }
    }),
    { seed: 8, numRuns: 500 },
  );
});

test("a pass stays within the engine's memory", () => {
  fc.assert(
    fc.property(given, (g) => {
      // The tree over the rows of thousands of channels takes megabytes of its own, which 8 MB do not hold.
      fc.pre(g.channels < 2000 || g.engine.memoryBytes > 8e6);
      const { plan } = planOf(g);
      if (!plan) return;
      expect(plan.projectedBytes).toBeGreaterThanOrEqual(g.engine.threads * (EXECUTOR_BYTES + workspaceBytes(plan.buffers)));
      expect(plan.projectedBytes).toBeLessThanOrEqual(g.engine.memoryBytes);
    }),
    { seed: 9, numRuns: 1000 },
  );
});

test("a part's shards are those of its blocks, and parts tile the whole", () => {
  const source = described([10_000, 3, 16], "NCL", "float32", "file");
  for (const options of [{}, { batchSize: 700 }]) {
    for (const of of [1, 3, 7]) {
      const parts = Array.from({ length: of }, (_, index) =>
        planStatistics(source, { name: "inline", threads: 1, memoryBytes: 64e6 }, { ...options, part: { index, of } }),
      );
      expect(parts[0]?.whole.block).toBe(0);
      for (let i = 1; i < of; i++) expect(parts[i]?.whole.block).toBe(parts[i - 1]?.whole.blockEnd);
      expect(parts.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(10_000 * 48 * 4);
    }
  }
});

describe("what is projected is at least what is taken", () => {
  const shapes: ReadonlyArray<{ shape: number[]; layout?: Layout; order?: "F" }> = [
    { shape: [40, 3, 3000] },
    { shape: [1, 48, 8200] },
    { shape: [1, 300, 30, 48], layout: "NHWC" },
    { shape: [20_000, 7] },
    { shape: [5000, 3, 4, 4] },
    { shape: [5000, 4, 4, 3], layout: "NHWC" },
    { shape: [2, 1, 500_000] },
    { shape: [30, 3, 3000], order: "F" },
    { shape: [20_000, 7], order: "F" },
  ];
  /** Bytes by which WebAssembly memories grow while something runs. */
  async function growthOf(run: () => Promise<unknown>): Promise<number> {
    const grow = vi.spyOn(WebAssembly.Memory.prototype, "grow");
    try {
      await run();
      return grow.mock.calls.reduce((sum, [pages]) => sum + pages * 65536, 0);
    } finally {
      grow.mockRestore();
    }
  }
  test.each(shapes.flatMap((row) => [8e6, 512e6].map((memoryBytes) => ({ ...row, memoryBytes }))))(
    "$shape $layout $order with $memoryBytes bytes",
    async ({ shape, layout = defaultLayout(shape), order, memoryBytes }) => {
      const path = join(folder, `${shape.join("x")}${layout}${order ?? "C"}.npy`);
      const header = `{'descr': '<f4', 'fortran_order': ${order ? "True" : "False"}, 'shape': (${shape.join(", ")}), }\n`;
      const head = Buffer.concat([
        Buffer.from("\x93NUMPY\x01\x00", "latin1"),
        Buffer.from(Uint16Array.of(header.length).buffer),
        Buffer.from(header),
      ]);
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i % 97);
      writeFileSync(path, Buffer.concat([head, new Uint8Array(values.buffer)]));
      const source = await openTensor(path, { layout });
      // Rounding to pages of 64 KiB, and the first page of each memory, are not counted.
      const slack = 3 * 65536;
      const plan = planStatistics(source, { name: "inline", threads: 1, memoryBytes }, {});
      const grown = await growthOf(async () => {
        using statistics = await statisticsOf(source, createInlineEngine({ memoryBytes }));
        expect(statistics.count[0]).toBe(values.length / geometryOf(shape, layout).channels);
      });
      // An inline engine makes its heap, and its scratch, before a pass is planned.
      expect(grown).toBeLessThanOrEqual(plan.projectedBytes + EXECUTOR_BYTES + slack);
      expect(plan.projectedBytes).toBeLessThanOrEqual(memoryBytes);
      for (const by of ["batch", "instance", "layer"] as const) {
        if (shape.length === 2 && by === "instance") continue;
        const engine = createInlineEngine({ memoryBytes });
        const projected = planNormalize(source, engine, { by });
        const taken = await growthOf(() => normalizeToFile(source, engine, `${path}.${by}.npy`, { by }, { overwrite: true }));
        expect(taken).toBeLessThanOrEqual(projected.projectedBytes + slack);
        expect(projected.projectedBytes).toBeLessThanOrEqual(memoryBytes);
      }
    },
  );
});
