import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { describeFile, encodeNpyHeader, fileByteSource, openTensor, readVector } from "../../src/index.js";
import { hasNumpy, python } from "../python.js";
import { npyBytes, npyDict } from "../sample-bytes.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();

test("opens by reading the header alone", async () => {
  const path = scratch.write("a.npy", npyBytes(npyDict(">i2", "(2, 3, 4, 5)", "True"), new Uint8Array(240)));
  const tensor = await openTensor(path);
  expect(tensor).toMatchObject({
    format: "npy",
    name: path,
    shape: [2, 3, 4, 5],
    dtype: "int16",
    layout: "NCHW",
    order: "F",
    bigEndian: true,
    byteLength: 240,
    storage: { kind: "file", path, identity: { size: readFileSync(path).length } },
  });
  expect(await openTensor(path, { layout: "NHWC" })).toMatchObject({ layout: "NHWC" });
  await tensor[Symbol.asyncDispose]();
});

describe("refused", () => {
  const dict = npyDict("<f4", "(2, 3)");
  test.each<[string, Uint8Array, string[]]>([
    ["data cut short", npyBytes(dict, new Uint8Array(23)), ["the data is truncated", "of header, 24 of data)", "found"]],
    ["bytes behind the data", npyBytes(dict, new Uint8Array(31)), ["7 bytes follow the data", "expected", "found"]],
    ["too many elements", npyBytes(npyDict("<f4", "(4294967296, 4294967296)")), ["too many elements", "2^53 - 1"]],
    ["too many bytes", npyBytes(npyDict("<f8", "(4503599627370496, 2)")), ["too many bytes"]],
    [
      "int64",
      npyBytes(npyDict("<i8", "(1, 1)"), new Uint8Array(8)),
      ["dtype int64 is not supported", "Convert with a.astype('int32')"],
    ],
    ["no bytes", new Uint8Array(), ["the file is empty"]],
    ["three bytes", Uint8Array.of(0x93, 0x4e, 0x55), ["the header is truncated"]],
  ])("%s", async (name, bytes, parts) => {
    const path = scratch.write(`${name}.npy`, bytes);
    await expectError(() => openTensor(path), "data", path, ...parts);
  });

  test("a layout that does not fit, and a rank that has none", async () => {
    const path = scratch.write("rank.npy", npyBytes(dict, new Uint8Array(24)));
    await expectError(() => openTensor(path, { layout: "NCHW" }), "usage", "layout NCHW does not fit shape [2, 3]", "rank 4");
    const flat = scratch.write("flat.npy", npyBytes(npyDict("<f4", "(6,)"), new Uint8Array(24)));
    await expectError(() => openTensor(flat), "usage", flat, "shape [6]", "rank 2 (NC)");
  });

  test("a name to select where there are none", async () => {
    const path = scratch.write("named.npy", npyBytes(dict, new Uint8Array(24)));
    await expectError(() => openTensor(path, { select: "x" }), "usage", path, "has no name", "--select");
  });
});

test("info says what an unsupported dtype would need", async () => {
  const path = scratch.write("info.npy", npyBytes(npyDict("<i8", "(2, 3)"), new Uint8Array(48)));
  const { tensors } = await describeFile(path);
  expect(tensors).toMatchObject([{ name: undefined, shape: [2, 3], dtype: "int64", byteLength: 48, packing: "stored" }]);
  expect(tensors[0]?.problem).toContain("astype('int32')");
});

test("reads behind 4 GiB", async () => {
  // 5 GB, of which the file system stores only what is written: the header and the last bytes.
  const shape = [5_000_000, 1000];
  const header = encodeNpyHeader(shape, "uint8");
  const path = scratch.path("large.npy");
  const file = openSync(path, "w");
  writeSync(file, header);
  ftruncateSync(file, header.length + 5_000_000_000);
  writeSync(file, Uint8Array.of(1, 2, 3), 0, 3, header.length + 4_999_999_997);
  closeSync(file);
  const { storage, byteLength } = await openTensor(path);
  expect(byteLength).toBe(5_000_000_000);
  if (storage.kind !== "file") throw new Error("not a file");
  using source = fileByteSource(path, storage.identity);
  const target = new Uint8Array(new SharedArrayBuffer(8));
  expect(source.read(target, storage.byteOffset + 4_999_999_995)).toBe(5);
  expect([...target]).toEqual([0, 0, 1, 2, 3, 0, 0, 0]);
});

test.skipIf(!hasNumpy)("NumPy writes the same header, and its own files open", async () => {
  const cases: [readonly number[], "float32" | "float64" | "float16" | "int32" | "uint8"][] = [
    [[], "float64"],
    [[7], "float16"],
    [[2, 3], "float32"],
    [[2, 3, 4, 5], "uint8"],
    [[0, 3, 1, 1, 2], "int32"],
  ];
  const script =
    "import numpy as np, sys, json\nfor i, (s, d) in enumerate(json.loads(sys.argv[1])): np.save(f'{sys.argv[2]}/numpy{i}.npy', np.zeros(s, d))";
  python(script, JSON.stringify(cases), scratch.folder);
  for (const [i, [shape, dtype]] of cases.entries()) {
    const bytes = readFileSync(scratch.path(`numpy${i}.npy`));
    const header = encodeNpyHeader(shape, dtype);
    expect(bytes.subarray(0, header.length).toString("latin1")).toBe(Buffer.from(header).toString("latin1"));
  }
  const save =
    "import numpy as np, sys\na = np.arange(24).reshape(2,3,4)\nnp.save(sys.argv[1], np.asfortranarray(a.astype('>f2')))";
  const path = scratch.path("fortran.npy");
  python(save, path);
  expect(await openTensor(path)).toMatchObject({ order: "F", bigEndian: true, dtype: "float16", layout: "NCL" });
  expect([...(await readVector(path))]).toEqual(Array.from({ length: 24 }, (_, i) => i));
});
