import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PartsStorage, Region, TensorSource } from "@normstream/tensor";
import { expect, test } from "vitest";
import { openRegions, openTensor, swapBytes, widen } from "../../src/index.js";
import { bytesOf, npyBytes, npyDict, npyFloats } from "../sample-bytes.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();

function folderOf(files: Readonly<Record<string, Uint8Array>>): string {
  const folder = scratch.fresh("");
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
}

async function valuesOf(source: TensorSource, region: Region): Promise<number[]> {
  using reader = openRegions({ ...source, storage: source.storage as PartsStorage });
  const { sample, sampleEnd, channel, channelEnd, position, positionEnd } = region;
  const count = (sampleEnd - sample) * (channelEnd - channel) * (positionEnd - position);
  const bytes = new Uint8Array(count * 4);
  await reader.read(region, bytes, (source.storage as PartsStorage).slice(sample, sampleEnd));
  return [...widen(bytes, source.dtype, source.bigEndian)];
}

test("files of either byte order and axis order are one tensor", async () => {
  const swapped = bytesOf(Float32Array.of(4, 5, 6, 7));
  swapBytes(swapped, 4);
  const folder = folderOf({
    "a.npy": npyFloats([2, 2], [0, 1, 2, 3]),
    "b.npy": npyBytes(npyDict(">f4", "(2, 2)"), swapped),
    "c.npy": npyBytes(npyDict("<f4", "(3, 2)", "True"), bytesOf(Float32Array.of(8, 10, 12, 9, 11, 13))),
    "d.npy": npyFloats([0, 2], []),
  });
  await using source = await openTensor(folder);
  expect(source).toMatchObject({ shape: [7, 2], layout: "NC", format: "npy", storage: { kind: "parts", count: 3 } });
  const all = { channel: 0, channelEnd: 2, position: 0, positionEnd: 1 };
  expect(await valuesOf(source, { sample: 0, sampleEnd: 7, ...all })).toEqual([...new Array(14).keys()]);
  expect(await valuesOf(source, { sample: 3, sampleEnd: 5, ...all, channel: 1 })).toEqual([7, 9]);
});

test("a file that changes after it was listed is refused", async () => {
  const folder = folderOf({ "a.npy": npyFloats([2, 2], [0, 1, 2, 3]), "b.npy": npyFloats([2, 2], [4, 5, 6, 7]) });
  await using source = await openTensor(folder);
  writeFileSync(join(folder, "new"), npyFloats([2, 2], [4, 5, 6, 8]));
  renameSync(join(folder, "new"), join(folder, "b.npy"));
  const all = { channel: 0, channelEnd: 2, position: 0, positionEnd: 1 };
  expect(await valuesOf(source, { sample: 0, sampleEnd: 2, ...all })).toEqual([0, 1, 2, 3]);
  const late = valuesOf(source, { sample: 0, sampleEnd: 4, ...all });
  await expect(late).rejects.toThrow("b.npy: the file was replaced after it was opened");
});

test("a file that lacks the first axis of the layout is one sample", async () => {
  const folder = folderOf({
    "a.npy": npyFloats([3, 1, 2], [0, 1, 2, 3, 4, 5]),
    "b.npy": npyFloats([3, 1, 2], [6, 7, 8, 9, 10, 11]),
  });
  for (const [layout, channels] of [
    ["NCHW", 3],
    ["NHWC", 2],
  ] as const) {
    await using source = await openTensor(folder, { layout });
    expect(source.shape).toEqual([2, 3, 1, 2]);
    const region = { sample: 1, sampleEnd: 2, channel: 0, channelEnd: channels, position: 0, positionEnd: 6 / channels };
    expect(await valuesOf(source, region)).toEqual([6, 7, 8, 9, 10, 11]);
  }
  await using joined = await openTensor(folder, { layout: "NCL" });
  expect(joined.shape).toEqual([6, 1, 2]);
});

test("headers are read several at a time: told one after the other, and the first error is the one that is told", async () => {
  const names = Array.from({ length: 40 }, (_, i) => `${String(i).padStart(2, "0")}.npy`);
  const files = Object.fromEntries(names.map((name, i) => [name, npyFloats([1, 2], [2 * i, 2 * i + 1])]));
  const opened: number[] = [];
  await using source = await openTensor(folderOf(files), { onOpened: (count) => opened.push(count) });
  expect(opened).toEqual(names.map((_, i) => i + 1));
  const all = { channel: 0, channelEnd: 2, position: 0, positionEnd: 1 };
  expect(await valuesOf(source, { sample: 0, sampleEnd: 40, ...all })).toEqual([...new Array(80).keys()]);
  const damaged = {
    ...files,
    "17.npy": npyFloats([1, 3], [1, 2, 3]),
    "18.npy": bytesOf(Float32Array.of(1)),
    "19.npy": new Uint8Array(),
  };
  await expectError(() => openTensor(folderOf(damaged)), "data", "17.npy: files of different shapes are no data set");
});
