import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { geometryOf, itemSize, type TensorSource } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import {
  createSink,
  describeFile,
  encodeSafetensors,
  openRangeWriter,
  openRegions,
  openTensor,
  readNamedTensors,
  readVector,
  type SmallTensor,
} from "../../src/index.js";
import { partName, seriesOf } from "../../src/safetensors/shard-names.js";
import { bytesOf } from "../sample-bytes.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();
const floats = (name: string, shape: readonly number[], first: number): SmallTensor => {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i);
  return { name, shape, dtype: "float32", bytes: bytesOf(values) };
};

/** A folder as Hugging Face's libraries write one: shards and their index. */
function model(shards: Readonly<Record<string, readonly SmallTensor[]>>, weightMap?: Record<string, unknown>): string {
  const folder = scratch.fresh("-model");
  mkdirSync(folder);
  const map: Record<string, unknown> = {};
  for (const [file, tensors] of Object.entries(shards)) {
    writeFileSync(join(folder, file), encodeSafetensors(tensors));
    for (const { name } of tensors) map[name] = file;
  }
  const index = { metadata: { total_size: 1 }, weight_map: weightMap ?? map };
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
  return folder;
}

/** All elements of a source of float32. */
async function valuesOf(source: TensorSource): Promise<Float32Array> {
  using reader = openRegions(source as never);
  const { samples, channels, planeSize } = geometryOf(source.shape, source.layout);
  const target = new Uint8Array(samples * channels * planeSize * itemSize(source.dtype));
  const region = { sample: 0, sampleEnd: samples, channel: 0, channelEnd: channels, position: 0, positionEnd: planeSize };
  const parts = "slice" in source.storage ? source.storage.slice(0, samples) : undefined;
  await reader.read(region, target, parts);
  return new Float32Array(target.buffer);
}

const TWO_FILES = {
  "model-00001-of-00002.safetensors": [floats("a.weight", [3, 2], 0), floats("b.bias", [4], 10)],
  "model-00002-of-00002.safetensors": [floats("c.weight", [2, 2], 20)],
};

test("an index lists the tensors of all its files, by the folder or by itself", async () => {
  const folder = model(TWO_FILES);
  const index = join(folder, "model.safetensors.index.json");
  for (const path of [folder, index]) {
    const { format, byteLength, tensors } = await describeFile(path);
    expect({ format, byteLength }).toEqual({ format: "safetensors", byteLength: null });
    expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ["a.weight", [3, 2]],
      ["b.bias", [4]],
      ["c.weight", [2, 2]],
    ]);
    await using source = await openTensor(path, { select: "c.weight" });
    expect([...(await valuesOf(source))]).toEqual([20, 21, 22, 23]);
  }
  await expectError(() => openTensor(folder), "usage", "the file holds 3 tensors", "a.weight, b.bias, c.weight");
  expect([...(await readVector(index, { select: "b.bias" }))]).toEqual([10, 11, 12, 13]);
  const { tensors } = await readNamedTensors(index, (name) => name.endsWith(".weight"));
  expect(tensors.map(({ data }) => [...data])).toEqual([
    [0, 1, 2, 3, 4, 5],
    [20, 21, 22, 23],
  ]);
});

test("parts of one tensor are joined along N, whatever their rank", async () => {
  const parts = [0, 1, 2].map((i) => floats(partName("x", i, 3), [i + 1, 2, 2], 100 * i));
  const folder = model({ "one.safetensors": [parts[2] as SmallTensor], "two.safetensors": parts.slice(0, 2) });
  await using source = await openTensor(folder);
  expect(source).toMatchObject({ shape: [6, 2, 2], layout: "NCL", storage: { kind: "parts", count: 3 } });
  expect([...(await valuesOf(source))]).toEqual(parts.flatMap(({ bytes }) => [...new Float32Array(bytes.buffer)]));
});

describe("series of names", () => {
  test.each<[string, string[], [string, number][]]>([
    ["a whole one", ["x-00001-of-00002", "x-00002-of-00002"], [["x", 2]]],
    ["one part of one", ["x-00001-of-00001"], [["x", 1]]],
    [
      "one that lacks a part",
      ["x-00001-of-00003", "x-00003-of-00003"],
      [
        ["x-00001-of-00003", 1],
        ["x-00003-of-00003", 1],
      ],
    ],
    [
      "one whose name is taken",
      ["x", "x-00001-of-00001"],
      [
        ["x", 1],
        ["x-00001-of-00001", 1],
      ],
    ],
    [
      "two of one name",
      ["x-00001-of-00001", "x-00001-of-00002", "x-00002-of-00002"],
      [
        ["x", 1],
        ["x-00001-of-00002", 1],
        ["x-00002-of-00002", 1],
      ],
    ],
    ["a number from 0", ["x-00000-of-00001"], [["x-00000-of-00001", 1]]],
  ])("%s", (_, names, expected) => {
    expect([...seriesOf(names)].map(([name, parts]) => [name, parts.length])).toEqual(expected);
  });
});

test.each<[string, Record<string, unknown> | string, string[]]>([
  ["no JSON", "{", ["is not valid JSON", "byte 1"]],
  ["no map", '{"metadata":{}}', ["is no index of safetensors", "weight_map"]],
  ["a number for a file", { x: 7 }, ['the file of tensor "x" is malformed', "found 7"]],
  ["a file elsewhere", { x: "../secret.safetensors" }, ["the file of tensor", "../secret.safetensors"]],
  ["an absolute file", { x: "/etc/passwd.safetensors" }, ["the file of tensor"]],
  ["no safetensors", { x: "pytorch_model.bin" }, ["a .safetensors file beside the index"]],
  ["a tensor that is not in its file", { q: "model-00002-of-00002.safetensors" }, ['no tensor "q"', "index"]],
])("an index with %s is refused", async (_, content, parts) => {
  const folder = model(TWO_FILES, typeof content === "string" ? undefined : content);
  if (typeof content === "string") writeFileSync(join(folder, "model.safetensors.index.json"), content);
  await expectError(() => openTensor(folder), "data", ...parts);
});

test("a shard that is not there, and parts of different dtypes", async () => {
  await expectError(() => openTensor(model({}, { x: "gone.safetensors" })), "io", "gone.safetensors", "no such file");
  const half = { ...floats(partName("x", 1, 2), [1, 2], 0), dtype: "int32" as const };
  const folder = model({ "a.safetensors": [floats(partName("x", 0, 2), [1, 2], 0), half] });
  await expectError(() => openTensor(folder), "data", "files of different dtypes", "int32");
});

test("an index behind HTTP names files beside it", async () => {
  const folder = model(TWO_FILES);
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? "", "http://localhost");
    if (search !== "?token=1") return void response.writeHead(403).end();
    const bytes = readFileSync(join(folder, decodeURIComponent(pathname.split("/").at(-1) ?? "")));
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const part = bytes.subarray(Number(from), Number(to) + 1);
    response.writeHead(206, {
      etag: '"1"',
      "content-range": `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`,
      "content-length": part.length,
    });
    response.end(part);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/m/model.safetensors.index.json?token=1`;
    await using source = await openTensor(url, { select: "c.weight" });
    expect([...(await valuesOf(source))]).toEqual([20, 21, 22, 23]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

describe("the sink", () => {
  const shape = [7, 3, 5];
  const values = Float32Array.from({ length: 105 }, (_, i) => i - 50.25);
  const bytes = bytesOf(values);

  function writeParts(range: Parameters<typeof openRangeWriter>[0], from: number): void {
    using writer = openRangeWriter(structuredClone(range));
    for (let at = from; at < bytes.length; at += 2 * 37) writer.write(bytes.subarray(at, at + 37), at);
  }

  test("two writers fill shards of whole samples, and the folder appears when it is whole", async () => {
    const path = scratch.fresh("-shards");
    await using sink = await createSink(path, { shape, dtype: "float32", as: "safetensors", fileBytes: 130, name: "x" });
    expect(sink).toMatchObject({ format: "safetensors", isKept: false, needsChecksums: false });
    for (const from of [37, 0]) writeParts(sink.range, from);
    expect(existsSync(path)).toBe(false);
    await sink.commit();
    expect(readdirSync(path)).toEqual([
      ...[0, 1, 2, 3].map((i) => `${partName("model", i, 4)}.safetensors`),
      "model.safetensors.index.json",
    ]);
    expect(JSON.parse(readFileSync(join(path, "model.safetensors.index.json"), "utf8"))).toEqual({
      metadata: { total_size: bytes.length },
      weight_map: Object.fromEntries([0, 1, 2, 3].map((i) => [partName("x", i, 4), `${partName("model", i, 4)}.safetensors`])),
    });
    await using source = await openTensor(path);
    expect(source.shape).toEqual(shape);
    expect(await valuesOf(source)).toEqual(values);
    // Each shard is a file of its own, its header as others read it.
    await using last = await openTensor(join(path, "model-00004-of-00004.safetensors"));
    expect(last).toMatchObject({ shape: [1, 3, 5], storage: { byteOffset: expect.any(Number) } });
    expect(await valuesOf(last)).toEqual(values.subarray(90));
    await expectError(() => createSink(path, { shape, dtype: "float32", as: "safetensors" }), "usage", "the file exists");
    await using second = await createSink(`${path}/`, { shape: [1, 2], dtype: "float32", as: "safetensors", overwrite: true });
    await second.commit();
    expect(readdirSync(path).length).toBe(2);
    expect((await openTensor(path)).name).toBe(path);
  });

  test("a sink that is given up leaves nothing; one that is kept is taken up where sizes are the same", async () => {
    const path = scratch.fresh("-shards");
    const before = readdirSync(scratch.folder);
    const options = { shape, dtype: "float32", as: "safetensors", fileBytes: 130 } as const;
    const given = await createSink(path, options);
    writeParts(given.range, 0);
    await given[Symbol.asyncDispose]();
    expect(readdirSync(scratch.folder)).toEqual(before);
    const kept = await createSink(path, { ...options, keepAs: "0123456789ab" });
    writeParts(kept.range, 0);
    await kept[Symbol.asyncDispose]();
    await using other = await createSink(path, { ...options, fileBytes: 200, keepAs: "0123456789ac" });
    expect(other.isKept).toBe(false);
    await using again = await createSink(path, { ...options, keepAs: "0123456789ab" });
    expect(again.isKept).toBe(true);
    writeParts(again.range, 37);
    await again.commit();
    expect(await valuesOf(await openTensor(path))).toEqual(values);
  });

  test("what stands there and is something else stays; too many files are refused", async () => {
    const path = scratch.fresh("-photos");
    mkdirSync(path);
    writeFileSync(join(path, "mine.txt"), "mine");
    const options = { shape, dtype: "float32", as: "safetensors", overwrite: true } as const;
    await expectError(() => createSink(path, options), "io", "is no folder of safetensors");
    expect(readFileSync(join(path, "mine.txt"), "utf8")).toBe("mine");
    const many = { ...options, shape: [200_000, 1], fileBytes: 4 };
    await expectError(() => createSink(scratch.fresh("-many"), many), "usage", "would be 200000", "--file-bytes");
  });
});
