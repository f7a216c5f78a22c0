import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import {
  computeStatistics,
  type DType,
  type Layout,
  type Norm,
  normalize,
  type OutputDType,
  openTensor,
  type Pool,
  tensor,
} from "normstream";
import { describe, expect, test } from "vitest";
import { fileWriter } from "./containers.js";
import { sharedPools } from "./engines.js";
import { type NormSpec, normalizeDirectly } from "./float64-norm.js";
import {
  ALL_DTYPES,
  decode,
  encode,
  type Kind,
  randomOf,
  type SampleData,
  type Storage,
  sampleData,
  shapeIn,
} from "./sample-data.js";

const files = fileWriter();
const poolOf = sharedPools();
const inline = poolOf({ threads: 0 });
const OUTPUTS: readonly OutputDType[] = ["float64", "float32", "float16", "bfloat16"];

/** Half a unit in the last place of a number as an output type holds it: the one rounding that it may add. */
function halfUnit(dtype: OutputDType, y: number): number {
  const [bits, least] = { float64: [52, -1022], float32: [23, -126], float16: [10, -14], bfloat16: [7, -126] }[dtype] as [
    number,
    number,
  ];
  return 2 ** (Math.max(least, Math.floor(Math.log2(Math.abs(y) || Number.MIN_VALUE))) - bits - 1);
}

const LARGEST = { float64: Number.MAX_VALUE, float32: 3.4e38, float16: 65504, bfloat16: 3.38e38 };

/** The promise: 1e-6 · max(1, |y|) of float64, and the output type's own rounding where that is coarser. */
function expectClose(got: ArrayLike<number>, want: Float64Array, dtype: OutputDType): void {
  expect(got.length).toBe(want.length);
  const wrong: string[] = [];
  for (let i = 0; i < want.length && wrong.length < 3; i++) {
    const g = got[i] as number;
    const w = want[i] as number;
    const bound = 1e-6 * Math.max(1, Math.abs(w)) + halfUnit(dtype, w);
    const overflows = Math.abs(w) > LARGEST[dtype] && g === Math.sign(w) * Infinity;
    if (!(Math.abs(g - w) <= bound || overflows || Object.is(g, w))) wrong.push(`element ${i}: ${g} where ${w} is right`);
  }
  expect(wrong.join("; ")).toBe("");
}

/** Where normalized values go, and how they are read back as `[N, C, S]`. */
type Target = "npy" | "npz" | "safetensors" | "memory" | "in place";

interface Way {
  readonly storage: Storage;
  readonly fromMemory: boolean;
  readonly to: Target;
  readonly pool: Pool;
  readonly shardBytes?: number;
}

async function normalizedBy(data: SampleData, spec: NormSpec, outDType: OutputDType, way: Way): Promise<Float64Array> {
  const { layout } = way.storage;
  const { pool, to } = way;
  const { norm, ...rest } = spec;
  const run = { pool, ...(way.shardBytes ? { shardBytes: way.shardBytes } : {}) };
  const shape = shapeIn(layout, data);
  using held = way.fromMemory || to === "in place" ? tensor(shape, data.dtype, { layout, pool }) : undefined;
  if (held) new Uint8Array(held.data.buffer, held.data.byteOffset, held.data.byteLength).set(encode(data, { layout }));
  const source = held ?? (await files.open("raw", data, { ...way.storage, order: "C" }));
  const described = normalize(source, { by: norm, ...rest, outDType });
  if (to === "memory" || to === "in place") {
    using y = await described.toTensor(to === "in place" && held ? { ...run, into: held } : run);
    return decode(new Uint8Array(y.data.buffer, y.data.byteOffset, y.data.byteLength).slice(), data, outDType, layout);
  }
  // NumPy's formats have no bfloat16.
  const path = files.fresh(outDType === "bfloat16" ? "safetensors" : to);
  await described.to(path, run);
  await using written = await openTensor(path, { layout });
  expect(written.dtype).toBe(outDType);
  expect(written.shape).toEqual(shape);
  const { storage } = written;
  if (storage.kind !== "file") throw new Error("written members are stored");
  const bytes = readFileSync(path).subarray(storage.byteOffset, storage.byteOffset + written.byteLength);
  return decode(Uint8Array.from(bytes), data, outDType, layout);
}

const CASES: ReadonlyArray<{
  name: string;
  shape: readonly [number, number, number];
  kind: Kind;
  dtype?: DType;
  weights?: number;
}> = [
  { name: "normal", shape: [4, 6, 35], kind: "normal" },
  { name: "mean 1e6", shape: [4, 6, 35], kind: "mean 1e6" },
  { name: "mean 1e6 in float64", shape: [4, 6, 35], kind: "mean 1e6", dtype: "float64" },
  { name: "an outlier", shape: [4, 6, 300], kind: "outlier first" },
  { name: "many magnitudes", shape: [4, 6, 300], kind: "many magnitudes" },
  { name: "tiny variances", shape: [4, 6, 35], kind: "denormal" },
  { name: "constant", shape: [4, 6, 35], kind: "constant" },
  { name: "large weights", shape: [4, 6, 35], kind: "normal", weights: 1e6 },
  { name: "large weights and mean 1e6", shape: [4, 6, 300], kind: "mean 1e6", weights: 1e4 },
  { name: "small weights", shape: [4, 6, 35], kind: "normal", weights: 1e-30 },
  { name: "a table", shape: [500, 6, 1], kind: "mean 1e4" },
  { name: "planes of several leaves", shape: [2, 2, 8200], kind: "mean 1e4" },
];

const vectors = (length: number, size: number, seed: number) => {
  const random = randomOf(seed);
  return Float64Array.from({ length }, () => (2 * random() - 1) * size);
};

const norms = (data: SampleData, size: number): NormSpec[] => {
  const C = data.channels;
  const both = { weight: vectors(C, size, 5), bias: vectors(C, size, 6) };
  const elements = { weight: vectors(C * data.planeSize, size, 7), bias: vectors(C * data.planeSize, size, 8) };
  const all: NormSpec[] = [
    { norm: "batch", ...both },
    { norm: "batch", batchSize: 3, bias: both.bias },
    { norm: "group", groups: C / 2, ...both },
    { norm: "layer", ...both },
    { norm: "layer", ...elements },
    { norm: "layer" },
  ];
  return data.planeSize > 1 ? [...all, { norm: "instance", ...both }, { norm: "instance" }] : all;
};

const nameOf = ({ norm, weight, bias, batchSize }: NormSpec) =>
  `${norm}${batchSize ? ` of ${batchSize}` : ""}${weight ? `, ${weight.length} weights` : ""}${bias ? `, ${bias.length} biases` : ""}`;

describe.each(CASES)("$name", ({ shape, kind, dtype = "float32", weights = 2 }) => {
  const data = sampleData(dtype, shape, kind, 3);
  test.each(norms(data, weights).map((spec) => ({ name: nameOf(spec), spec })))("$name", async ({ spec }) => {
    const want = normalizeDirectly(data, spec);
    for (const layout of ["NCHW", "NHWC"] as const) {
      for (const outDType of OUTPUTS) {
        const way = { storage: { layout }, fromMemory: false, pool: inline };
        expectClose(await normalizedBy(data, spec, outDType, { ...way, to: "npy" }), want, outDType);
        expectClose(await normalizedBy(data, spec, outDType, { ...way, to: "memory", fromMemory: true }), want, outDType);
      }
    }
  });
});

test.each(ALL_DTYPES)("%s as input", async (dtype) => {
  const data = sampleData(dtype, [3, 4, 70], "normal");
  for (const spec of norms(data, 2)) {
    const want = normalizeDirectly(data, spec);
    for (const outDType of OUTPUTS) {
      for (const bigEndian of [false, true]) {
        const way: Way = { storage: { layout: "NCHW", bigEndian }, fromMemory: false, to: "npy", pool: inline };
        expectClose(await normalizedBy(data, spec, outDType, way), want, outDType);
      }
    }
  }
});

test("any tensor, by any norm, in any way", async () => {
  const case$ = fc.record({
    dtype: fc.constantFrom(...ALL_DTYPES),
    kind: fc.constantFrom<Kind>("normal", "mean 1e4", "mean 1e6", "outlier first", "constant"),
    samples: fc.integer({ min: 2, max: 30 }),
    channels: fc.constantFrom(2, 4, 6, 10, 34, 66),
    planeSize: fc.constantFrom(1, 2, 3, 6, 48, 63, 64, 256, 8200),
    layout: fc.constantFrom<Layout>("NCL", "NCHW", "NHWC"),
    bigEndian: fc.boolean(),
    fromMemory: fc.boolean(),
    to: fc.constantFrom<Target>("npy", "npz", "safetensors", "memory", "in place"),
    threads: fc.constantFrom(0, 2),
    memory: fc.constantFrom("8MB", "512MB"),
    shardBytes: fc.option(fc.integer({ min: 1, max: 1e5 }), { nil: undefined }),
    norm: fc.constantFrom<Norm>("batch", "instance", "group", "layer"),
    batchSize: fc.option(fc.integer({ min: 2, max: 9 }), { nil: undefined }),
    affine: fc.constantFrom("none", "weight", "bias", "both", "elementwise"),
    size: fc.constantFrom(1e-3, 1, 50, 1e5),
    outDType: fc.constantFrom(...OUTPUTS),
    seed: fc.integer({ min: 0, max: 1e6 }),
  });
  const check = fc.asyncProperty(case$, async (c) => {
    const { norm, channels, planeSize } = c;
    const samples = Math.min(c.samples, Math.max(2, Math.ceil(8000 / (channels * planeSize))));
    fc.pre(norm !== "instance" || planeSize > 1);
    fc.pre(norm !== "batch" || planeSize > 1 || samples % (c.batchSize ?? samples) !== 1);
    const isInPlace = c.to === "in place";
    const outDType = isInPlace && (OUTPUTS as readonly DType[]).includes(c.dtype) ? (c.dtype as OutputDType) : c.outDType;
    const to = isInPlace && outDType !== c.dtype ? "memory" : c.to;
    const data = sampleData(c.dtype, [samples, channels, planeSize], c.kind, c.seed);
    const length = c.affine === "elementwise" && norm === "layer" ? channels * planeSize : channels;
    const spec: NormSpec = {
      norm,
      ...(norm === "group" ? { groups: channels / 2 } : {}),
      ...(norm === "batch" && c.batchSize ? { batchSize: c.batchSize } : {}),
      ...(["weight", "both", "elementwise"].includes(c.affine) ? { weight: vectors(length, c.size, c.seed) } : {}),
      ...(["bias", "both", "elementwise"].includes(c.affine) ? { bias: vectors(length, c.size, c.seed + 1) } : {}),
    };
    const got = await normalizedBy(data, spec, outDType, {
      storage: { layout: c.layout, bigEndian: c.bigEndian },
      fromMemory: c.fromMemory || to === "in place",
      to,
      pool: poolOf({ threads: c.threads, memory: c.memory }),
      ...(c.shardBytes ? { shardBytes: c.shardBytes } : {}),
    });
    expectClose(got, normalizeDirectly(data, spec), outDType);
  });
  await fc.assert(check, { numRuns: 120, seed: 11, includeErrorInReport: true });
}, 120_000);

describe("one result, by whatever path", () => {
  const data = sampleData("float32", [1, 48, 8200], "mean 1e4", 9);
  const paths: ReadonlyArray<{ norm: Exclude<Norm, "batch">; groups?: number }> = [
    { norm: "instance" },
    { norm: "group", groups: 8 },
    { norm: "layer" },
  ];
  test.each(paths.flatMap((path) => (["NCL", "NHWC"] as const).map((layout) => ({ ...path, layout }))))(
    "$norm norm of $layout: in one pass, in two for want of memory, and from statistics",
    async ({ norm, groups, layout }) => {
      const file = await files.open("npy", data, { layout });
      const options = { by: norm, weight: vectors(48, 2, 1), bias: vectors(48, 2, 2), ...(groups ? { groups } : {}) };
      const run = async (by: Parameters<typeof normalize>[1], pool: Pool) => {
        const path = files.fresh("npy");
        const { passes } = await normalize(file, by).to(path, { pool });
        return { passes, bytes: readFileSync(path) };
      };
      const fused = await run(options, inline);
      expect(fused.passes).toBe(1);
      using statistics = await computeStatistics(file, { pool: inline, perInstance: true });
      const by = {
        instance: () => statistics.instanceNorm(),
        group: () => statistics.groupNorm(8),
        layer: () => statistics.layerNorm(),
      };
      const { groups: _, ...rest } = options;
      const given = await run({ ...rest, by: by[norm]() }, inline);
      expect(given.passes).toBe(1);
      expect(given.bytes.equals(fused.bytes)).toBe(true);
      const small = await run(options, poolOf({ threads: 3, memory: "8MB" }));
      // A plane fits even 8 MB; a sample of 48 of them, 1.6 MB, does not.
      expect(small.passes).toBe(norm === "instance" && layout === "NCL" ? 1 : 2);
      expect(small.bytes.equals(fused.bytes)).toBe(true);
    },
  );

  const shapes = [
    [40, 6, 35],
    [40, 6, 300],
    [900, 6, 1],
    [1, 6, 9000],
  ] as const;
  const cuts = shapes.flatMap((shape) => (["NCL", "NHWC"] as const).map((layout) => ({ shape, layout })));

  /** The bytes that come out of each way of running, the first being the plainest. */
  async function bytesOfWays(
    shape: readonly [number, number, number],
    layout: Layout,
    norm: Norm,
    size: number,
  ): Promise<string[]> {
    const x = sampleData("float32", shape, "mean 1e4", 4);
    const affine = { weight: vectors(shape[1], size, 1), bias: vectors(shape[1], size, 2) };
    const spec: NormSpec = { norm, ...affine, ...(norm === "group" ? { groups: 2 } : {}) };
    const plain: Way = { storage: { layout }, fromMemory: false, to: "npy", pool: inline };
    const ways: Way[] = [
      plain,
      { ...plain, shardBytes: 1 },
      { ...plain, shardBytes: 5000 },
      { ...plain, pool: poolOf({ threads: 2 }), shardBytes: 30_000 },
      { ...plain, fromMemory: true },
      { ...plain, to: "memory" },
    ];
    const found: string[] = [];
    for (const way of ways) found.push(Buffer.from((await normalizedBy(x, spec, "float32", way)).buffer).toString("base64"));
    return found.map((bytes) => createHash("sha256").update(bytes).digest("hex"));
  }

  test.each(cuts)("bytes of $shape $layout do not depend on threads, shards or where the data are", async ({ shape, layout }) => {
    for (const norm of ["batch", "group", "layer"] as const) {
      const [plain, ...others] = await bytesOfWays(shape, layout, norm, 2);
      expect(others).toEqual(others.map(() => plain));
    }
  });

  // Small planes are normalized one by one or many at a time, as their shard has them; where the channels' weights and biases are such
  // that some channels need float64 and others do not, the two ways round differently, within the promise of 1e-6.
  test("nor do they where only some channels need float64", async () => {
    const [plain, ...others] = await bytesOfWays([40, 6, 35], "NCL", "batch", 5);
    expect(others).toEqual(others.map(() => plain));
  });
});

describe("elementwise weights of channels-last samples that do not fit the memory", () => {
  test.each(["npy", "memory"] as const)("to %s", async (to) => {
    const data = sampleData("float32", [1, 48, 8200], "normal", 9);
    const spec: NormSpec = { norm: "layer", weight: vectors(48 * 8200, 2, 1), bias: vectors(48 * 8200, 2, 2) };
    const way: Way = { storage: { layout: "NHWC" }, fromMemory: false, to, pool: poolOf({ threads: 3, memory: "8MB" }) };
    expectClose(await normalizedBy(data, spec, "float32", way), normalizeDirectly(data, spec), "float32");
  });
});

describe("batch norm of a tensor in memory, in one pass", () => {
  test.each([
    [[6, 5, 300], 0],
    [[6, 5, 300], 2],
    [[3, 7, 9000], 3],
    [[70, 2, 16, 17], 2],
  ] as const)("shape %j, %s threads: the bits of two passes, also in place", async (shape, threads) => {
    const pool = poolOf({ threads });
    const { values } = sampleData(
      "float32",
      [shape[0], shape[1], shape.slice(2).reduce<number>((a, b) => a * b, 1)],
      "normal",
      3,
    );
    const options = { weight: vectors(shape[1], 2, 1), bias: vectors(shape[1], 2, 2) };
    using x = tensor(shape, "float32", { pool, data: values });
    const statistics = await computeStatistics(x, { pool });
    using expected = await normalize(x, { ...options, by: statistics.batchNorm() }).toTensor({ pool });
    statistics[Symbol.dispose]();
    using y = await normalize(x, { ...options, by: "batch" }).toTensor({ pool });
    expect(y.data).toEqual(expected.data);
    await normalize(x, { ...options, by: "batch" }).toTensor({ pool, into: x });
    expect(x.data).toEqual(expected.data);
  });
});
