import { createHash } from "node:crypto";
import { finishRows, TableBuilder } from "@normstream/moments";
import fc from "fast-check";
import { computeStatistics, type DType, type Layout, type Statistics, tensor } from "normstream";
import { describe, expect, test } from "vitest";
import { CONTAINERS, fileWriter, holds } from "./containers.js";
import { sharedPools, shuffled } from "./engines.js";
import * as rules from "./reference-table.js";
import {
  ALL_DTYPES,
  dataOf,
  encode,
  itemSizeOf,
  KINDS,
  type Kind,
  type SampleData,
  type Storage,
  sampleData,
  shapeIn,
} from "./sample-data.js";

const files = fileWriter();
const poolOf = sharedPools();
const inline = poolOf({ threads: 0 });

/** Every number of the statistics as bits, so that −0 and NaN are told apart; not what says how it was run. */
function bitsOf(statistics: Statistics): Record<string, string> {
  const hex = (array: Float64Array | null) =>
    array && Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("hex");
  const { count, mean, m2, variance, min, max, nan, posInf, negInf } = statistics.moments;
  const arrays = { count, mean, m2, variance, min, max, nan, posInf, negInf, meanInstanceStd: statistics.meanInstanceStd };
  const text = Object.entries(arrays).map(([name, array]) => [name, String(hex(array))]);
  const rows = createHash("sha256").update(new Uint8Array(statistics.rows().buffer)).digest("hex");
  return { digest: statistics.digest, rows, ...Object.fromEntries(text) };
}

async function bits(source: Parameters<typeof computeStatistics>[0], options: Parameters<typeof computeStatistics>[1]) {
  using statistics = await computeStatistics(source, options);
  return bitsOf(statistics);
}

const sizeOf = ([n, c, s]: readonly number[]) => `N ${n}, C ${c}, S ${s}`;

describe("the digest is that of the rules", () => {
  /** N, C, S; R = 1 with one and several leaves, R > 1, tables, one of everything. */
  const shapes: ReadonlyArray<readonly [number, number, number]> = [
    [1, 1, 1],
    [1, 1, 256],
    [3, 3, 256],
    [2, 5, 257],
    [2, 3, 8192],
    [2, 3, 8193],
    [1, 1, 20000],
    [3, 2, 20000],
    [300, 2, 300],
    [4097, 3, 1],
    [9000, 5, 1],
    [5000, 64, 1],
    [2049, 3, 2],
    [700, 1, 7],
    [600, 5, 7],
    [257, 3, 49],
    [33, 5, 255],
    [32, 1, 255],
    [1, 64, 49],
    [20000, 1, 1],
  ];
  test.each(shapes.map((shape) => ({ name: sizeOf(shape), shape })))("$name", async ({ shape }) => {
    const data = sampleData("float32", shape, "normal");
    const file = await files.open("npy", data, { layout: "NCL" });
    using statistics = await computeStatistics(file, { pool: inline });
    const rows = rules.table(data);
    expect([...statistics.rows()]).toEqual(rows.flat(2));
    expect(statistics.digest).toBe(rules.digest(rows, data));
  });

  // Integers are uniform, or constant.
  const kindsOf = (dtype: DType) => (dtype.includes("int") ? (["normal", "constant"] as const) : (Object.keys(KINDS) as Kind[]));
  const dtypes = ALL_DTYPES.flatMap((dtype) => kindsOf(dtype).map((kind) => ({ dtype, kind })));
  test.each(dtypes)("$dtype, $kind", async ({ dtype, kind }) => {
    for (const shape of [
      [1, 3, 9000],
      [90, 3, 49],
      [5000, 3, 1],
    ] as const) {
      const data = sampleData(dtype, shape, kind);
      const file = await files.open("raw", data, { layout: "NCL" });
      using statistics = await computeStatistics(file, { pool: inline });
      expect(statistics.digest).toBe(rules.digest(rules.table(data), data));
    }
  });

  test.each([
    ["the largest number", () => Number.MAX_VALUE],
    ["plus and minus the largest", (i: number) => (i % 3 ? 1 : -1) * Number.MAX_VALUE],
    ["1e100", () => 1e100],
    ["1e305 and its neighbours", (i: number) => 1e305 * (1 + (i % 7))],
    ["the least number", (i: number) => Number.MIN_VALUE * (i % 5)],
    ["1e200 with an infinity", (i: number) => (i % 1000 ? 1e200 : Infinity)],
  ] as const)("float64 at its ends: %s", async (_, valueAt) => {
    for (const shape of [
      [1, 3, 9000],
      [90, 3, 49],
      [5000, 3, 1],
    ] as const) {
      const [n, c, s] = shape;
      const data = dataOf(
        "float64",
        shape,
        Float64Array.from({ length: n * c * s }, (_, i) => valueAt(i)),
      );
      for (const layout of ["NCL", "NHWC"] as const) {
        using statistics = await computeStatistics(await files.open("raw", data, { layout }), { pool: inline });
        expect([...statistics.rows()]).toEqual(rules.table(data).flat(2));
      }
    }
  });

  const batches = [
    { shape: [2000, 3, 7], batchSize: 600 },
    { shape: [2000, 3, 7], batchSize: 1024 },
    { shape: [2000, 3, 7], batchSize: 1 },
    { shape: [9001, 2, 1], batchSize: 4500 },
    { shape: [9, 2, 300], batchSize: 4 },
  ] as const;
  test.each(batches)("batches of $batchSize in $shape", async ({ shape, batchSize }) => {
    const data = sampleData("float32", shape, "normal");
    const file = await files.open("npy", data, { layout: "NCL" });
    using statistics = await computeStatistics(file, { pool: inline, batchSize });
    const rows = rules.table(data, { batchSize });
    expect([...statistics.rows()]).toEqual(rows.flat(2));
    expect(statistics.digest).toBe(rules.digest(rows, data, { batchSize }));
  });

  test.each([[[700, 3, 7]], [[300, 5, 1]]] as const)("one row a sample in %j", async (shape) => {
    const data = sampleData("float32", shape, "normal");
    const file = await files.open("npy", data, { layout: "NCL" });
    using statistics = await computeStatistics(file, { pool: inline, perInstance: true });
    expect(statistics.digest).toBe(rules.digest(rules.table(data, { perInstance: true }), data, { perInstance: true }));
  });
});

describe("same data, same bits", () => {
  const datasets: ReadonlyArray<{ name: string; data: SampleData; options?: { batchSize?: number; perInstance?: boolean } }> = [
    { name: "planes of several leaves", data: sampleData("float32", [5, 3, 20000], "seldom not finite") },
    { name: "planes of a leaf and one value", data: sampleData("int16", [9, 3, 8193], "normal") },
    { name: "small planes", data: sampleData("float32", [1100, 5, 16], "mean 1e6") },
    { name: "small planes in batches", data: sampleData("float64", [1100, 5, 16], "normal"), options: { batchSize: 300 } },
    {
      name: "small planes, one row a sample",
      data: sampleData("float32", [1100, 5, 16], "normal"),
      options: { perInstance: true },
    },
    { name: "a table", data: sampleData("float32", [9000, 5, 1], "mean 1e4") },
    { name: "one channel", data: sampleData("uint8", [300, 1, 784], "normal") },
    { name: "small planes of three bytes", data: sampleData("uint8", [90, 3, 48], "normal") },
    { name: "planes of four 16-bit integers", data: sampleData("uint16", [12, 4, 9000], "normal") },
    { name: "64 channels", data: sampleData("float32", [9, 64, 289], "normal") },
  ];

  describe.each(datasets)("$name", ({ data, options = {} }) => {
    const expected = rules.digest(rules.table(data, options), data, options);
    const leafBytes = 8192 * itemSizeOf(data.dtype);
    const layouts: Layout[] = data.planeSize === 1 ? ["NC", "NCL", "NCHW", "NHWC"] : ["NCL", "NCHW", "NHWC", "NCDHW"];
    if (data.channels === 1) layouts.push("NHW");
    let reference: Record<string, string>;

    test("the reference", async () => {
      reference = await bits(await files.open("raw", data, { layout: "NCL" }), { pool: inline, ...options });
      expect(reference.digest).toBe(expected);
    });

    test.each(layouts.flatMap((layout) => (["C", "F"] as const).map((order) => ({ layout, order }))))(
      "$layout in $order order, on 2 threads",
      async (storage) => {
        const file = await files.open("npy", data, storage);
        expect(await bits(file, { pool: poolOf({ threads: 2 }), ...options })).toEqual(reference);
      },
    );

    const cuts = [1, leafBytes, leafBytes + 1, 12345, 1e6, undefined].flatMap((shardBytes, i) =>
      [0, 1, 2, 3]
        .map((threads) => ({ threads, shardBytes }))
        .filter(({ threads }) => i % 2 === threads % 2 || shardBytes === undefined),
    );
    test.each(cuts)("$threads threads, shards of $shardBytes bytes", async ({ threads, shardBytes }) => {
      for (const layout of ["NCL", "NHWC"] as const) {
        const file = await files.open("npy", data, { layout });
        const found = await bits(file, { pool: poolOf({ threads }), ...options, ...(shardBytes ? { shardBytes } : {}) });
        expect(found).toEqual(reference);
      }
    });

    const stores = CONTAINERS.flatMap((container) =>
      ([{}, { bigEndian: true }, { order: "F" }, { order: "F", bigEndian: true }] as const)
        .map((storage) => ({ container, layout: "NCHW" as const, order: "C" as const, bigEndian: false, ...storage }))
        .filter((store) => holds(container, data, store)),
    );
    test.each(stores)("$container in $order order, big-endian $bigEndian", async ({ container, ...storage }) => {
      const file = await files.open(container, data, storage);
      expect(await bits(file, { pool: poolOf({ threads: 2 }), shardBytes: 50_000, ...options })).toEqual(reference);
      expect(await bits(file, { pool: inline, ...options })).toEqual(reference);
    });

    test.each([0, 2])("tensors in memory, %d threads", async (threads) => {
      const pool = poolOf({ threads });
      for (const layout of layouts) {
        using x = tensor(shapeIn(layout, data), data.dtype, { layout, pool });
        new Uint8Array(x.data.buffer, x.data.byteOffset, x.data.byteLength).set(encode(data, { layout }));
        expect(await bits(x, { pool, shardBytes: 70_000, ...options })).toEqual(reference);
      }
    });

    test.each([0, 3])("8 MB of memory, %d threads", async (threads) => {
      for (const storage of [{ layout: "NCL" }, { layout: "NHWC" }, { layout: "NCHW", order: "F" }] as const) {
        const file = await files.open("npy", data, storage);
        expect(await bits(file, { pool: poolOf({ threads, memory: "8MB" }), ...options })).toEqual(reference);
      }
    });

    test.each([0, 2])("results that come in any order, %d threads", async (threads) => {
      for (const layout of ["NCL", "NHWC"] as const) {
        const file = await files.open("npy", data, { layout });
        const pool = shuffled(poolOf({ threads }), threads + 1);
        expect(await bits(file, { pool, shardBytes: 60_000, ...options })).toEqual(reference);
      }
    });
  });

  test("channels that do not fit the memory are cut into tiles", async () => {
    const data = sampleData("float32", [1, 64, 9000], "normal");
    const expected = rules.digest(rules.table(data), data);
    const file = await files.open("npy", data, { layout: "NHWC" });
    for (const shardBytes of [undefined, 1, 2.2e6]) {
      for (const threads of [3]) {
        const found = await bits(file, { pool: poolOf({ threads, memory: "8MB" }), ...(shardBytes ? { shardBytes } : {}) });
        expect(found.digest).toBe(expected);
      }
    }
  });

  test("chunks that hold more samples than fit the memory are read by parts of planes", { timeout: 120_000 }, async () => {
    const data = sampleData("float32", [60, 2, 20000], "mean 1e4");
    const expected = rules.digest(rules.table(data), data);
    for (const layout of ["NCHW", "NHWC"] as const) {
      const array = await files.open("zarr 3", data, { layout });
      for (const [threads, memory] of [
        [0, "8MB"],
        [2, "8MB"],
        [3, "8MB"],
      ] as const) {
        const pool = poolOf({ threads, memory });
        expect((await bits(array, { pool })).digest).toBe(expected);
      }
    }
  });

  test("a table that goes to disk", async () => {
    const data = sampleData("uint8", [9600, 2, 4], "normal");
    const file = await files.open("npy", data, { layout: "NCL" });
    const small = await bits(file, { pool: poolOf({ threads: 2, memory: "8MB" }), perInstance: true });
    expect(small).toEqual(await bits(file, { pool: inline, perInstance: true }));
    expect(small.digest).toBe(rules.digest(rules.table(data, { perInstance: true }), data, { perInstance: true }));
  });
});

test("parts of a data set, put together, are the table of the whole", async () => {
  const data = sampleData("float32", [1100, 5, 16], "mean 1e6");
  const file = await files.open("npy", data, { layout: "NCL" });
  for (const options of [{}, { batchSize: 300 }, { perInstance: true }]) {
    using whole = await computeStatistics(file, { pool: inline, ...options });
    for (const of of [1, 2, 5]) {
      const together = new TableBuilder(whole.table, () => createHash("sha256"));
      for (let index = 0; index < of; index++) {
        using part = await computeStatistics(file, { pool: inline, ...options, part: { index, of } });
        together.push(part.rows());
      }
      const { digest, total } = together.finish();
      expect(digest).toBe(whole.digest);
      expect(finishRows(total, "propagate")).toEqual(whole.moments);
    }
  }
});

test("other data, another digest", async () => {
  const data = sampleData("float32", [6, 3, 300], "normal");
  const digestOf = async (changed: SampleData) =>
    (await bits(await files.open("npy", changed, { layout: "NCL" }), { pool: inline })).digest;
  const swap = (a: number, b: number, length: number) => {
    const values = data.values.slice();
    values.set(data.values.subarray(a, a + length), b);
    values.set(data.values.subarray(b, b + length), a);
    return dataOf("float32", [6, 3, 300], values);
  };
  const digests = [
    data,
    swap(0, 900, 900), // two samples
    swap(0, 300, 300), // two channels of one sample
    dataOf("float32", [3, 6, 300], data.values),
    dataOf("float32", [6, 1, 900], data.values),
    dataOf("float64", [6, 3, 300], data.values),
  ].map(digestOf);
  expect(new Set(await Promise.all(digests)).size).toBe(digests.length);
});

test("any tensor, stored and run in any way", async () => {
  const way = fc.record({
    dtype: fc.constantFrom(...ALL_DTYPES),
    kind: fc.constantFrom(...(Object.keys(KINDS) as Kind[])),
    samples: fc.integer({ min: 1, max: 40 }),
    channels: fc.constantFrom(1, 2, 3, 5, 17),
    planeSize: fc.constantFrom(1, 2, 6, 48, 255, 256, 1023, 8192, 8200),
    layout: fc.constantFrom<Layout>("NCL", "NCHW", "NHWC", "NCDHW"),
    order: fc.constantFrom("C" as const, "F" as const),
    bigEndian: fc.boolean(),
    container: fc.constantFrom(...CONTAINERS),
    threads: fc.constantFrom(0, 2),
    memory: fc.constantFrom("8MB", "512MB"),
    shardBytes: fc.option(fc.integer({ min: 1, max: 2e6 }), { nil: undefined }),
    batchSize: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
    perInstance: fc.boolean(),
    seed: fc.integer({ min: 0, max: 1e6 }),
  });
  const check = fc.asyncProperty(way, async ({ dtype, kind, samples, channels, planeSize, seed, ...rest }) => {
    const { layout, order, bigEndian, container, threads, memory, ...options } = rest;
    const data = sampleData(
      dtype,
      [Math.min(samples, Math.ceil(30_000 / (channels * planeSize))), channels, planeSize],
      kind,
      seed,
    );
    const storage: Storage = { layout, order, bigEndian };
    fc.pre(holds(container, data, storage));
    const given = { ...(options.batchSize ? { batchSize: options.batchSize } : {}), perInstance: options.perInstance };
    const file = await files.open(container, data, storage);
    const found = await bits(file, {
      pool: poolOf({ threads, memory }),
      ...given,
      ...(options.shardBytes ? { shardBytes: options.shardBytes } : {}),
    });
    expect(found.digest).toBe(rules.digest(rules.table(data, given), data, given));
  });
  await fc.assert(check, { numRuns: 100, seed: 20, includeErrorInReport: true });
}, 180_000);
