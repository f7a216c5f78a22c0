import { crc32, deflateRawSync } from "node:zlib";
import type { TensorSource } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import { describeFile, fileByteSource, openTensor, readVector } from "../../src/index.js";
import { hasNumpy, python } from "../python.js";
import { npyBytes, npyDict, npyFloats, type SampleMember, withZip64End, zipBytes } from "../sample-bytes.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();
const values = [1, 2, 3, 4, 5, 6];
const array = npyFloats([2, 3], values);
const data = array.subarray(-24);

async function readStream(tensor: TensorSource): Promise<Uint8Array> {
  if (tensor.storage.kind !== "stream") throw new Error("not a stream");
  const chunks: Uint8Array[] = [];
  for await (const chunk of tensor.storage.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test("a stored member is read by position", async () => {
  const path = scratch.write("stored.npz", zipBytes([{ name: "images.npy", data: array }]));
  const tensor = await openTensor(path);
  expect(tensor).toMatchObject({
    format: "npz",
    name: path,
    shape: [2, 3],
    dtype: "float32",
    byteLength: 24,
    storage: { kind: "file", path },
  });
  if (tensor.storage.kind !== "file") throw new Error("not a file");
  using source = fileByteSource(path, tensor.storage.identity);
  const target = new Uint8Array(24);
  source.read(target, tensor.storage.byteOffset);
  expect(target).toEqual(Uint8Array.from(data));
});

test("a deflated member is streamed, again each time", async () => {
  const path = scratch.write("deflated.npz", zipBytes([{ name: "images.npy", data: array, deflate: true }]));
  const tensor = await openTensor(path);
  expect(tensor).toMatchObject({ format: "npz", shape: [2, 3], byteLength: 24, storage: { kind: "stream" } });
  expect(Buffer.compare(await readStream(tensor), data)).toBe(0);
  expect(Buffer.compare(await readStream(tensor), data)).toBe(0);
});

describe("several members", () => {
  const path = () =>
    scratch.write(
      "several.npz",
      zipBytes([
        { name: "images.npy", data: array, deflate: true },
        { name: "nested/weights.npy", data: npyBytes(npyDict(">f8", "(2,)"), new Uint8Array(16)) },
        { name: "labels.npy", data: npyBytes(npyDict("<i8", "(1,)"), new Uint8Array(8)) },
        { name: "meta.json", data: Buffer.from("{}") },
      ]),
    );

  test("have to be selected, with or without .npy", async () => {
    await expectError(() => openTensor(path()), "usage", path(), "holds 3 tensors", "--select: images, nested/weights, labels");
    await expectError(() => openTensor(path(), { select: "weights" }), "usage", 'no tensor "weights"', "images, nested/weights");
    expect(await openTensor(path(), { select: "images" })).toMatchObject({ name: `${path()}:images`, shape: [2, 3] });
    expect(await openTensor(path(), { select: "images.npy" })).toMatchObject({ name: `${path()}:images` });
    expect(await readVector(path(), { select: "nested/weights" })).toEqual(new Float64Array(2));
    await expectError(() => openTensor(path(), { select: "labels" }), "data", `${path()}:labels`, "dtype int64", "int32");
  });

  test("are all listed", async () => {
    const { format, tensors } = await describeFile(path());
    expect(format).toBe("npz");
    expect(tensors.map(({ name, dtype, shape, packing, byteLength }) => [name, dtype, shape, packing, byteLength])).toEqual([
      ["images", "float32", [2, 3], "deflated", 24],
      ["nested/weights", "float64", [2], "stored", 16],
      ["labels", "int64", [1], "stored", 8],
    ]);
    expect(tensors.map(({ problem }) => problem !== undefined)).toEqual([false, false, true]);
  });
});

describe("archives that are refused at once", () => {
  const one = (changes: Partial<SampleMember>) => zipBytes([{ name: "a.npy", data: array, ...changes }]);
  const good = one({});
  const endless = Uint8Array.from(good);
  endless.fill(0xff, -12, -10);
  test.each<[string, Uint8Array, string[]]>([
    ["climbing name", one({ name: "../a.npy" }), ["is not a valid zip archive", "invalid relative path: ../a.npy"]],
    ["absolute name", one({ name: "/a.npy" }), ["absolute path: /a.npy"]],
    ["drive name", one({ name: "C:/a.npy" }), ["absolute path: C:/a.npy"]],
    ["encrypted", one({ flags: 1, byteLength: array.length - 12 }), ["is encrypted", "password"]],
    [
      "bzip2",
      one({ method: 12 }),
      ['member "a.npy" is packed by an unknown method', "expected 0 (stored) or 8 (deflated)", "found 12", "np.savez"],
    ],
    ["stored of another size", one({ byteLength: 5 }), ["size mismatch"]],
    ["local header of another name", one({ localName: "b.npy" }), ['contradicts itself about "a.npy"', "byte 0", '"b.npy"']],
    ["cut", good.subarray(0, -30), ["End of central directory record signature not found", "Copy or write the file again"]],
    ["cut in the data", Buffer.concat([good.subarray(0, 50), good.subarray(70)]), ["is not a valid zip archive"]],
    ["more entries than it has", endless, ["is not a valid zip archive"]],
    ["zip64 records at a byte that no file has", withZip64End(good, 2n ** 54n), ["byte 18014398509481984 leaves the file"]],
    ["member outside", one({ headerOffset: 1_000_000 }), ["byte 1000000 leaves the file"]],
    ["no member", zipBytes([]), ["holds no tensor"]],
    ["no .npy member", zipBytes([{ name: "a.txt", data: array }]), ["holds no tensor"]],
    ["member that is no array", one({ data: Buffer.from("hello world, hello") }), ["a.npy", "is not a .npy file"]],
    ["stored header that lies", one({ data: array.subarray(0, -1) }), ["a.npy", "the data is truncated", "24 of data"]],
    [
      "deflated header that lies",
      one({ data: array.subarray(0, -1), deflate: true }),
      ["a.npy", "the data is truncated", "24 of data"],
    ],
    ["deflated header cut", one({ data: array.subarray(0, 30), deflate: true }), ["a.npy", "the header leaves the file"]],
  ])("%s", async (name, bytes, parts) => {
    const path = scratch.write(`${name}.npz`, bytes);
    await expectError(() => openTensor(path), "data", path, ...parts);
  });

  test("two members with one name, and members that overlap", async () => {
    const twice = scratch.write(
      "twice.npz",
      zipBytes([
        { name: "a.npy", data: array },
        { name: "a.npy", data: array },
      ]),
    );
    await expectError(() => openTensor(twice), "data", twice, 'holds "a.npy" twice');
    // The second member's header stands inside the first one's data.
    const inner = zipBytes([{ name: "b.npy", data: array }]).subarray(0, 35 + array.length);
    const overlap = scratch.write(
      "overlap.npz",
      zipBytes([
        { name: "a.npy", data: inner },
        { name: "b.npy", data: array, headerOffset: 35 },
      ]),
    );
    await expectError(
      () => openTensor(overlap, { select: "a" }),
      "data",
      overlap,
      'member "b.npy" overlaps another one',
      "byte 35",
    );
    const directory = scratch.write(
      "directory.npz",
      zipBytes([{ name: "a.npy", data: array, packed: array, byteLength: array.length + 20 }]),
    );
    await expectError(() => openTensor(directory), "data", directory);
  });
});

describe("deflated members that fail when they are read", () => {
  const zeros = npyBytes(npyDict("<f4", "(2, 3)"), new Uint8Array(24));
  const bomb = deflateRawSync(Buffer.concat([zeros, Buffer.alloc(50_000_000)]));
  test.each<[string, Partial<SampleMember>, string[]]>([
    ["a bomb: more than declared", { packed: bomb }, ["more data follows than the header says"]],
    [
      "less than declared",
      { packed: deflateRawSync(zeros.subarray(0, -4)), crc: crc32(zeros.subarray(0, -4)) },
      ["the data is truncated", "expected", "found"],
    ],
    ["another checksum", { crc: 1 }, ["the checksum (CRC-32) does not match", "expected 00000001"]],
    [
      "bytes behind the deflated ones",
      { packed: Buffer.concat([deflateRawSync(zeros), Buffer.alloc(9)]) },
      ["9 bytes follow the compressed data"],
    ],
    ["cut deflated data", { packed: deflateRawSync(zeros).subarray(0, -3) }, ["the compressed data is cut off"]],
  ])("%s", async (name, changes, parts) => {
    const path = scratch.write(`${name}.npz`, zipBytes([{ name: "a.npy", data: zeros, deflate: true, ...changes }]));
    const tensor = await openTensor(path);
    await expectError(() => readStream(tensor), "data", `${path}:a.npy`, ...parts);
  });
});

test.skipIf(!hasNumpy)("archives of NumPy: savez, savez_compressed, and zip64 with a comment", async () => {
  const script = `import numpy as np, sys, zipfile, io
a = np.arange(5000).reshape(5, 10, 10, 10)
np.savez(sys.argv[1] + '/numpy.npz', a=a.astype('<f4'), b=a.astype('>u2'))
np.savez_compressed(sys.argv[1] + '/compressed.npz', a=np.asfortranarray(a.astype('<f8')))
with zipfile.ZipFile(sys.argv[1] + '/zip64.npz', 'w', allowZip64=True) as z:
    z.comment = b'a comment'
    with z.open('a.npy', 'w', force_zip64=True) as f: np.lib.format.write_array(f, a.astype('<i2'))`;
  python(script, scratch.folder);
  const expected = Array.from({ length: 5000 }, (_, i) => i);
  expect(await openTensor(scratch.path("numpy.npz"), { select: "b" })).toMatchObject({
    bigEndian: true,
    dtype: "uint16",
    layout: "NCHW",
  });
  expect([...(await readVector(scratch.path("numpy.npz"), { select: "b" }))]).toEqual(expected);
  expect(await openTensor(scratch.path("compressed.npz"))).toMatchObject({ order: "F", storage: { kind: "stream" } });
  expect([...(await readVector(scratch.path("compressed.npz")))]).toEqual(expected);
  expect([...(await readVector(scratch.path("zip64.npz")))]).toEqual(expected);
});
