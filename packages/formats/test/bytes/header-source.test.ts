import { expect, test } from "vitest";
import { openFileHeaderSource } from "../../src/bytes/header-source.js";
import { scratchFolder } from "../scratch.js";

const scratch = scratchFolder();

test.each([10, 1024, 1025, 5000])("any range of %i bytes, within the head and beyond", async (size) => {
  const data = Uint8Array.from({ length: size }, (_, i) => (i * 7) & 255);
  await using source = await openFileHeaderSource(scratch.write(`${size}`, data));
  for (const [from, length] of [
    [0, 16],
    [4, 6],
    [1000, 24],
    [1000, 25],
    [1024, 10],
    [0, size],
    [size - 3, 10],
    [size + 5, 10],
  ] as const) {
    expect(await source.read(from, length)).toEqual(data.slice(from, from + length));
  }
  // What is given away is the caller's own.
  (await source.read(0, 4)).fill(99);
  expect(await source.read(0, 4)).toEqual(data.slice(0, 4));
});
