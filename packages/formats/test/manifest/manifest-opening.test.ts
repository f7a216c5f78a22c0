import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PartsStorage, Region, TensorSource } from "@normstream/tensor";
import { expect, test } from "vitest";
import { describeFile, openRegions, openTensor, swapBytes, widen } from "../../src/index.js";
import { faultyServer } from "../places/faulty-server.js";
import { bytesOf, idxBytes, npyBytes, npyDict, npyFloats } from "../sample-bytes.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();
const folder = scratch.path("data");
mkdirSync(join(folder, "b"), { recursive: true });
const count = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const swapped = bytesOf(Float32Array.from(count(12, 18)));
swapBytes(swapped, 4);
// Samples 0 to 8 of [9, 2], value 2n + c: C order, a folder of two, big-endian, Fortran order.
writeFileSync(join(folder, "a.npy"), npyFloats([2, 2], count(0, 4)));
writeFileSync(join(folder, "b", "0.npy"), npyFloats([1, 2], [4, 5]));
writeFileSync(join(folder, "b", "1.npy"), npyFloats([3, 2], count(6, 12)));
writeFileSync(join(folder, "c.npy"), npyBytes(npyDict(">f4", "(3, 2)"), swapped));
writeFileSync(
  join(folder, "f.npy"),
  npyBytes(npyDict("<f4", "(3, 2)", "True"), bytesOf(Float32Array.of(18, 20, 22, 19, 21, 23))),
);

/** Writes a manifest and gives its path. */
function manifest(value: object, name = "normstream.json"): string {
  writeFileSync(join(folder, name), JSON.stringify({ schema: "normstream/manifest/1", ...value }));
  return join(folder, name);
}

const all = { channel: 0, channelEnd: 2, position: 0, positionEnd: 1 };
async function valuesOf(source: TensorSource, { sample, sampleEnd }: Pick<Region, "sample" | "sampleEnd">): Promise<number[]> {
  using reader = openRegions({ ...source, storage: source.storage as PartsStorage });
  const bytes = new Uint8Array((sampleEnd - sample) * 8);
  await reader.read({ sample, sampleEnd, ...all }, bytes, (source.storage as PartsStorage).slice(sample, sampleEnd));
  return [...widen(bytes, source.dtype, source.bigEndian)];
}

const parts = [
  { name: "a", path: "a.npy", shape: [2, 2] },
  { name: "b", path: "b", shape: [null, 2], format: "npy" },
  { name: "c", path: ["c.npy", "f.npy"], layout: "NC", dtype: "float32", shape: [6, 2] },
];
const splits = {
  ends: ["a", { part: "c", samples: [4, 6] }],
  middle: [{ samples: [1, 8] }],
  "one file": ["a"],
};

test("parts are one tensor in their order, whatever holds them, and so is any range of it", async () => {
  const path = manifest({ parts, splits });
  for (const input of [path, folder]) {
    await using source = await openTensor(input);
    expect(source).toMatchObject({
      name: path,
      shape: [12, 2],
      layout: "NC",
      dtype: "float32",
      storage: { kind: "parts", count: 5 },
    });
    for (let sample = 0; sample < 12; sample++) {
      for (let sampleEnd = sample + 1; sampleEnd <= 12; sampleEnd++) {
        expect(await valuesOf(source, { sample, sampleEnd })).toEqual(count(2 * sample, 2 * sampleEnd));
      }
    }
  }
});

test("a split is its parts and ranges", async () => {
  const path = manifest({ parts, splits });
  await using ends = await openTensor(path, { split: "ends" });
  expect(ends).toMatchObject({ name: `${path}:ends`, shape: [4, 2] });
  expect(await valuesOf(ends, { sample: 0, sampleEnd: 4 })).toEqual([0, 1, 2, 3, 20, 21, 22, 23]);
  await using middle = await openTensor(folder, { split: "middle" });
  for (let sample = 0; sample < 7; sample++) {
    for (let sampleEnd = sample + 1; sampleEnd <= 7; sampleEnd++) {
      expect(await valuesOf(middle, { sample, sampleEnd })).toEqual(count(2 * sample + 2, 2 * sampleEnd + 2));
    }
  }
  await using one = await openTensor(path, { split: "one file" });
  expect(one).toMatchObject({ name: `${path}:one file`, shape: [2, 2], storage: { kind: "file", path: join(folder, "a.npy") } });
  const { format, tensors } = await describeFile(path);
  expect(format).toBe("manifest");
  expect(tensors.map(({ name, shape, files }) => ({ name, shape, files }))).toEqual([
    { name: "ends", shape: [4, 2], files: 2 },
    { name: "middle", shape: [7, 2], files: 4 },
    { name: "one file", shape: [2, 2], files: 1 },
  ]);
});

test("raw data is described by its part, and read in part", async () => {
  writeFileSync(join(folder, "x.bin"), bytesOf(Float32Array.from(count(0, 6))));
  const raw = { path: "x.bin", format: "raw", shape: [3, 2], dtype: "<f4" };
  const path = manifest({ parts: [raw], splits: { last: [{ samples: [1, 3] }] } }, "raw.json");
  await using source = await openTensor(path, { split: "last" });
  expect(await valuesOf(source, { sample: 0, sampleEnd: 2 })).toEqual([2, 3, 4, 5]);
  await expectError(
    () => openTensor(manifest({ parts: [{ ...raw, shape: [null, 2] }] }, "raw.json")),
    "data",
    "raw data needs a shape without null, and a dtype (/parts/0)",
  );
});

test("far parts and far manifests", async () => {
  await using server = await faultyServer(npyFloats([2, 2], count(24, 28)));
  const near = manifest({ parts: ["f.npy", server.url] }, "near.json");
  await using source = await openTensor(near);
  expect(await valuesOf(source, { sample: 2, sampleEnd: 5 })).toEqual(count(22, 28));
  server.bytes = Buffer.from(JSON.stringify({ schema: "normstream/manifest/1", parts: ["../secret.npy"] }));
  await expectError(() => openTensor(`${server.url}/normstream.json`), "data", "leads out of the manifest's folder");
  server.bytes = Buffer.from(JSON.stringify({ schema: "normstream/manifest/1", parts: ["data/{0..1}.npy"] }));
  await expectError(() => openTensor(`${server.url}/normstream.json`), "data", "/data/0.npy, byte 0: is not a .npy file");
});

const NOT: readonly (readonly [string, object, object, "data" | "usage" | "io", string])[] = [
  ["another shape", { parts: [{ path: "a.npy", shape: [3, null] }] }, {}, "data", "a.npy: the part is of another shape than"],
  [
    "its pointer",
    { parts: ["a.npy", { path: "b", shape: [2, 2] }] },
    {},
    "data",
    "expected [2, 2] (/parts/1/shape), found [4, 2]",
  ],
  ["another dtype", { parts: [{ path: "a.npy", dtype: "f8" }] }, {}, "data", "expected f8 (/parts/0/dtype), found float32"],
  ["a dtype that is none", { parts: [{ path: "a.npy", dtype: "x9" }] }, {}, "data", "wrong at /parts/0/dtype"],
  ["another format", { parts: [{ path: "a.npy", format: "idx" }] }, {}, "data", "expected idx (/parts/0/format), found npy"],
  [
    "parts that differ",
    { parts: ["a.npy", "d.npy"] },
    {},
    "data",
    "d.npy: parts of different shapes are no data set; expected [N, 2]",
  ],
  [
    "dtypes that differ",
    { parts: ["a.npy", "e.idx"] },
    { layout: "NC" },
    "data",
    "e.idx: parts of different dtypes are no data set",
  ],
  ["a part that is gone", { parts: ["a.npy", "gone.npy"] }, {}, "io", "gone.npy: cannot open: no such file"],
  ["no such split", { parts, splits }, { split: "test" }, "usage", 'has no split "test". It has ends, middle, one file.'],
  ["no splits", { parts }, { split: "test" }, "usage", "It has none, and 3 parts."],
  [
    "samples beyond the end",
    { parts, splits: { x: [{ part: "b", samples: [2, 5] }] } },
    { split: "x" },
    "data",
    'samples 2 to 5 of part "b" are not there; expected at most 4 (/splits/x/0/samples)',
  ],
  [
    "a layout against it",
    { parts },
    { layout: "NCL" },
    "usage",
    "--layout NCL contradicts the manifest; expected NC (/parts/2/layout)",
  ],
  ["a shape beside it", { parts }, { shape: [12, 2], dtype: "f4" }, "usage", "Write them into its parts."],
];
test.each(NOT)("what is refused: %s", async (_, value, options, kind, message) => {
  writeFileSync(join(folder, "d.npy"), npyFloats([2, 3], count(0, 6)));
  writeFileSync(join(folder, "e.idx"), idxBytes(8, [2, 2], Uint8Array.of(1, 2, 3, 4)));
  await expectError(() => openTensor(manifest(value, "wrong.json"), options), kind, message);
});

test("a split of what is no manifest", async () => {
  await expectError(() => openTensor(join(folder, "a.npy"), { split: "train" }), "usage", "--split goes with a manifest");
});
