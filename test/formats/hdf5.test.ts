import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeFile, openTensor } from "@normstream/formats";
import { expect, test, vi } from "vitest";
import { expectError, scratchFolder } from "./scratch.js";
import { valuesOf } from "./values.js";

const scratch = scratchFolder();
const fixture = join(dirname(fileURLToPath(import.meta.url)), "fixture.h5");
const expected = Array.from({ length: 630 }, (_, i) => i % 101);

const sound = [
  ...["f2", "f4", "f8", "i2", "i4", "u2"].flatMap((code) => [`plain/little-${code}`, `plain/big-${code}`]),
  ...["plain/i1", "plain/u1", "alias"],
  ...["packed/gzip", "packed/gzip-shuffle-checksum", "packed/scale-offset", "packed/resizable"],
];

test.each(sound)("what h5py writes: %s", async (select) => {
  await using source = await openTensor(fixture, { select });
  expect(source).toMatchObject({ format: "hdf5", shape: [6, 3, 5, 7], layout: "NCHW" });
  expect(source.readers?.[0]).toMatch(/^h5wasm/);
  for (const cut of [6, 4, 1]) expect((await valuesOf(source, cut)).values).toEqual(expected);
});

test("labels of axes are a layout", async () => {
  await using source = await openTensor(fixture, { select: "named/images" });
  expect(source).toMatchObject({ shape: [6, 5, 7, 3], layout: "NHWC" });
  expect((await valuesOf(source)).values.slice(0, 4)).toEqual([0, 35, 70, 1]);
});

test("what cannot be read says why, and nothing is printed", async () => {
  const printed = vi.spyOn(console, "error");
  const { tensors } = await describeFile(fixture);
  const problems = tensors.flatMap(({ name, problem }) => (problem === undefined ? [] : [[name, problem.replace(/^.*: /, "")]]));
  expect(problems).toEqual([
    ["other/bool", expect.stringContaining("dtype enum is not supported")],
    ["other/int64", expect.stringContaining("dtype int64 is not supported")],
    ["other/lzf", "h5repack -f GZIP=4 IN OUT."],
    ["other/text", expect.stringContaining("dtype string is not supported")],
  ]);
  await expectError(
    () => openTensor(fixture, { select: "other/lzf" }),
    "data",
    "fixture.h5:other/lzf: is packed by the filter lzf",
  );
  const damaged = readFileSync(fixture);
  for (let at = 2000; at < damaged.length; at += 97) damaged[at] = 0xff;
  const path = scratch.write(".h5", damaged);
  await expectError(() => openTensor(path, { select: "packed/gzip" }), "data", path);
  await expectError(
    () => openTensor(scratch.write(".h5", damaged.subarray(0, 1000))),
    "data",
    "is no HDF5 file that can be read",
  );
  expect(printed).not.toHaveBeenCalled();
});

test("values that are damaged are refused when they are read", async () => {
  const bytes = readFileSync(fixture);
  const path = scratch.write(".h5", bytes);
  await using before = await openTensor(path, { select: "packed/gzip-shuffle-checksum" });
  // The chunks are zlib streams: all of them, spoilt.
  for (let at = bytes.indexOf(Buffer.from([0x78, 0x5e])); at >= 0; at = bytes.indexOf(Buffer.from([0x78, 0x5e]), at + 2)) {
    bytes.fill(0xee, at + 2, at + 12);
  }
  const spoilt = scratch.write(".h5", bytes);
  await using after = await openTensor(spoilt, { select: "packed/gzip-shuffle-checksum" });
  expect((await valuesOf(before)).values).toEqual(expected);
  await expectError(() => valuesOf(after), "data", spoilt, "the values at 0, 0, 0, 0 cannot be read");
});

test("a file that changed since it was opened is refused", async () => {
  const path = scratch.write(".h5", readFileSync(fixture));
  await using source = await openTensor(path, { select: "plain/u1" });
  copyFileSync(fixture, `${path}.new`);
  renameSync(`${path}.new`, path);
  await expectError(() => valuesOf(source), "data", "the file was replaced after it was opened");
});

test("several files are one tensor", async () => {
  const folder = scratch.fresh("");
  mkdirSync(folder);
  for (const name of ["a.h5", "b.h5"]) writeFileSync(join(folder, name), readFileSync(fixture));
  await using source = await openTensor(folder, { select: "packed/gzip" });
  expect(source.shape).toEqual([12, 3, 5, 7]);
  expect(source.storage).toMatchObject({ kind: "parts", count: 2, chunkSamples: 4 });
});
