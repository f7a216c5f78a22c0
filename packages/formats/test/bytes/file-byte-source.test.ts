import { appendFileSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { identityOf } from "../../src/bytes/file-identity.js";
import { fileByteSource } from "../../src/index.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();
const data = Uint8Array.from({ length: 1000 }, (_, i) => i);
const sample = (name: string) => {
  const path = scratch.write(name, data);
  return { path, identity: identityOf(statSync(path)) };
};

test("reads at any position, into shared memory, and fewer bytes only at the end", () => {
  const { path, identity } = sample("a");
  using source = fileByteSource(path, identity);
  expect([source.name, source.byteLength]).toEqual([path, 1000]);
  const target = new Uint8Array(new SharedArrayBuffer(64), 8, 16);
  expect(source.read(target, 500)).toBe(16);
  expect([...target]).toEqual([...data.subarray(500, 516)]);
  expect(source.read(target, 990)).toBe(10);
  expect(source.read(target, 1000)).toBe(0);
  expect(source.read(new Uint8Array(), 0)).toBe(0);
  source[Symbol.dispose]();
});

test("another state of the file is refused", async () => {
  const touched = sample("touched");
  utimesSync(touched.path, 1, 1);
  await expectError(
    () => fileByteSource(touched.path, touched.identity),
    "data",
    touched.path,
    "the file changed after it was opened",
    "as of",
  );
  const grown = sample("grown");
  appendFileSync(grown.path, "x");
  await expectError(
    () => fileByteSource(grown.path, grown.identity),
    "data",
    "the file changed",
    "expected 1000 bytes",
    "found 1001 bytes",
  );
  const replaced = sample("replaced");
  await expectError(() => fileByteSource(replaced.path, { ...replaced.identity, inode: 1 }), "data", "the file was replaced");
  await expectError(() => fileByteSource(scratch.path("none"), replaced.identity), "io", "none", "no such file");
  await expectError(() => fileByteSource(scratch.folder, replaced.identity), "io", "is a folder");
});

test("a file that shrinks while it is read is an error", async () => {
  const { path, identity } = sample("shrinking");
  using source = fileByteSource(path, identity);
  truncateSync(path, 600);
  await expectError(
    () => source.read(new Uint8Array(200), 500),
    "data",
    path,
    "byte 600",
    "the file shrank while it was read",
    "expected 1000 bytes",
  );
  writeFileSync(path, data);
  expect(source.read(new Uint8Array(200), 500)).toBe(200);
});
