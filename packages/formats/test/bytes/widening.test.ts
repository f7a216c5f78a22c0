import { describe, expect, test } from "vitest";
import { fromFortranOrder, widen } from "../../src/bytes/widening.js";
import { bytesOf } from "../sample-bytes.js";

describe("typed arrays widen as the platform widens them", () => {
  test.each([
    ["float64", Float64Array.of(0.1, -0, Number.NaN, Number.POSITIVE_INFINITY)],
    ["float32", Float32Array.of(0.1, 1e-45, -3e38)],
    ["int32", Int32Array.of(-(2 ** 31), 2 ** 31 - 1)],
    ["int16", Int16Array.of(-32768, 32767)],
    ["uint16", Uint16Array.of(0, 65535)],
    ["int8", Int8Array.of(-128, 127)],
    ["uint8", Uint8Array.of(0, 255)],
  ] as const)("%s", (dtype, array) => {
    const little = bytesOf(array);
    expect(widen(little, dtype, false)).toEqual(Float64Array.from(array));
    // The same from the other byte order, at an odd address.
    const size = array.BYTES_PER_ELEMENT;
    const big = new Uint8Array(little.length + 1).subarray(1);
    for (let i = 0; i < little.length; i++) big[i] = little[i - (i % size) + size - 1 - (i % size)] as number;
    expect(widen(big, dtype, true)).toEqual(Float64Array.from(array));
  });
});

test.each<[number, number]>([
  [0x0000, 0],
  [0x8000, -0],
  [0x0001, 2 ** -24],
  [0x03ff, 1023 * 2 ** -24],
  [0x0400, 2 ** -14],
  [0x3c00, 1],
  [0xc000, -2],
  [0x3555, 0.333251953125],
  [0x7bff, 65504],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xfc00, Number.NEGATIVE_INFINITY],
  [0x7e00, Number.NaN],
])("float16 %i is %d", (bits, value) => {
  expect(widen(bytesOf(Uint16Array.of(bits)), "float16", false)).toEqual(Float64Array.of(value));
});

test.each<[number, number]>([
  [0x3f80, 1],
  [0xc040, -3],
  [0x0001, 2 ** -133],
  [0x7f80, Number.POSITIVE_INFINITY],
  [0x7fc0, Number.NaN],
])("bfloat16 %i is %d", (bits, value) => {
  expect(widen(bytesOf(Uint16Array.of(bits)), "bfloat16", false)).toEqual(Float64Array.of(value));
});

test("Fortran order becomes C order", () => {
  // Element (i, j, k) is i·12 + j·4 + k, standing with i fastest.
  const shape = [2, 3, 4];
  const stored = new Float64Array(24);
  let at = 0;
  for (let k = 0; k < 4; k++) for (let j = 0; j < 3; j++) for (let i = 0; i < 2; i++) stored[at++] = i * 12 + j * 4 + k;
  expect([...fromFortranOrder(stored, shape)]).toEqual(Array.from({ length: 24 }, (_, i) => i));
});
