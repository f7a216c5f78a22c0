import type { DType } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import { isIdx, parseIdxHeader } from "../../src/idx/header.js";
import { openTensor } from "../../src/index.js";
import { idxBytes } from "../sample-bytes.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();

test.each<[number, DType, number]>([
  [0x08, "uint8", 1],
  [0x09, "int8", 1],
  [0x0b, "int16", 2],
  [0x0c, "int32", 4],
  [0x0d, "float32", 4],
  [0x0e, "float64", 8],
])("type 0x%s is %s", async (type, dtype, size) => {
  const path = scratch.write(`t${type}-idx4-ubyte`, idxBytes(type, [2, 1, 3, 4], new Uint8Array(24 * size)));
  expect(await openTensor(path)).toMatchObject({
    format: "idx",
    dtype,
    shape: [2, 1, 3, 4],
    layout: "NCHW",
    order: "C",
    bigEndian: size > 1,
    byteLength: 24 * size,
    storage: { kind: "file", byteOffset: 20 },
  });
});

test("rank 3 is samples of one channel, rank 2 rows of channels, unless said otherwise", async () => {
  const images = scratch.write("images", idxBytes(8, [2, 3, 4], new Uint8Array(24)));
  expect(await openTensor(images)).toMatchObject({ layout: "NHW" });
  expect(await openTensor(images, { layout: "NCL" })).toMatchObject({ layout: "NCL" });
  const rows = scratch.write("rows", idxBytes(8, [2, 12], new Uint8Array(24)));
  expect(await openTensor(rows)).toMatchObject({ layout: "NC" });
});

test("labels (rank 1) have no channels", async () => {
  const path = scratch.write("labels-idx1-ubyte", idxBytes(8, [24], new Uint8Array(24)));
  await expectError(
    () => openTensor(path),
    "usage",
    path,
    "shape [24] has no samples and channels",
    "rank 2 (NC)",
    "found rank 1",
  );
});

describe("refused", () => {
  test.each<[string, Uint8Array, string[]]>([
    [
      "data cut short",
      idxBytes(8, [2, 3, 4], new Uint8Array(23)),
      ["the data is truncated", "expected 40 bytes (16 of header, 24 of data)", "found 39"],
    ],
    ["bytes behind the data", idxBytes(8, [2, 3, 4], new Uint8Array(25)), ["1 byte follows the data", "found 41"]],
    [
      "a cut header",
      idxBytes(8, [2, 3, 4], new Uint8Array()).subarray(0, 10),
      ["the header is truncated", "expected 16 bytes for 3 axes", "found 10"],
    ],
    ["an unknown type", idxBytes(10, [2], new Uint8Array(2)), ["byte 2", "unknown type", "0x08 (uint8)", "found 0x0a"]],
    ["no zeros", Uint8Array.of(1, 0, 8, 1, 0, 0, 0, 1, 0), ["byte 0", "is not an IDX file", "found 1 0"]],
    ["two bytes", Uint8Array.of(0, 0), ["the header is truncated", "expected at least 4 bytes", "found 2"]],
    ["too many elements", idxBytes(8, [2 ** 32 - 1, 2 ** 32 - 1, 9], new Uint8Array(2)), ["byte 4", "too many elements"]],
  ])("%s", async (name, bytes, parts) => {
    const path = scratch.write(`${name}.idx`, bytes);
    await expectError(() => openTensor(path), "data", path, ...parts);
  });
});

test("the parser looks at the header alone", () => {
  expect(parseIdxHeader(idxBytes(14, [3, 5], new Uint8Array(1)), {})).toEqual({
    dtype: "float64",
    shape: [3, 5],
    byteLength: 12,
    dataByteLength: 120,
    layout: undefined,
  });
  expect([
    isIdx(Uint8Array.of(0, 0, 8, 1)),
    isIdx(Uint8Array.of(0, 0, 8, 0)),
    isIdx(Uint8Array.of(0, 0, 7, 1)),
    isIdx(Uint8Array.of(0, 0, 8)),
  ]).toEqual([true, false, false, false]);
});
