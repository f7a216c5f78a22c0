import { expect, test } from "vitest";
import { readVector } from "../src/index.js";
import { bytesOf, idxBytes, npyBytes, npyDict } from "./sample-bytes.js";
import { expectError, scratchFolder } from "./scratch.js";

const scratch = scratchFolder();

test("any rank, flattened in C order", async () => {
  const scalar = scratch.write("scalar.npy", npyBytes(npyDict("<f8", "()"), bytesOf(Float64Array.of(2.5))));
  expect(await readVector(scalar)).toEqual(Float64Array.of(2.5));
  const flat = scratch.write("flat.npy", npyBytes(npyDict(">i2", "(2,)"), Uint8Array.of(1, 0, 0xff, 0xff)));
  expect(await readVector(flat)).toEqual(Float64Array.of(256, -1));
  const fortran = scratch.write("fortran.npy", npyBytes(npyDict("|u1", "(2, 3)", "True"), Uint8Array.of(1, 4, 2, 5, 3, 6)));
  expect(await readVector(fortran)).toEqual(Float64Array.of(1, 2, 3, 4, 5, 6));
  const labels = scratch.write("labels-idx1-ubyte", idxBytes(8, [3], Uint8Array.of(7, 8, 9)));
  expect(await readVector(labels)).toEqual(Float64Array.of(7, 8, 9));
});

test("more than 64 MB is refused before it is read", async () => {
  const path = scratch.write("large.npy", npyBytes(npyDict("|u1", "(8000001,)"), new Uint8Array(8_000_001)));
  await expectError(() => readVector(path), "data", path, "the vector is too large", "at most 8000000 values", "found 8000001");
});

test("a dtype that is not supported", async () => {
  const path = scratch.write("bool.npy", npyBytes(npyDict("|b1", "(3,)"), new Uint8Array(3)));
  await expectError(() => readVector(path), "data", path, "dtype bool is not supported", "astype('uint8')");
});
