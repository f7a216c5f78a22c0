import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeFile, openTensor } from "@normstream/formats";
import { expect, test } from "vitest";
import { dataOf, type SampleData } from "../laws/sample-data.js";
import { writeZarr, type ZarrWay } from "../laws/zarr.js";
import { expectError, scratchFolder } from "./scratch.js";
import { valuesOf } from "./values.js";

const scratch = scratchFolder();
const fixtures = join(dirname(fileURLToPath(import.meta.url)), "zarr-fixtures");

const expected = Array.from({ length: 630 }, (_, i) => i % 101);

test.each(readdirSync(fixtures).filter((name) => name !== "group"))("what Python's zarr writes: %s", async (name) => {
  await using source = await openTensor(join(fixtures, name));
  expect(source).toMatchObject({ format: "zarr", shape: [6, 3, 5, 7], layout: "NCHW" });
  expect(source.readers?.[0]).toMatch(/^zarrita/);
  for (const cut of [6, 4, 1]) expect(await valuesOf(source, cut)).toEqual({ values: expected, missing: 0 });
});

test("a group's arrays are selected by their paths; names of axes are a layout", async () => {
  const path = join(fixtures, "group");
  const { tensors } = await describeFile(path);
  expect(tensors.map(({ name, dtype, problem }) => [name, dtype, problem === undefined])).toEqual([
    ["inner/images", "uint8", true],
    ["labels", "int64", false],
  ]);
  await expectError(() => openTensor(path, { select: "labels" }), "data", "dtype int64 is not supported");
  await using source = await openTensor(path, { select: "inner/images" });
  expect(source).toMatchObject({ shape: [6, 5, 7, 3], layout: "NHWC" });
  await using inside = await openTensor(join(path, "inner/images"));
  expect((await valuesOf(inside)).values).toEqual((await valuesOf(source)).values);
  expect((await valuesOf(source)).values[1]).toBe(35);
});

const data: SampleData = dataOf(
  "float32",
  [7, 3, 30],
  Float64Array.from({ length: 630 }, (_, i) => i % 101),
);
const written = (way: ZarrWay) => {
  const path = scratch.fresh(".zarr");
  writeZarr(path, way, data, { layout: "NCHW" });
  return path;
};
const rewrite = (path: string, file: string, change: (document: Record<string, unknown>) => object) =>
  writeFileSync(join(path, file), JSON.stringify(change(JSON.parse(readFileSync(join(path, file), "utf8")))));

test.each(["2", "3", "3 sharded"] as const)(
  "chunks that are not there are counted once, however they are cut: version %s",
  async (way) => {
    const path = written(way);
    const gone = { "2": ["1.0.0.0", "0.1.1.1"], "3": ["c/1/0/0/0", "c/0/1/1/1"], "3 sharded": ["c/0/0/0/0"] }[way];
    for (const key of gone) rmSync(join(path, key));
    await using source = await openTensor(path);
    const whole = await valuesOf(source, 7);
    expect(whole.missing).toBeGreaterThanOrEqual(gone.length);
    for (const cut of [1, 2, 5]) expect(await valuesOf(source, cut)).toEqual(whole);
    expect(whole.values.filter((value, i) => value !== expected[i]).every((value) => value === 0)).toBe(true);
    await using strict = await openTensor(path, { missing: "error" });
    await expectError(() => valuesOf(strict), "data", path, "the chunk at", "is missing. Its values would be the fill value");
  },
);

test("one inner chunk of a shard that is not there", async () => {
  const path = written("3 sharded");
  const file = join(path, "c/0/0/0/0");
  const bytes = readFileSync(file);
  // The index: 2 × 3 × 2 × 3 pairs and a checksum; that of the first chunk is made to say that it is not there.
  const index = bytes.length - 4 - 36 * 16;
  bytes.fill(0xff, index, index + 16);
  rewrite(path, "zarr.json", (document) => {
    const [sharding] = document.codecs as [{ configuration: { index_codecs: unknown } }];
    sharding.configuration.index_codecs = [{ name: "bytes", configuration: { endian: "little" } }];
    return document;
  });
  for (const key of readdirSync(join(path, "c"), { recursive: true, encoding: "utf8" })) {
    const shard = join(path, "c", key);
    if (/^\d+(\/\d+){3}$/.test(key)) writeFileSync(shard, (shard === file ? bytes : readFileSync(shard)).subarray(0, -4));
  }
  await using source = await openTensor(path);
  expect((await valuesOf(source)).missing).toBe(1);
});

test("a fill value that is none, or not finite", async () => {
  const path = written("2");
  rmSync(join(path, "0.0.0.0"));
  rewrite(path, ".zarray", (document) => ({ ...document, fill_value: "NaN" }));
  await using filled = await openTensor(path);
  expect((await valuesOf(filled)).values.filter(Number.isNaN).length).toBeGreaterThan(0);
  rewrite(path, ".zarray", (document) => ({ ...document, fill_value: null }));
  await using none = await openTensor(path);
  await expectError(() => valuesOf(none), "data", "is missing; expected all chunks, since the array has no fill value");
});

test("float16 fill values are the bits that they are", async () => {
  const path = scratch.fresh(".zarr");
  const halves = dataOf("float16", [4, 1, 4], new Float64Array(16).fill(1));
  for (const [fill, value] of [
    [0.5, 0.5],
    ["-Infinity", -Infinity],
    ["0x7e00", Number.NaN],
    [65504, 65504],
    [6e-8, 2 ** -24],
  ] as const) {
    writeZarr(path, "3", halves, { layout: "NCHW" });
    rmSync(join(path, "c/0/0/0/0"));
    rewrite(path, "zarr.json", (document) => ({ ...document, fill_value: fill }));
    await using source = await openTensor(path);
    expect(new Set((await valuesOf(source)).values)).toEqual(new Set([value, 1]));
  }
});

const bad: readonly (readonly [name: string, change: (path: string) => void, says: string])[] = [
  [
    "metadata that are no JSON",
    (path) => writeFileSync(join(path, "zarr.json"), "{"),
    "zarr.json: the metadata are no JSON object",
  ],
  [
    "a codec that is not known",
    (path) =>
      rewrite(path, "zarr.json", (document) => ({ ...document, codecs: [{ name: "bytes" }, { name: "numcodecs.pcodec" }] })),
    'the codec "pcodec" is not read; expected blosc, lz4, zstd',
  ],
  [
    "a chunk grid that is not regular",
    (path) => rewrite(path, "zarr.json", (document) => ({ ...document, chunk_grid: { name: "rectilinear" } })),
    'chunk_grid in the metadata is not what is read; expected "regular", found rectilinear',
  ],
  [
    "a negative extent",
    (path) => rewrite(path, "zarr.json", (document) => ({ ...document, shape: [7, -3, 5, 6] })),
    "shape in the metadata is not what is read; expected whole numbers of 0 or more, found [7,-3,5,6]",
  ],
  [
    "chunks of another rank",
    (path) => rewrite(path, "zarr.json", (document) => ({ ...document, shape: [7, 3, 30] })),
    "chunk_shape in the metadata is not what is read; expected 3 extents, found 4",
  ],
  [
    "a type that is not read",
    (path) => rewrite(path, "zarr.json", (document) => ({ ...document, data_type: "complex64" })),
    "dtype complex64 is not supported",
  ],
  [
    "a chunk that is damaged",
    (path) => writeFileSync(join(path, "c/1/1/0/0"), "no gzip"),
    "the chunk at 3, 1, 0, 0 cannot be decoded",
  ],
  [
    "a group without arrays",
    (path) => writeFileSync(join(path, "zarr.json"), '{"zarr_format":3,"node_type":"group"}'),
    "the Zarr group holds no array",
  ],
];

test.each(bad)("refused: %s", async (_, change, says) => {
  const path = written("3");
  change(path);
  await expectError(async () => valuesOf(await openTensor(path)), "data", path, says);
});
