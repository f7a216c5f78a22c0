import type { HeaderSource } from "../bytes/header-source.js";
import { inflatedStorage, inflateHead } from "../bytes/inflation.js";
import { npyArray, readNpyHeader } from "../npy/reader.js";
import type { ArrayReader, StoredArray } from "../stored-array.js";
import { zipMembers } from "./archive.js";
import { compressedRange, requirePlainMember, type ZipMember } from "./zip-member.js";

const EXTENSION = ".npy";

/** Reads a `.npz` archive: any number of `.npy` members, stored or deflated; other members are passed over. */
export const readNpz: ArrayReader = async (source) => {
  const members = (await zipMembers(source)).filter((member) => member.name.endsWith(EXTENSION));
  return {
    format: "npz",
    entries: members.map((member) => ({
      name: member.name.slice(0, -EXTENSION.length),
      read: () => arrayOf(member, source),
    })),
  };
};

async function arrayOf(member: ZipMember, source: HeaderSource): Promise<StoredArray> {
  const file = `${source.name}:${member.name}`;
  requirePlainMember(member, source.name);
  if (member.method === 0) {
    const header = await readNpyHeader((length) => source.read(member.byteOffset, Math.min(length, member.byteLength)), file);
    return npyArray(header, member.byteLength, "stored", file, () => ({
      kind: "file",
      path: source.path,
      byteOffset: member.byteOffset + header.byteLength,
      identity: source.identity,
    }));
  }
  const range = compressedRange(member, source);
  const header = await readNpyHeader((length) => inflateHead(range, length), file);
  return npyArray(header, member.byteLength, "deflated", file, (length) => inflatedStorage(range, header.byteLength, length));
}
