import { existsSync } from "node:fs";
import {
  computeStatistics,
  createPool,
  type DType,
  type ErrorKind,
  type NormalizeBy,
  type NormalizeOptions,
  NormstreamError,
  normalize,
  type OutputDType,
  tensor,
} from "normstream";
import { describe, expect, test } from "vitest";
import { fileWriter } from "./containers.js";
import { sharedPools } from "./engines.js";
import { type SampleData, sampleData } from "./sample-data.js";

const files = fileWriter();
const poolOf = sharedPools();
const pools = [poolOf({ threads: 0 }), poolOf({ threads: 2 })];

/** Asserts that it is refused by one line of a kind that says these things. */
async function expectRefusal(act: () => unknown, kind: ErrorKind, ...parts: string[]): Promise<void> {
  let error: unknown;
  try {
    await act();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(NormstreamError);
  const { kind: found, message } = error as NormstreamError;
  expect({ kind: found, message }).toEqual({ kind, message: expect.stringMatching(/^[^\n]+$/) });
  for (const part of parts) expect(message).toContain(part);
}

const open = (data: SampleData) => files.open("npy", data, { layout: "NCL" });
const shaped = (...shape: [number, number, number]) => sampleData("float32", shape, "normal");

/** What a caller without types gives. */
const untyped = (value: unknown) => value as never;

test.each<[string, () => unknown, ...string[]]>([
  ["statistics of what is no tensor", () => computeStatistics(untyped([1, 2])), "the input is not a tensor", "found an array"],
  ["normalizing what is no tensor", () => normalize(untyped(null), { by: "batch" }).toTensor(), "found null"],
  ["an unknown policy", () => computeStatistics(tensor([2, 1], "float32"), untyped({ nan: "skip" })), 'NaN policy "skip"'],
  [
    "an unknown norm",
    () => normalize(tensor([2, 1], "float32"), untyped({ by: "bach" })).toTensor(),
    'norm "bach"; expected batch',
  ],
  ["no norm", () => normalize(tensor([2, 1], "float32"), untyped({})).toTensor(), "nothing to normalize by"],
])("%s is refused", async (_, act, ...parts) => {
  await expectRefusal(act, "usage", ...parts);
});

/** Options that must be refused, for a file and for a tensor in memory, and nothing written. */
const refused: ReadonlyArray<{
  name: string;
  shape: [number, number, number];
  options: NormalizeOptions;
  kind: ErrorKind;
  parts: string[];
}> = [
  {
    name: "batch norm of one value a channel",
    shape: [1, 3, 1],
    options: { by: "batch" },
    kind: "data",
    parts: ["one value per channel"],
  },
  {
    name: "instance norm of planes of one value",
    shape: [5, 3, 1],
    options: { by: "instance" },
    kind: "data",
    parts: ["one value per channel"],
  },
  {
    name: "group norm of groups of one value",
    shape: [5, 4, 1],
    options: { by: "group", groups: 4 },
    kind: "data",
    parts: ["one value per group"],
  },
  {
    name: "batches of one",
    shape: [5, 3, 1],
    options: { by: "batch", batchSize: 1 },
    kind: "data",
    parts: ["one value per channel"],
  },
  {
    name: "a last batch of one",
    shape: [5, 3, 1],
    options: { by: "batch", batchSize: 2 },
    kind: "data",
    parts: ["one value per channel", "batch 2"],
  },
  {
    name: "a weight too few",
    shape: [5, 3, 4],
    options: { by: "batch", weight: [1, 1] },
    kind: "usage",
    parts: ["weight holds 2", "3"],
  },
  {
    name: "a bias too many",
    shape: [5, 3, 4],
    options: { by: "instance", bias: [1, 1, 1, 1] },
    kind: "usage",
    parts: ["bias holds 4", "3"],
  },
  {
    name: "elementwise weights of batch norm",
    shape: [5, 3, 4],
    options: { by: "batch", weight: Array(12).fill(1) },
    kind: "usage",
    parts: ["weight holds 12"],
  },
  {
    name: "weight and bias of different kinds",
    shape: [5, 3, 4],
    options: { by: "layer", weight: [1, 1, 1], bias: Array(12).fill(0) },
    kind: "usage",
    parts: ["3", "12"],
  },
  {
    name: "groups that do not divide the channels",
    shape: [5, 3, 4],
    options: { by: "group", groups: 2 },
    kind: "usage",
    parts: ["2 groups", "3 channels"],
  },
  { name: "no groups", shape: [5, 3, 4], options: { by: "group" }, kind: "usage", parts: ["groups"] },
  { name: "zero groups", shape: [5, 3, 4], options: { by: "group", groups: 0 }, kind: "usage", parts: ["0 groups"] },
  { name: "groups of batch norm", shape: [5, 3, 4], options: { by: "batch", groups: 3 }, kind: "usage", parts: ["groups"] },
  {
    name: "a batch size of instance norm",
    shape: [5, 3, 4],
    options: { by: "instance", batchSize: 2 },
    kind: "usage",
    parts: ["batch"],
  },
  { name: "a batch size of 0", shape: [5, 3, 4], options: { by: "batch", batchSize: 0 }, kind: "usage", parts: ["0"] },
  {
    name: "a batch size that is no whole number",
    shape: [5, 3, 4],
    options: { by: "batch", batchSize: 1.5 },
    kind: "usage",
    parts: ["1.5"],
  },
  {
    name: "running averages of another length",
    shape: [5, 3, 4],
    options: { by: { runningMean: [0, 0], runningVar: [1, 1, 1] } },
    kind: "usage",
    parts: ["runningMean holds 2"],
  },
  {
    name: "a negative running variance",
    shape: [5, 3, 4],
    options: { by: { runningMean: [0, 0, 0], runningVar: [1, -1, 1] } },
    kind: "data",
    parts: ["runningVar", "channel 1"],
  },
  {
    name: "a dtype that nothing is normalized to",
    shape: [5, 3, 4],
    options: { by: "batch", outDType: "int8" as OutputDType },
    kind: "usage",
    parts: ["int8"],
  },
];

describe("normalizing is refused before anything is written", () => {
  test.each(refused)("$name", async ({ shape, options, kind, parts }) => {
    const data = shaped(...shape);
    for (const pool of pools) {
      const path = files.fresh("npy");
      const file = await open(data);
      await expectRefusal(() => normalize(file, options).to(path, { pool }), kind, ...parts);
      expect(existsSync(path)).toBe(false);
      using x = tensor(shape, "float32", { layout: "NCL", pool, data: data.values });
      await expectRefusal(() => normalize(x, options).toTensor({ pool }), kind, ...parts);
    }
  });
});

describe("a variance of 0 with eps 0", () => {
  const data = sampleData("float32", [3, 2, 300], "constant");
  test.each(["batch", "instance", "layer"] as const)("%s", async (by) => {
    for (const pool of pools) {
      const path = files.fresh("npy");
      await expectRefusal(
        async () => normalize(await open(data), { by, eps: 0 }).to(path, { pool }),
        "data",
        "variance is 0",
        "eps",
      );
      expect(existsSync(path)).toBe(false);
    }
  });
});

test("statistics of another tensor", async () => {
  using of5 = await computeStatistics(await open(shaped(5, 3, 4)), { perInstance: true });
  const others: [SampleData, NormalizeBy][] = [
    [shaped(5, 4, 4), of5.batchNorm()],
    [shaped(6, 3, 4), of5.instanceNorm()],
    [shaped(6, 3, 4), of5.layerNorm()],
    [shaped(6, 3, 4), of5.batchNorm({ batchSize: 2 })],
  ];
  for (const [data, by] of others) {
    const path = files.fresh("npy");
    await expectRefusal(async () => normalize(await open(data), { by }).to(path), "usage", "another shape");
  }
  // The statistics of one data set may well normalize another.
  using y = await normalize(await open(shaped(6, 3, 4)), { by: of5.batchNorm() }).toTensor();
  expect(y.shape).toEqual([6, 3, 4]);
});

test.each([
  ["no samples", [0, 3, 4]],
  ["no channels", [2, 0, 4]],
  ["no positions", [2, 3, 0]],
] as const)("%s", async (_, shape) => {
  const data = sampleData("float32", shape, "normal");
  for (const pool of pools) {
    const file = await open(data);
    await expectRefusal(() => computeStatistics(file, { pool }), "data", "no values");
    await expectRefusal(() => normalize(file, { by: "batch" }).to(files.fresh("npy"), { pool }), "data", "no values");
  }
});

test("0 samples in instance norm, in one pass: an empty file", async () => {
  const file = await open(sampleData("float32", [0, 3, 4], "normal"));
  const path = files.fresh("npy");
  await expectRefusal(() => normalize(file, { by: "instance" }).to(path), "data", "no values");
});

test("a tensor of another pool", async () => {
  const [a, b] = pools;
  if (!a || !b) throw new Error("two pools");
  using x = tensor([4, 2, 3], "float32", { pool: a });
  await expectRefusal(() => computeStatistics(x, { pool: b }), "usage", "another pool");
  await expectRefusal(() => normalize(x, { by: "batch" }).toTensor({ pool: b }), "usage", "another pool");
  using y = tensor([4, 2, 3], "float32", { pool: b });
  await expectRefusal(() => normalize(x, { by: "batch" }).toTensor({ pool: a, into: y }), "usage", "another pool");
});

describe("a tensor to write into", () => {
  const [pool] = pools;
  const into = (shape: number[], dtype: DType) => tensor(shape, dtype, { ...(pool ? { pool } : {}), layout: "NCL" });
  test.each([
    ["of another shape", [4, 2, 4], "float32"],
    ["of another dtype", [4, 2, 3], "float64"],
    ["of integers", [4, 2, 3], "uint8"],
  ] as const)("%s", async (_, shape, dtype) => {
    using x = into([4, 2, 3], "float32");
    using y = into([...shape], dtype);
    const outDType = dtype === "float64" ? { outDType: "float32" as const } : {};
    await expectRefusal(
      () => normalize(x, { by: "batch", ...outDType }).toTensor({ ...(pool ? { pool } : {}), into: y }),
      "usage",
    );
  });
});

test("a tensor after it was disposed of", async () => {
  const x = tensor([4, 2, 3], "float32");
  x[Symbol.dispose]();
  x[Symbol.dispose]();
  await expectRefusal(() => computeStatistics(x), "usage", "disposed");
  await expectRefusal(() => x.data, "usage", "disposed");
});

test("a pool after it was disposed of", async () => {
  for (const threads of [0, 1]) {
    const pool = createPool({ threads });
    await pool[Symbol.asyncDispose]();
    await pool[Symbol.asyncDispose]();
    await expectRefusal(async () => computeStatistics(await open(shaped(3, 2, 4)), { pool }), "usage", "disposed");
  }
});

test.each([{ threads: -1 }, { threads: 1.5 }, { threads: 1000 }, { memory: "none" }, { memory: "1MB" }, { memory: Number.NaN }])(
  "a pool of %j",
  async (options) => {
    await expectRefusal(() => createPool(options), "usage");
  },
);

test.each([
  ["data of another length", () => tensor([2, 3], "float32", { data: [1, 2, 3] })],
  ["a layout that does not fit", () => tensor([2, 3], "float32", { layout: "NCHW" })],
  ["a rank without a layout", () => tensor([2], "float32")],
  ["more than a WebAssembly memory holds", () => tensor([2 ** 20, 2 ** 13], "float32")],
  ["extents that are no whole numbers", () => tensor([2, 1.5], "float32")],
])("a tensor: %s", async (_, make) => {
  await expectRefusal(make, expect.stringMatching(/usage|data/) as unknown as ErrorKind);
});

test.each([Number.NaN, -1e-5, Infinity])("an eps of %s", async (eps) => {
  using x = tensor([4, 2], "float32", { data: [1, 2, 3, 4, 5, 6, 7, 8] });
  await expect(normalize(x, { by: "batch", eps }).toTensor()).rejects.toThrow(`eps ${eps}`);
});

test("a tensor to write into that has another layout", async () => {
  using x = tensor([2, 3, 3, 3], "float32", { layout: "NCHW" });
  using into = tensor([2, 3, 3, 3], "float32", { layout: "NHWC" });
  await expect(normalize(x, { by: "instance" }).toTensor({ into })).rejects.toThrow("NHWC");
});
