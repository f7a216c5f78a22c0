import { existsSync } from "node:fs";
import fc from "fast-check";
import { computeStatistics, type Layout, NormstreamError, normalize, type Pool, tensor } from "normstream";
import { describe, expect, test } from "vitest";
import { fileWriter } from "./containers.js";
import { sharedPools, shuffled } from "./engines.js";
import { dataOf, encode, type SampleData, sampleData, shapeIn } from "./sample-data.js";

const files = fileWriter();
const poolOf = sharedPools();
const inline = poolOf({ threads: 0 });

/** A copy with values at [n, c, j]. */
function withValues(data: SampleData, places: readonly (readonly [n: number, c: number, j: number, x: number])[]): SampleData {
  const values = data.values.slice();
  for (const [n, c, j, x] of places) values[(n * data.channels + c) * data.planeSize + j] = x;
  return dataOf(data.dtype, [data.samples, data.channels, data.planeSize], values);
}

async function errorOf(act: () => Promise<unknown>): Promise<NormstreamError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof NormstreamError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const placeOf = ({ details, message }: NormstreamError) => ({
  sample: details.sample,
  channel: details.channel,
  position: Number(/position (\d+)/.exec(message)?.[1]),
});

describe("propagate and omit", () => {
  const clean = sampleData("float32", [40, 4, 300], "normal", 2);
  const data = withValues(clean, [
    [3, 0, 7, NaN],
    [5, 1, 0, Infinity],
    [9, 1, 1, Infinity],
    [5, 2, 299, -Infinity],
    [1, 3, 2, Infinity],
    [39, 3, 2, -Infinity],
  ]);

  test("propagate", async () => {
    const file = await files.open("npy", data, { layout: "NCL" });
    using statistics = await computeStatistics(file, { pool: inline });
    expect([...statistics.mean]).toEqual([NaN, Infinity, -Infinity, NaN]);
    expect([...statistics.variance]).toEqual([NaN, NaN, NaN, NaN]);
    expect([...statistics.moments.nan]).toEqual([1, 0, 0, 0]);
    expect([...statistics.moments.posInf]).toEqual([0, 2, 0, 1]);
    expect([...statistics.moments.negInf]).toEqual([0, 0, 1, 1]);
    expect([...statistics.count]).toEqual([11999, 11998, 11999, 11998]);
    expect([...statistics.moments.min, ...statistics.moments.max].every(Number.isFinite)).toBe(true);
    expect([...(statistics.meanInstanceStd ?? [])]).toEqual([NaN, NaN, NaN, NaN]);
  });

  test("omit takes the others, and the digest is the same", async () => {
    const file = await files.open("npy", data, { layout: "NCL" });
    using statistics = await computeStatistics(file, { pool: inline, nan: "omit" });
    using propagated = await computeStatistics(file, { pool: inline });
    expect(statistics.digest).toBe(propagated.digest);
    for (let c = 0; c < 4; c++) {
      const values = Array.from({ length: 40 * 300 }, (_, i) => data.at(Math.floor(i / 300), c, i % 300)).filter(Number.isFinite);
      const mean = values.reduce((a, b) => a + b) / values.length;
      expect(statistics.mean[c]).toBeCloseTo(mean, 12);
    }
    expect([...(statistics.meanInstanceStd ?? [])].every(Number.isFinite)).toBe(true);
  });

  test("a channel with no finite value", async () => {
    const empty = withValues(
      sampleData("float32", [2, 2, 3], "normal"),
      [0, 1].flatMap((n) => [0, 1, 2].map((j) => [n, 0, j, NaN] as const)),
    );
    using statistics = await computeStatistics(await files.open("npy", empty, { layout: "NCL" }), { pool: inline, nan: "omit" });
    expect(statistics.count[0]).toBe(0);
    expect(statistics.mean[0]).toBeNaN();
    expect(statistics.variance[0]).toBeNaN();
    expect(statistics.mean[1]).not.toBeNaN();
  });

  test("normalized: NaN and infinities as PyTorch leaves them", async () => {
    const file = await files.open("npy", data, { layout: "NCL" });
    using y = await normalize(file, { by: "instance" }).toTensor();
    const at = (n: number, c: number, j: number) => y.data[(n * 4 + c) * 300 + j] as number;
    for (const [n, c] of [
      [3, 0],
      [5, 1],
      [5, 2],
    ] as const)
      for (const j of [0, 1, 299]) expect(at(n, c, j)).toBeNaN();
    expect(at(4, 0, 7)).not.toBeNaN();
    using omitted = await normalize(file, { by: "instance", nan: "omit" }).toTensor();
    expect(omitted.data[(3 * 4 + 0) * 300 + 7]).toBeNaN();
    expect(omitted.data[(3 * 4 + 0) * 300 + 8]).not.toBeNaN();
    expect(omitted.data[(5 * 4 + 1) * 300]).toBe(Infinity);
  });
});

describe("error names the lowest sample, channel and position", () => {
  const shapes = [
    {
      shape: [6, 3, 9000],
      places: [
        [4, 0, 0],
        [2, 1, 8900],
        [2, 1, 8200],
        [2, 2, 5],
      ],
      first: [2, 1, 8200],
    },
    {
      shape: [6, 3, 9000],
      places: [
        [2, 1, 0],
        [2, 0, 8999],
      ],
      first: [2, 0, 8999],
    },
    {
      shape: [700, 3, 49],
      places: [
        [300, 2, 0],
        [300, 1, 48],
        [10, 2, 1],
      ],
      first: [10, 2, 1],
    },
    {
      shape: [700, 3, 49],
      places: [
        [20, 2, 0],
        [21, 0, 0],
      ],
      first: [20, 2, 0],
    },
    {
      shape: [9000, 3, 1],
      places: [
        [5000, 1, 0],
        [4000, 2, 0],
      ],
      first: [4000, 2, 0],
    },
    { shape: [40, 3, 300], places: [[39, 2, 299]], first: [39, 2, 299] },
  ] as const;
  const layouts: Layout[] = ["NCL", "NHWC"];
  const cases = shapes.flatMap((row) => layouts.map((layout) => ({ ...row, layout })));

  const ways: { name: string; pool: Pool; shardBytes?: number }[] = [
    { name: "inline", pool: inline },
    { name: "shards of one leaf", pool: inline, shardBytes: 1 },
    { name: "threads, small shards, in any order", pool: shuffled(poolOf({ threads: 2 }), 4), shardBytes: 20_000 },
    { name: "threads with little memory", pool: poolOf({ threads: 3, memory: "8MB" }) },
  ];

  test.each(cases)("$places of $shape in $layout", async ({ shape, places, first, layout }) => {
    const values = [NaN, Infinity, -Infinity];
    const data = withValues(
      sampleData("float32", shape, "normal"),
      places.map(([n, c, j], i) => [n, c, j, values[i % 3] as number] as const),
    );
    const [sample, channel, position] = first;
    for (const { pool, shardBytes } of ways) {
      for (const file of [await files.open("npy", data, { layout }), await files.open("npz deflated", data, { layout })]) {
        const options = { pool, ...(shardBytes ? { shardBytes } : {}) };
        const error = await errorOf(() => computeStatistics(file, { ...options, nan: "error" }));
        expect(error.kind).toBe("data");
        expect(placeOf(error)).toEqual({ sample, channel, position });
        if (file.storage.kind === "stream") continue;
        for (const by of shape[2] > 1 ? (["batch", "instance", "layer"] as const) : (["batch", "layer"] as const)) {
          const path = files.fresh("npy");
          const refused = await errorOf(() => normalize(file, { by, nan: "error" }).to(path, options));
          expect({ by, ...placeOf(refused) }).toEqual({ by, sample, channel, position });
          expect(existsSync(path)).toBe(false);
        }
      }
    }
  });

  test("one of any number, anywhere", async () => {
    const clean = sampleData("float32", [60, 3, 300], "normal");
    const place = fc.tuple(fc.nat(59), fc.nat(2), fc.nat(299));
    const given = fc.record({
      places: fc.array(place, { minLength: 1, maxLength: 5 }),
      shardBytes: fc.integer({ min: 1, max: 40_000 }),
      inMemory: fc.boolean(),
    });
    const check = fc.asyncProperty(given, async ({ places, shardBytes, inMemory }) => {
      const data = withValues(
        clean,
        places.map(([n, c, j]) => [n, c, j, NaN] as const),
      );
      const pool = poolOf({ threads: 2 });
      using x = tensor(shapeIn("NCL", data), "float32", { layout: "NCL", pool });
      new Uint8Array(x.data.buffer, x.data.byteOffset, x.data.byteLength).set(encode(data, { layout: "NCL" }));
      const source = inMemory ? x : await files.open("npy", data, { layout: "NHWC" });
      const [sample, channel, position] = [...places].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])[0] as [
        number,
        number,
        number,
      ];
      const error = await errorOf(() => computeStatistics(source, { pool, shardBytes, nan: "error" }));
      expect(placeOf(error)).toEqual({ sample, channel, position });
    });
    await fc.assert(check, { numRuns: 40, seed: 3, includeErrorInReport: true });
  });

  test("finite data pass", async () => {
    const data = sampleData("float32", [60, 3, 300], "normal");
    using statistics = await computeStatistics(await files.open("npy", data, { layout: "NCL" }), { pool: inline, nan: "error" });
    expect(statistics.samples).toBe(60);
  });
});

describe("given statistics do not blind the policy error", () => {
  const data = withValues(sampleData("float32", [6, 3, 20000], "normal", 4), [[4, 1, 12345, Number.NaN]]);
  test.each([1, 1e5, undefined])("running averages, shards of %s bytes", async (shardBytes) => {
    const { samples, channels, planeSize } = data;
    using x = tensor([samples, channels, planeSize], "float32", { data: data.values });
    const by = { runningMean: [0, 0, 0], runningVar: [1, 1, 1] };
    const run = { ...(shardBytes === undefined ? {} : { shardBytes }) };
    const error = await errorOf(() => normalize(x, { by, nan: "error" }).toTensor(run));
    expect(placeOf(error)).toEqual({ sample: 4, channel: 1, position: 12345 });
    (await normalize(x, { by, nan: "propagate" }).toTensor(run))[Symbol.dispose]();
  });
});
