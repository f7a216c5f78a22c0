import { NormstreamError } from "@normstream/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryHeaderSource } from "../src/bytes/header-source.js";
import { readIdx } from "../src/idx/reader.js";
import { readNpy } from "../src/npy/reader.js";
import { readNpz } from "../src/npz/reader.js";
import { readSafetensors } from "../src/safetensors/reader.js";
import type { ArrayReader } from "../src/stored-array.js";
import { idxBytes, npyBytes, npyDict, npyFloats, safetensorsBytes, withZip64End, zipBytes } from "./sample-bytes.js";

const RUNS = 25_000;

/** One change of a file: at a place, counted in thousandths of its length so that it shrinks well, to these bytes. */
interface Edit {
  readonly kind: "set" | "insert" | "delete" | "cut";
  readonly permille: number;
  readonly bytes: Uint8Array;
}

const bytes = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 4 }),
  fc
    .constantFrom(
      "0",
      "9999999999999999",
      "-1",
      "(",
      ")",
      "{",
      "}",
      "[",
      "]",
      "'",
      '"',
      ",",
      ":",
      "\\",
      "L",
      "None",
      "<f8",
      "F64",
      "\n",
    )
    .map((text) => Buffer.from(text)),
  fc
    .constantFrom(
      [0, 0, 0, 0],
      [255, 255, 255, 255],
      [255, 255],
      [1, 0, 0, 0, 0, 0, 0, 0],
      [255, 255, 255, 255, 255, 255, 255, 127],
    )
    .map((array) => Uint8Array.from(array)),
);
const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("set", "set", "insert", "delete", "cut"),
    permille: fc.integer({ min: 0, max: 1000 }),
    bytes,
  }),
  { minLength: 1, maxLength: 4 },
);

function mutate(sample: Uint8Array, changes: readonly Edit[]): Uint8Array {
  let result = Buffer.from(sample);
  for (const { kind, permille, bytes: patch } of changes) {
    const at = Math.floor((result.length * permille) / 1000);
    if (kind === "cut") result = result.subarray(0, Math.max(1, at));
    else {
      const skipped = kind === "insert" ? 0 : patch.length;
      result = Buffer.concat([
        result.subarray(0, at),
        kind === "delete" ? Buffer.alloc(0) : patch,
        result.subarray(at + skipped),
      ]);
    }
  }
  return result;
}

/** Reads every array of the file: gives whether it is valid, and fails on anything but a valid result or an error of ours. */
async function isValid(read: ArrayReader, file: Uint8Array): Promise<boolean> {
  let allocated = 0;
  const source = memoryHeaderSource(file, "fuzzed");
  const counted: typeof source = {
    ...source,
    async read(byteOffset, byteLength) {
      const part = await source.read(byteOffset, byteLength);
      allocated = Math.max(allocated, part.length);
      return part;
    },
  };
  try {
    const { entries } = await read(counted, {});
    for (const entry of entries) {
      const array = await entry.read();
      if (array.storage.kind !== "file") throw new Error("a stored array is a file");
      expect(array.byteLength + array.storage.byteOffset).toBeLessThanOrEqual(file.length);
    }
    return true;
  } catch (error) {
    if (!(error instanceof NormstreamError) || error.kind !== "data") throw error;
    expect(error.message).toMatch(/^fuzzed[^\n]*: /);
    return false;
  } finally {
    expect(allocated).toBeLessThanOrEqual(file.length);
  }
}

const entry = (dtype: string, shape: number[], begin: number, end: number) => ({ dtype, shape, data_offsets: [begin, end] });
const array = npyFloats([2, 3], [1, 2, 3, 4, 5, 6]);

test.each<[string, ArrayReader, Uint8Array[]]>([
  [
    "npy",
    readNpy,
    [
      array,
      npyBytes(npyDict("<f8", "(2, 2L)", "True"), new Uint8Array(32), 2),
      npyBytes("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", new Uint8Array(4), 3),
    ],
  ],
  [
    "npz",
    readNpz,
    [
      zipBytes([{ name: "a.npy", data: array }]),
      withZip64End(zipBytes([{ name: "a.npy", data: array }])),
      zipBytes([
        { name: "a.npy", data: array },
        { name: "b/c.npy", data: array },
        { name: "d.txt", data: array },
      ]),
    ],
  ],
  [
    "idx",
    readIdx,
    [idxBytes(8, [2, 3, 4], new Uint8Array(24)), idxBytes(13, [2, 2], new Uint8Array(16)), idxBytes(14, [1], new Uint8Array(8))],
  ],
  [
    "safetensors",
    readSafetensors,
    [
      safetensorsBytes({ x: entry("F32", [2, 3], 0, 24) }, new Uint8Array(24)),
      safetensorsBytes(
        { __metadata__: { format: "pt" }, x: entry("I64", [], 0, 8), y: entry("BF16", [2], 8, 12) },
        new Uint8Array(12),
      ),
    ],
  ],
])("%s: 25,000 mutated headers give a valid result or an error of ours", { timeout: 120_000 }, async (_, read, samples) => {
  for (const sample of samples) expect(await isValid(read, sample)).toBe(true);
  let [valid, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...samples), edits, async (sample, changes) => {
      if (await isValid(read, mutate(sample, changes))) valid++;
      else refused++;
    }),
    { seed: 20, numRuns: RUNS },
  );
  expect(valid + refused).toBe(RUNS);
  // Both outcomes have to be common enough to mean something.
  expect(Math.min(valid, refused)).toBeGreaterThan(RUNS / 1000);
});
