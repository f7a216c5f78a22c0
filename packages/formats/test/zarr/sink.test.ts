import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DecodedStorage, TensorSource } from "@normstream/tensor";
import { expect, test, vi } from "vitest";
import { createSink, openRangeWriter, openRegions, openTensor } from "../../src/index.js";
import { expectError, scratchFolder } from "../scratch.js";

vi.setConfig({ testTimeout: 60_000 });
const scratch = scratchFolder();
/** Three chunks of two samples each; the last one stands half beyond the end. */
const shape = [5, 3, 1 << 20];
const bytes = new Uint8Array(15 << 20);
for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31 + (i >> 12)) & 255;
const PART = 777_777;

function writeParts(range: Parameters<typeof openRangeWriter>[0], from: number): void {
  using writer = openRangeWriter(structuredClone(range));
  for (let at = from; at < bytes.length; at += 2 * PART) {
    const part = bytes.subarray(at, at + PART);
    const view = new Uint8Array(new SharedArrayBuffer(part.length));
    view.set(part);
    writer.write(view, at);
  }
}

async function bytesOf(source: TensorSource): Promise<Uint8Array> {
  using reader = openRegions({ ...source, storage: source.storage as DecodedStorage });
  const target = new Uint8Array(bytes.length);
  await reader.read({ sample: 0, sampleEnd: 5, channel: 0, channelEnd: 3, position: 0, positionEnd: 1 << 20 }, target);
  expect(reader.takeMissing?.()).toBe(null);
  return target;
}

test("parts that two writers write in any order come back, and the folder appears when it is whole", async () => {
  const path = scratch.fresh(".zarr");
  await using sink = await createSink(path, { shape, dtype: "uint8", layout: "NCL" });
  expect(sink).toMatchObject({ format: "zarr", needsChecksums: false, isKept: false });
  for (const from of [PART, 0]) writeParts(sink.range, from);
  expect(existsSync(path)).toBe(false);
  await sink.commit();
  await expectError(() => sink.commit(), "internal", "already finished");
  expect(readdirSync(join(path, "c"))).toEqual(["0", "1", "2"]);
  await using source = await openTensor(path);
  expect(source).toMatchObject({ format: "zarr", shape, dtype: "uint8", layout: "NCL" });
  expect(Buffer.compare(await bytesOf(source), bytes)).toBe(0);
  expect(readdirSync(scratch.folder).filter((name) => name.startsWith("."))).toEqual([]);
  await expectError(() => createSink(path, { shape, dtype: "uint8" }), "usage", "the file exists", "--overwrite");
  await using second = await createSink(path, { shape: [1, 2], dtype: "float32", overwrite: true });
  await second.commit();
  expect((await openTensor(path)).shape).toEqual([1, 2]);
  expect(readdirSync(scratch.folder).filter((name) => name.startsWith("."))).toEqual([]);
});

test("a sink that is given up leaves nothing; one that is kept is taken up", async () => {
  const path = scratch.fresh(".zarr");
  const given = await createSink(path, { shape, dtype: "uint8" });
  writeParts(given.range, 0);
  await given[Symbol.asyncDispose]();
  expect(readdirSync(scratch.folder).filter((name) => name.startsWith("."))).toEqual([]);
  const kept = await createSink(path, { shape, dtype: "uint8", keepAs: "0123456789ab" });
  writeParts(kept.range, 0);
  await kept[Symbol.asyncDispose]();
  await using again = await createSink(path, { shape, dtype: "uint8", keepAs: "0123456789ab" });
  expect(again.isKept).toBe(true);
  writeParts(again.range, PART);
  await again.commit();
  expect(Buffer.compare(await bytesOf(await openTensor(path)), bytes)).toBe(0);
});

test("what stands there and is no such array is not replaced", async () => {
  const path = scratch.fresh(".zarr");
  mkdirSync(path);
  writeFileSync(join(path, "notes.txt"), "mine");
  await expectError(() => createSink(path, { shape, dtype: "uint8", overwrite: true }), "io", "is no Zarr array of version 3");
  expect(readdirSync(path)).toEqual(["notes.txt"]);
});
