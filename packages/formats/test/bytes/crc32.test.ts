import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32, crc32Combine, crc32OfPieces } from "../../src/index.js";
import { expectError } from "../scratch.js";

/** The definition, bit by bit: the plain twin. */
function plainCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test("the check value of CRC-32", () => {
  expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

test("memory that is shared", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(30), 3, 20).fill(9);
  expect(crc32(shared)).toBe(crc32(Uint8Array.from(shared)));
});

test("law: two parts combine to the whole", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const whole = plainCrc32(Buffer.concat([a, b]));
      expect(crc32(b, crc32(a))).toBe(whole);
      expect(crc32Combine(crc32(a), crc32(b), b.length)).toBe(whole);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("lengths beyond 2^32: doubling agrees with one step", () => {
  // CRC of 2^k zeros, by doubling, against k steps at once.
  let crc = crc32(new Uint8Array(1));
  for (let k = 0; k < 40; k++) crc = crc32Combine(crc, crc, 2 ** k);
  const block = crc32(new Uint8Array(1 << 20));
  let blocks = block;
  for (let k = 20; k < 40; k++) blocks = crc32Combine(blocks, blocks, 2 ** k);
  expect(crc).toBe(blocks);
});

test("law: parts in any order", () => {
  const data = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);
  const cuts = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 20 });
  fc.assert(
    fc.property(cuts, fc.integer(), (inner, seed) => {
      const edges = [0, ...inner.sort((a, b) => a - b), 1000];
      const pieces = edges.slice(1).map((end, i) => {
        const byteOffset = edges[i] as number;
        return { byteOffset, byteLength: end - byteOffset, crc: crc32(data.subarray(byteOffset, end)) };
      });
      const shuffled = pieces.map((piece, i) => ({ piece, key: Math.imul(seed + i, 2654435761) })).sort((a, b) => a.key - b.key);
      expect(
        crc32OfPieces(
          shuffled.map(({ piece }) => piece),
          1000,
        ),
      ).toBe(crc32(data));
    }),
    { seed: 2, numRuns: 200 },
  );
});

test.each<[string, [number, number][], string]>([
  [
    "a hole",
    [
      [0, 10],
      [11, 9],
    ],
    "was not written",
  ],
  [
    "an overlap",
    [
      [0, 10],
      [9, 11],
    ],
    "overlap",
  ],
  ["too short", [[0, 10]], "expected 20 bytes, found 10"],
  ["nothing", [], "expected 20 bytes, found 0"],
])("%s is an error", async (_, parts, message) => {
  const pieces = parts.map(([byteOffset, byteLength]) => ({ byteOffset, byteLength, crc: 0 }));
  await expectError(() => crc32OfPieces(pieces, 20), "internal", message);
});
