import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { encodeNpyHeader, openTensor, readVector, readZipMember, writeNpz } from "../../src/index.js";
import { centralDirectory, localHeader } from "../../src/npz/zip-records.js";
import { hasNumpy, python } from "../python.js";
import { bytesOf } from "../sample-bytes.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();
const rows = Float64Array.from({ length: 2 * 3 * 8 }, (_, i) => i / 7);
const members = { "table.npy": [encodeNpyHeader([2, 3, 8], "float64"), bytesOf(rows)], "meta.json": Buffer.from('{"größe":1}') };

test("members come back, in order, and equal members give equal bytes", async () => {
  const path = scratch.fresh(".npz");
  await writeNpz(path, members);
  expect(await openTensor(path)).toMatchObject({ shape: [2, 3, 8], dtype: "float64", layout: "NCL", storage: { kind: "file" } });
  expect(await readVector(path, { select: "table" })).toEqual(rows);
  expect(Buffer.from(await readZipMember(path, "meta.json")).toString()).toBe('{"größe":1}');
  const again = scratch.fresh(".npz");
  await writeNpz(again, members);
  expect(Buffer.compare(readFileSync(path), readFileSync(again))).toBe(0);
});

test("an archive that is there stays, and nothing is left over", async () => {
  const path = scratch.write("there.npz", "old");
  await expectError(() => writeNpz(path, members), "usage", path, "the file exists", "--overwrite");
  expect(readFileSync(path, "utf8")).toBe("old");
  await writeNpz(path, members, { overwrite: true });
  expect(await readVector(path)).toEqual(rows);
  const stopped = scratch.fresh(".npz");
  await expectError(() => writeNpz(stopped, members, { signal: AbortSignal.abort() }), "aborted");
  expect(existsSync(stopped)).toBe(false);
  expect(scratch.partials()).toEqual([]);
});

test.each(["", "/a", "../a", "a/../b", "a//b", "a/", "./a", "C:a", "a\\b", "a\nb"])("%j names no member", async (name) => {
  await expectError(
    () => writeNpz(scratch.path("bad.npz"), { [name]: new Uint8Array() }),
    "usage",
    "cannot name a member",
    "such as data",
  );
});

test("records change to zip64 at 4 GiB and behind it", () => {
  const member = (byteLength: number, headerOffset: number) => ({ name: "a", byteLength, crc: 1, headerOffset });
  const lengths = [member(2 ** 32 - 2, 0), member(2 ** 32 - 1, 0)].map((m) => localHeader(m).length);
  expect(lengths).toEqual([31, 31 + 20]);
  expect(centralDirectory([member(5, 2 ** 32)], 2 ** 32 + 100).length).toBe(47 + 12 + 56 + 20 + 22);
  expect(centralDirectory([member(5, 0)], 100).length).toBe(47 + 22);
});

test.skipIf(!hasNumpy)("Python's zipfile and NumPy read it", async () => {
  const path = scratch.path("größe.npz");
  await writeNpz(path, members);
  const script = `import sys, zipfile, numpy as np
with zipfile.ZipFile(sys.argv[1]) as z: print(z.testzip(), [i.filename for i in z.infolist()], z.infolist()[0].date_time[0])
print(np.load(sys.argv[1])['table'].sum())`;
  const [list, sum] = python(script, path).split("\n");
  expect(list).toBe("None ['table.npy', 'meta.json'] 1980");
  expect(Number(sum)).toBeCloseTo(
    rows.reduce((a, b) => a + b),
    9,
  ); // sums of 48 numbers below 7, in another order
});
