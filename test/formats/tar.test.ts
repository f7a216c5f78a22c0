import { describeFile, openTensor } from "@normstream/formats";
import { expect, test } from "vitest";
import { idx, npyOf } from "../faults/file-bytes.js";
import { longNamed, paxRecord, type TarPart, tar } from "../laws/tar.js";
import { expectError, scratchFolder } from "./scratch.js";

const scratch = scratchFolder();
const two = npyOf([2, 3]);
const write = (parts: readonly TarPart[], end = true) => scratch.write(".tar", tar(parts, end));
async function partsOf(path: string, options = {}) {
  await using source = await openTensor(path, options);
  const { storage, shape } = source;
  if (storage.kind !== "parts") throw new Error(storage.kind);
  return { shape, notes: source.notes, parts: storage.slice(0, shape[0] as number) };
}

test("members are parts, in the archive's order, each where it stands", async () => {
  const path = write([
    { name: "z.npy", data: two },
    { name: "folder/", type: "5" },
    { name: "./folder/a.npy", data: two },
    { name: "folder/link.npy", type: "2" },
    { name: "b.json", data: Buffer.from("{}") },
    { name: "b.npy", data: two, isBinarySize: true },
  ]);
  const { shape, parts, notes } = await partsOf(path);
  expect(shape).toEqual([6, 3]);
  expect(notes).toEqual([`passed over 1 member of ${path} that is no data`]);
  expect(parts.map(({ name, firstSample }) => [name, firstSample])).toEqual([
    [`${path}:z.npy`, 0],
    [`${path}:folder/a.npy`, 2],
    [`${path}:b.npy`, 4],
  ]);
  const header = two.length - 24;
  expect(parts.map(({ storage }) => storage.kind === "file" && storage.byteOffset - header)).toEqual([512, 2048, 4608]);
});

test.each(["pax", "gnu"] as const)("a name that does not fit a header: %s", async (way) => {
  const name = `${"folder/".repeat(30)}é.npy`;
  const { parts } = await partsOf(write([...longNamed(way, name, two), { name: "short.npy", data: two }]));
  expect(parts.map((part) => part.name.replace(/^.*[.]tar:/, ""))).toEqual([name, "short.npy"]);
});

test("a size that stands in an extended header", async () => {
  const { shape } = await partsOf(
    write([
      { name: "x", type: "x", data: paxRecord("size", String(two.length)) },
      { name: "a.npy", data: two, byteLength: 0 },
    ]),
  );
  expect(shape).toEqual([2, 3]);
});

test("an archive without blocks of zeros at its end, and one with more behind them", async () => {
  expect((await partsOf(write([{ name: "a.npy", data: two }], false))).shape).toEqual([2, 3]);
  const path = scratch.write(".tar", Buffer.concat([tar([{ name: "a.npy", data: two }]), Buffer.from("anything")]));
  expect((await partsOf(path)).shape).toEqual([2, 3]);
});

test("a sample of several members of data: one is selected by what stands behind its first dot", async () => {
  const one = idx(8, [2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6));
  const path = write([
    { name: "0.x.npy", data: two },
    { name: "0.y.idx", data: one },
    { name: "1.x.npy", data: two },
    { name: "1.y.idx", data: one },
  ]);
  await expectError(() => openTensor(path), "usage", "the file holds 2 tensors", "Choose with --select: x.npy, y.idx.");
  expect((await partsOf(path, { select: "y.idx" })).shape).toEqual([4, 3]);
  expect((await describeFile(path)).tensors.map(({ name, dtype }) => [name, dtype])).toEqual([
    ["x.npy", "float32"],
    ["y.idx", "uint8"],
  ]);
});

const a = { name: "a.npy", data: two };
const bad: readonly { readonly name: string; readonly bytes: Uint8Array; readonly says: readonly string[] }[] = [
  {
    name: "climbs",
    bytes: tar([{ ...a, name: "a/../../b.npy" }]),
    says: ["byte 0", '"a/../../b.npy" climbs out of the archive'],
  },
  { name: "absolute", bytes: tar([{ ...a, name: "/etc/b.npy" }]), says: ['the name of member "/etc/b.npy" is absolute'] },
  { name: "has a drive", bytes: tar([{ ...a, name: "C:\\b.npy" }]), says: ["is absolute"] },
  { name: "climbs by a long name", bytes: tar(longNamed("pax", `../${"a/".repeat(60)}b.npy`, two)), says: ["climbs out"] },
  { name: "a wrong checksum", bytes: tar([a, { ...a, checksum: 1 }]), says: ["byte 1024", "its checksum does not fit"] },
  { name: "text", bytes: Buffer.alloc(2048, "text"), says: ["byte 0", "its checksum does not fit", "found no number"] },
  { name: "cut in a member", bytes: tar([a]).subarray(0, 600), says: ["byte 0", "the archive is truncated", "found 600"] },
  { name: "cut in a header", bytes: tar([a]).subarray(0, 1200), says: ["byte 1024", "the archive is truncated"] },
  { name: "a size that is none", bytes: withSize("zzz"), says: ["the size in a header of the archive is no number"] },
  {
    name: "a size beyond all",
    bytes: tar([{ name: "a.npy", byteLength: 2 ** 40, isBinarySize: true }]),
    says: ["the archive is truncated"],
  },
  { name: "a file with holes", bytes: tar([{ ...a, type: "S" }]), says: ["is stored with holes"] },
  { name: "no data", bytes: tar([{ ...a, name: "a.txt" }]), says: ["there is no member of data"] },
  {
    name: "an extended header that is none",
    bytes: tar([{ name: "x", type: "x", data: Buffer.from("99 path=a\n") }]),
    says: ["an extended header of the archive is malformed"],
  },
  { name: "a damaged member", bytes: tar([{ ...a, data: two.subarray(0, 90) }]), says: [":a.npy", "the data is truncated"] },
];

/** A header whose size field is this text, and whose checksum fits. */
function withSize(text: string): Buffer {
  const block = Buffer.from(tar([{ name: "a.npy" }]).subarray(0, 512));
  block.write(text.padEnd(12, "\0"), 124);
  block.write("        ", 148);
  block.write(
    `${block
      .reduce((a, b) => a + b, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  return block;
}

test.each(bad)("refused: $name", async ({ bytes, says }) => {
  const path = scratch.write(".tar", bytes);
  await expectError(() => openTensor(path), "data", path, ...says);
});
