import type { DType } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import { describeFile, encodeSafetensors, openTensor, readSafetensorsMetadata, readVector } from "../../src/index.js";
import { bytesOf, safetensorsBytes } from "../sample-bytes.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();
const entry = (dtype: string, shape: number[], begin: number, end: number) => ({ dtype, shape, data_offsets: [begin, end] });

test.each<[string, DType, number]>([
  ["F64", "float64", 8],
  ["F32", "float32", 4],
  ["F16", "float16", 2],
  ["BF16", "bfloat16", 2],
  ["I32", "int32", 4],
  ["I16", "int16", 2],
  ["U16", "uint16", 2],
  ["I8", "int8", 1],
  ["U8", "uint8", 1],
])("%s", async (code, dtype, size) => {
  const bytes = safetensorsBytes(
    { __metadata__: { format: "pt" }, x: entry(code, [2, 3], 0, 6 * size) },
    new Uint8Array(6 * size),
  );
  const path = scratch.write(`${code}.safetensors`, bytes);
  expect(await openTensor(path)).toMatchObject({
    format: "safetensors",
    name: path,
    shape: [2, 3],
    dtype,
    order: "C",
    bigEndian: false,
    byteLength: 6 * size,
    storage: { kind: "file", byteOffset: bytes.length - 6 * size },
  });
});

test("several tensors are listed, and one is selected; others may have any dtype", async () => {
  const header = {
    steps: entry("I64", [], 0, 8),
    weights: entry("F32", [2], 8, 16),
    empty: entry("F32", [0, 4], 16, 16),
    packed: entry("F4", [3], 16, 18),
  };
  const data = Buffer.concat([Buffer.alloc(8), bytesOf(Float32Array.of(1.5, -2)), Buffer.alloc(2)]);
  const path = scratch.write("state.safetensors", safetensorsBytes(header, data));
  expect([...(await readVector(path, { select: "weights" }))]).toEqual([1.5, -2]);
  expect(await openTensor(path, { select: "empty" })).toMatchObject({ name: `${path}:empty`, byteLength: 0 });
  await expectError(() => openTensor(path), "usage", "holds 4 tensors", "steps, weights, empty, packed");
  await expectError(
    () => readVector(path, { select: "steps" }),
    "data",
    `${path}:steps`,
    "dtype I64 is not supported",
    "tensor.to(torch.float32)",
  );
  const { tensors } = await describeFile(path);
  expect(tensors.map(({ name, dtype, problem }) => [name, dtype, problem === undefined])).toEqual([
    ["steps", "I64", false],
    ["weights", "float32", true],
    ["empty", "float32", true],
    ["packed", "F4", false],
  ]);
});

describe("refused", () => {
  const eight = new Uint8Array(8);
  const x = (fields: object) => safetensorsBytes({ x: { ...entry("F32", [2], 0, 8), ...fields } }, eight);
  const lying = safetensorsBytes({ x: entry("F32", [2], 0, 8) }, eight);
  const long = Uint8Array.from(lying);
  long[5] = 1;
  const leaving = Uint8Array.from(lying);
  leaving[1] = 1;
  test.each<[string, Uint8Array, string[]]>([
    ["seven bytes", lying.subarray(0, 7), ["the header is truncated", "at least 8 bytes", "found 7"]],
    ["header above 100 MB", long, ["byte 0", "the header is too long", "at most 100000000", "found 1099511627"]],
    ["header that leaves the file", leaving, ["byte 0", "the header leaves the file", `found ${lying.length}`]],
    ["data cut short", lying.subarray(0, -1), ['the data is truncated in tensor "x"', "expected 8 bytes of data", "found 7"]],
    ["bytes behind the data", Buffer.concat([lying, eight]), ["8 bytes follow the data", "expected 8 bytes", "found 16"]],
    ["no JSON", safetensorsBytes("{hello", eight), ["byte 9", "not valid JSON"]],
    ["an array", safetensorsBytes("[]", new Uint8Array()), ["the header is not a JSON object"]],
    ["white space first", safetensorsBytes(" {}", new Uint8Array()), ["the header is not a JSON object"]],
    ["a tensor twice", safetensorsBytes('{"x":1,"x":2}', eight), ['the key "x" once']],
    [
      "metadata that nests",
      safetensorsBytes({ __metadata__: { a: {} } }, new Uint8Array()),
      ["__metadata__", "an object of strings"],
    ],
    ["an entry that is a number", safetensorsBytes({ x: 1 }, eight), ['the entry of tensor "x" is malformed', "an object"]],
    ["one key too many", x({ extra: 1 }), ["the keys data_offsets, dtype, shape", "found data_offsets, dtype, extra, shape"]],
    ["dtype that is a number", x({ dtype: 4 }), ['dtype of tensor "x"']],
    ["shape that holds a string", x({ shape: ["2"] }), ['shape of tensor "x"', "whole numbers"]],
    ["a negative extent", x({ shape: [-2] }), ['shape of tensor "x"']],
    ["three offsets", x({ data_offsets: [0, 4, 8] }), ["data_offsets", "two whole numbers"]],
    ["begin after end", x({ data_offsets: [8, 0] }), ["begin <= end", "found 8 and 0"]],
    ["bytes that do not fit the shape", x({ shape: [3] }), ["expected 12 bytes for shape [3] of F32", "found 8"]],
    ["a shape that overflows", x({ shape: [2 ** 40, 2 ** 40] }), ["too many elements"]],
    [
      "a hole",
      safetensorsBytes({ x: entry("U8", [4], 4, 8) }, eight),
      ["leaves a hole before it", "expected begin 0", "found 4"],
    ],
    [
      "an overlap",
      safetensorsBytes({ a: entry("U8", [6], 0, 6), b: entry("U8", [4], 4, 8) }, eight),
      ['tensor "b" overlaps', "begin 6"],
    ],
    ["no tensor", safetensorsBytes({}, new Uint8Array()), ["holds no tensor"]],
  ])("%s", async (name, bytes, parts) => {
    const path = scratch.write(`${name}.safetensors`, bytes);
    await expectError(() => openTensor(path), "data", path, ...parts);
  });
});

test("small tensors are written for state dicts, int64 counters too", async () => {
  const bytes = encodeSafetensors(
    [
      { name: "running_mean", shape: [2], dtype: "float64", bytes: bytesOf(Float64Array.of(1, 2)) },
      { name: "half", shape: [1], dtype: "bfloat16", bytes: Uint8Array.of(0x80, 0x3f) },
      { name: "num_batches_tracked", shape: [], dtype: "int64", bytes: bytesOf(BigInt64Array.of(7n)) },
    ],
    { source: "größe" },
  );
  const path = scratch.write("written.safetensors", bytes);
  expect([...(await readVector(path, { select: "running_mean" }))]).toEqual([1, 2]);
  expect([...(await readVector(path, { select: "half" }))]).toEqual([1]);
  expect((await describeFile(path)).tensors.map(({ dtype }) => dtype)).toEqual(["float64", "bfloat16", "I64"]);
  expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) % 8).toBe(0);
  await expectError(
    () => encodeSafetensors([{ name: "x", shape: [3], dtype: "float32", bytes: new Uint8Array(8) }]),
    "internal",
    "expected 12 bytes",
  );
});

describe("metadata", () => {
  test("are the strings beside the tensors, or none", async () => {
    const tensors = [{ name: "x", shape: [1], dtype: "uint8" as const, bytes: Uint8Array.of(7) }];
    const path = scratch.write("metadata.safetensors", encodeSafetensors(tensors, { format: "pt", __proto__x: "ä" }));
    expect([...(await readSafetensorsMetadata(path))]).toEqual([
      ["format", "pt"],
      ["__proto__x", "ä"],
    ]);
    expect((await readSafetensorsMetadata(scratch.write("none.safetensors", encodeSafetensors(tensors)))).size).toBe(0);
  });

  test("of a damaged header are refused", async () => {
    const bytes = safetensorsBytes({ __metadata__: { a: 1 } }, new Uint8Array());
    await expectError(() => readSafetensorsMetadata(scratch.write("numbers.safetensors", bytes)), "data", "__metadata__");
    await expectError(
      () => readSafetensorsMetadata(scratch.write("short.safetensors", Uint8Array.of(1, 2))),
      "data",
      "truncated",
    );
  });
});
