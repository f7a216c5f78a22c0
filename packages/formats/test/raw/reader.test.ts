import { expect, test } from "vitest";
import { openTensor } from "../../src/index.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();

test("shape and dtype describe a file without a header", async () => {
  const path = scratch.write("a.bin", new Uint8Array(240));
  expect(await openTensor(path, { shape: [2, 3, 4, 5], dtype: ">i2" })).toMatchObject({
    format: "raw",
    shape: [2, 3, 4, 5],
    dtype: "int16",
    bigEndian: true,
    order: "C",
    layout: "NCHW",
    byteLength: 240,
    storage: { kind: "file", byteOffset: 0 },
  });
});

test("the size has to match exactly", async () => {
  const path = scratch.write("size.raw", new Uint8Array(240));
  await expectError(
    () => openTensor(path, { shape: [2, 31], dtype: "f4" }),
    "data",
    path,
    "truncated",
    "expected 248 bytes",
    "found 240",
  );
  await expectError(
    () => openTensor(path, { shape: [2, 29], dtype: "f4" }),
    "data",
    path,
    "8 bytes follow the data",
    "expected 232 bytes",
  );
  await expectError(() => openTensor(path, { shape: [2 ** 30, 2 ** 30], dtype: "f4" }), "data", "too many elements");
  await expectError(() => openTensor(path, { shape: [2, -1], dtype: "f4" }), "data", "holds -1");
  await expectError(() => openTensor(path, { shape: [2, 30], dtype: "f5" }), "usage", 'unknown dtype "f5"');
});

test("a description is whole, and needed", async () => {
  const path = scratch.write("half.bin", new Uint8Array(240));
  await expectError(() => openTensor(path), "usage", path, "raw data has no header", "--shape and --dtype");
  await expectError(() => openTensor(path, { shape: [60, 1] }), "usage", path, "expected both --shape and --dtype");
});
