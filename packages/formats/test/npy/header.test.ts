import type { DType } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import { typeString } from "../../src/npy/element-type.js";
import { encodeNpyHeader } from "../../src/npy/encoder.js";
import { parseNpyHeader } from "../../src/npy/header.js";
import { npyBytes, npyDict } from "../sample-bytes.js";
import { expectError } from "../scratch.js";

const parse = (bytes: Uint8Array) => parseNpyHeader(bytes, { file: "x.npy" });

describe("versions", () => {
  test.each([1, 2, 3] as const)("%d.0", (version) => {
    const bytes = npyBytes(npyDict("<f4", "(2, 3)"), new Uint8Array(24), version);
    expect(parse(bytes)).toMatchObject({ version, shape: [2, 3], order: "C", byteLength: bytes.length - 24 });
  });
});

describe("dtypes", () => {
  test.each<[string, DType, boolean]>([
    ["<f8", "float64", false],
    [">f8", "float64", true],
    ["=f8", "float64", false],
    ["<f4", "float32", false],
    [">f2", "float16", true],
    ["<i4", "int32", false],
    [">i2", "int16", true],
    ["<u2", "uint16", false],
    ["|i1", "int8", false],
    ["|u1", "uint8", false],
    ["<u1", "uint8", false],
  ])("%s", (descr, dtype, bigEndian) => {
    expect(parse(npyBytes(npyDict(descr, "(1,)"))).type).toEqual({ name: dtype, dtype, bigEndian });
  });

  test.each<[string, string, string]>([
    ["'<i8'", "int64", "int32"],
    ["'<u8'", "uint64", "float64"],
    ["'<u4'", "uint32", "float64"],
    ["'|b1'", "bool", "uint8"],
    ["'<c8'", "complex64", "a.real"],
    ["'<c16'", "complex128", "a.real"],
    ["'|O'", "object", "np.stack"],
    ["'|V2'", "void16", ".safetensors"],
    ["'<U7'", "<U7", "float32"],
    ["'<M8[ns]'", "<M8[ns]", "float32"],
    ["[('a', '<f4'), ('b', '<i8')]", "structured", "a['field']"],
  ])("%s is not computed with, and says what to do", (descr, name, hint) => {
    const { type } = parse(npyBytes(`{'descr': ${descr}, 'fortran_order': False, 'shape': (1,)}`));
    expect(type).toMatchObject({ name, dtype: undefined });
    expect(type.hint).toContain(hint);
  });
});

describe("tolerated", () => {
  test.each<[string, string, object]>([
    ["another order of keys", "{'shape': (4,), 'fortran_order': False, 'descr': '<f4'}", { shape: [4] }],
    ["double quotes, no spaces", '{"descr":"<f4","fortran_order":True,"shape":(4,5)}', { shape: [4, 5], order: "F" }],
    ["the long numbers of Python 2", npyDict("<f4", "(4L, 5L)"), { shape: [4, 5] }],
    ["a scalar", npyDict("<f4", "()"), { shape: [] }],
    ["no elements", npyDict("<f4", "(0, 3)"), { shape: [0, 3] }],
    ["Fortran order of one axis is C order", npyDict("<f4", "(4,)", "True"), { order: "C" }],
  ])("%s", (_, dict, expected) => {
    expect(parse(npyBytes(dict))).toMatchObject(expected);
  });
});

const cut = (bytes: Uint8Array, length: number) => bytes.subarray(0, length);
const patched = (bytes: Uint8Array, at: number, ...values: number[]) => {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
};
const good = npyBytes(npyDict("<f4", "(2, 3)"));

describe("refused", () => {
  test.each<[string, Uint8Array, string[]]>([
    ["another magic", patched(good, 0, 0x92), ["byte 0", "is not a .npy file", "expected the magic bytes 93", "found 92 4e"]],
    ["version 4", patched(good, 6, 4), ["byte 6", "unknown version", "expected 1.0, 2.0 or 3.0", "found 4.0"]],
    ["version 1.1", patched(good, 7, 1), ["byte 6", "found 1.1"]],
    ["three bytes", cut(good, 3), ["the header is truncated", "expected at least 12 bytes", "found 3"]],
    ["a cut header", cut(good, 40), ["byte 8", "the header leaves the file", `expected ${good.length} bytes`, "found 40"]],
    [
      "a huge header",
      patched(npyBytes("{}", undefined, 2), 8, 0xff, 0xff, 0xff, 0xff),
      ["too long", "at most 1048576", "found 4294967295"],
    ],
    ["no dict", npyBytes("(1, 2)"), ["byte 10", "the header is not a dict"]],
    [
      "a missing key",
      npyBytes("{'descr': '<f4', 'shape': (1,)}"),
      ["other keys", "expected descr, fortran_order, shape", "found descr, shape"],
    ],
    [
      "one key too many",
      npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}"),
      ["found descr, fortran_order, shape, x"],
    ],
    [
      "descr that is a number",
      npyBytes("{'descr': 4, 'fortran_order': False, 'shape': (1,)}"),
      ["descr in the header is not a type", "found 4"],
    ],
    ["fortran_order 1", npyBytes(npyDict("<f4", "(1,)", "1")), ["fortran_order in the header is not True or False", "found 1"]],
    ["shape that is a number", npyBytes(npyDict("<f4", "(3)")), ["shape in the header is not a tuple", "found 3"]],
    ["shape that is a list", npyBytes(npyDict("<f4", "[3]")), ["shape in the header is not a tuple"]],
    ["a negative extent", npyBytes(npyDict("<f4", "(2, -3)")), ["shape in the header holds", "found -3"]],
    ["an extent True", npyBytes(npyDict("<f4", "(True,)")), ["found true"]],
    [
      "an extent beyond 2^53",
      npyBytes(npyDict("<f4", "(99999999999999999999,)")),
      ["from 0 to 2^53 - 1", "found 100000000000000000000"],
    ],
  ])("%s", async (_, bytes, parts) => {
    await expectError(() => parse(bytes), "data", "x.npy", ...parts);
  });
});

test.each<[readonly number[], DType]>([
  [[], "float64"],
  [[3], "uint8"],
  [[2, 3, 4, 5], "float16"],
  [[1_000_000, 784], "int16"],
])("what the encoder writes of %j %s, the parser reads", (shape, dtype) => {
  const header = encodeNpyHeader(shape, dtype);
  expect(parse(header)).toMatchObject({
    version: 1,
    shape,
    order: "C",
    byteLength: header.length,
    type: { dtype, bigEndian: false },
  });
  expect(header.length % 64).toBe(0);
});

test("bfloat16 has no type string, and says which format has it", async () => {
  expect(typeString("bfloat16")).toBeUndefined();
  await expectError(() => encodeNpyHeader([1, 1], "bfloat16"), "usage", "no bfloat16", ".safetensors");
});
