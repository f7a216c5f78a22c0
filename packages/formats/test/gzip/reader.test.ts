import { gzipSync } from "node:zlib";
import type { TensorSource } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import { describeFile, openTensor, readVector } from "../../src/index.js";
import { idxBytes, noise, npyFloats } from "../sample-bytes.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();
// Noise, so that it hardly packs, and a byte in the middle is one of the deflated data.
const pixels = Uint8Array.from({ length: 600_000 }, noise(1));
const images = gzipSync(idxBytes(8, [600, 25, 40], pixels));

async function readStream(tensor: TensorSource, signal?: AbortSignal): Promise<Uint8Array> {
  if (tensor.storage.kind !== "stream") throw new Error("not a stream");
  const chunks: Uint8Array[] = [];
  for await (const chunk of tensor.storage.open(signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test("IDX in gzip streams exactly its data, again each time", async () => {
  const path = scratch.write("train-images-idx3-ubyte.gz", images);
  const tensor = await openTensor(path);
  expect(tensor).toMatchObject({
    format: "idx",
    shape: [600, 25, 40],
    layout: "NHW",
    byteLength: 600_000,
    storage: { kind: "stream" },
  });
  expect(Buffer.compare(await readStream(tensor), pixels)).toBe(0);
  expect(Buffer.compare(await readStream(tensor), pixels)).toBe(0);
  expect((await describeFile(path)).tensors).toMatchObject([{ packing: "gzip", byteLength: 600_000 }]);
});

test(".npy in gzip", async () => {
  const path = scratch.write("a.npy.gz", gzipSync(npyFloats([2, 3], [1, 2, 3, 4, 5, 6])));
  expect(await openTensor(path)).toMatchObject({ format: "npy", shape: [2, 3], dtype: "float32", byteLength: 24 });
  expect([...(await readVector(path))]).toEqual([1, 2, 3, 4, 5, 6]);
});

describe("a stream that is not what its header says fails when it is read", () => {
  const body = idxBytes(8, [600, 25, 40], pixels);
  const corrupt = Uint8Array.from(images);
  corrupt.fill(0x55, 300_000, 300_100);
  test.each<[string, Uint8Array, string[]]>([
    ["shorter", gzipSync(body.subarray(0, -5)), ["the data is truncated", "expected 600016 bytes", "found 600011"]],
    [
      "longer",
      gzipSync(Buffer.concat([body, Buffer.alloc(3)])),
      ["more data follows than the header says", "expected 600016 bytes"],
    ],
    ["cut", images.subarray(0, images.length - 20), ["the compressed data is cut off"]],
    ["corrupt", corrupt, ["the compressed data is corrupt"]],
    ["followed by zeros", Buffer.concat([images, Buffer.alloc(7)]), ["7 bytes follow the compressed data"]],
    ["followed by other bytes", Buffer.concat([images, Buffer.from("other")]), ["the compressed data is corrupt", "header"]],
  ])("%s", async (name, bytes, parts) => {
    const path = scratch.write(`${name}.gz`, bytes);
    const tensor = await openTensor(path);
    await expectError(() => readStream(tensor), "data", path, ...parts);
  });
});

test("what is in it has to be IDX or .npy", async () => {
  const path = scratch.write("text.gz", gzipSync("hello"));
  await expectError(() => openTensor(path), "data", path, "expected an IDX or .npy file", "gunzip");
  const cut = scratch.write("cut.gz", images.subarray(0, 5));
  await expectError(() => openTensor(cut), "data", cut, "cut off");
  const named = scratch.write("no-gzip.gz", "hello");
  await expectError(() => openTensor(named), "data", named, "the compressed data is corrupt");
});

test("a file that changed since it was opened is refused", async () => {
  const path = scratch.write("changed.gz", images);
  const tensor = await openTensor(path);
  scratch.write("changed.gz", images.subarray(0, 1000));
  await expectError(
    () => readStream(tensor),
    "data",
    path,
    "the file shrank after it was opened",
    "expected",
    "found 1000 bytes",
  );
});

test("a signal stops the stream", async () => {
  const tensor = await openTensor(scratch.write("abort.gz", images));
  await expectError(() => readStream(tensor, AbortSignal.abort()), "aborted");
});
