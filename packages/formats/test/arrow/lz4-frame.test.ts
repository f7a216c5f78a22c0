import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decompressLz4Frame } from "../../src/arrow/lz4-frame.js";

const MAGIC = [0x04, 0x22, 0x4d, 0x18];
const word = (value: number) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];

/** A frame by hand: blocks that may refer to each other, no checksums. */
const frame = (...blocks: readonly { readonly bytes: readonly number[]; readonly stored?: boolean }[]) =>
  Uint8Array.from([
    ...MAGIC,
    ...[0x40, 0x40, 0],
    ...blocks.flatMap(({ bytes, stored }) => [...word(bytes.length | (stored ? 0x80000000 : 0)), ...bytes]),
    ...word(0),
  ]);

describe("an LZ4 frame", () => {
  it("is unpacked: literals, matches that overlap, and matches in the block before", () => {
    // "abcd", then 8 bytes from 4 back; next block: 5 bytes from 12 back, then "!".
    const first = [0x44, 97, 98, 99, 100, 4, 0, 0x00];
    const second = [0x01, 12, 0, 0x10, 33];
    const text = Buffer.from(decompressLz4Frame(frame({ bytes: first.slice(0, 7) }, { bytes: second }))).toString();
    expect(text).toBe("abcdabcdabcdabcda!");
  });

  it("holds what is stored as it is", () => {
    const bytes = [...randomBytes(3000)];
    expect([...decompressLz4Frame(frame({ bytes, stored: true }))]).toEqual(bytes);
  });

  it("is refused where it is none, or refers to what is not there", () => {
    expect(() => decompressLz4Frame(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]))).toThrow("no LZ4 frame");
    expect(() => decompressLz4Frame(frame({ bytes: [0x14, 97, 9, 0] }))).toThrow("outside");
    expect(() => decompressLz4Frame(frame({ bytes: [0xf0, 255] }))).toThrow("ends early");
  });
});
