import { readFileSync } from "node:fs";
import { NormstreamError } from "@normstream/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinedNames, mergeTables, writeTable } from "../src/index.js";
import { sampleValues, tableFolder } from "./table-samples.js";

const at = tableFolder();

/** Shapes whose rows hold one sample, or many, or end where batches do. */
const cases = fc.record({
  samples: fc.integer({ min: 1, max: 40 }),
  channels: fc.integer({ min: 1, max: 3 }),
  planeSize: fc.constantFrom(1, 500, 256),
  perInstance: fc.boolean(),
  batchSize: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
  parts: fc.integer({ min: 1, max: 8 }),
  seed: fc.nat(),
});

const bytesOf = async (path: string, merged: Awaited<ReturnType<typeof mergeTables>>) => {
  await writeTable(path, merged);
  return readFileSync(path);
};

/** A permutation of 0 to length − 1 that a seed chooses. */
const shuffled = (length: number, seed: number): number[] =>
  Array.from(sampleValues(length, seed), (key, i) => ({ key, i }))
    .sort((a, b) => a.key - b.key)
    .map(({ i }) => i);

describe("laws", () => {
  test("the parts of an input, in any order, merge to the table of the whole, byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ samples, channels, planeSize, perInstance, batchSize, parts, seed }) => {
        // Planes of one value, many samples a row: large enough for several rows.
        const shape = [planeSize === 1 ? samples * 500 : samples, channels, planeSize];
        const options = { perInstance, batchSize: batchSize && planeSize === 1 ? batchSize * 400 : batchSize };
        const values = sampleValues(
          shape.reduce((a, b) => a * b, 1),
          seed,
        );
        const whole = await at.table(shape, values, options);
        const tables: string[] = [];
        for (let index = 0; index < parts; index++)
          tables.push(await at.table(shape, values, { ...options, part: { index, of: parts } }));
        using merged = await mergeTables(shuffled(parts, seed).map((i) => tables[i] as string));
        expect((await bytesOf(at.fresh(), merged)).equals(readFileSync(whole))).toBe(true);
        // Merging some neighbours first changes nothing.
        const cut = 1 + (seed % parts);
        const halves: string[] = [];
        for (const some of [tables.slice(0, cut), tables.slice(cut)]) {
          if (some.length === 0) continue;
          const path = at.fresh();
          using half = await mergeTables(some);
          await writeTable(path, half);
          halves.push(path);
        }
        using again = await mergeTables(halves.reverse());
        expect(again.digest).toBe(merged.digest);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  test("inputs joined one after the other are the input that holds them all", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        async (counts, seed) => {
          const samples = counts.reduce((a, b) => a + b, 0);
          const values = sampleValues(samples * 2 * 300, seed);
          let first = 0;
          const tables: string[] = [];
          for (const count of counts) {
            tables.push(await at.table([count, 2, 300], values.subarray(first * 600, (first + count) * 600)));
            first += count;
          }
          using whole = await at.statistics([samples, 2, 300], values);
          using merged = await mergeTables(tables);
          expect(merged.digest).toBe(whole.digest);
          expect(merged.moments).toEqual(whole.moments);
          expect(merged.meanInstanceStd).toEqual(whole.meanInstanceStd);
          expect(merged.rows()).toEqual(whole.rows());
          expect(merged.facts).toMatchObject({ shape: [samples, 2, 300], totalSamples: samples, firstSample: 0 });
        },
      ),
      { seed: 2, numRuns: 20 },
    );
  });
});

test("empty parts alone merge to an empty part", async () => {
  const values = sampleValues(6);
  const parts = await Promise.all([0, 1, 2].map((index) => at.table([2, 3], values, { part: { index, of: 4 } })));
  using merged = await mergeTables(parts);
  expect(merged).toMatchObject({ samples: 0, facts: { totalSamples: 2 } });
  expect(Array.from(merged.count)).toEqual([0, 0, 0]);
  expect(Array.from(merged.mean)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
});

describe("tables that do not fit are refused", () => {
  const values = sampleValues(9000);
  const refused: Record<string, [() => Promise<string[]>, string]> = {
    "another number of channels": [
      async () => [await at.table([3, 2, 300], values.subarray(0, 1800)), await at.table([2, 3, 300], values.subarray(0, 1800))],
      "channels; expected 2",
    ],
    "another plane size": [
      async () => [await at.table([3, 1, 300], values.subarray(0, 900)), await at.table([3, 1, 400], values.subarray(0, 1200))],
      "plane size; expected 300",
    ],
    "one row a sample and one for many": [
      async () => [await at.table([9000, 1], values), await at.table([9000, 1], values, { perInstance: true })],
      "samples a row; expected 4096",
    ],
    "an input that ends inside a row, before another": [
      async () => [await at.table([9000, 1], values), await at.table([9000, 1], values)],
      "its 9000 samples end inside a row",
    ],
    "a gap": [
      async () => {
        const part = (index: number) => at.table([9, 1, 300], values.subarray(0, 2700), { part: { index, of: 3 } });
        return [await part(2), await part(0)];
      },
      "samples 3 to 5 are missing",
    ],
    "a part twice": [
      async () => {
        const part = (index: number) => at.table([9, 1, 300], values.subarray(0, 2700), { part: { index, of: 3 } });
        return [await part(1), await part(0), await part(1)];
      },
      "two tables hold sample 3",
    ],
    "parts of inputs of different lengths": [
      async () => [
        await at.table([4, 1, 300], values.subarray(0, 1200), { part: { index: 0, of: 2 } }),
        await at.table([6, 1, 300], values.subarray(0, 1800), { part: { index: 1, of: 2 } }),
      ],
      "parts of different inputs",
    ],
    nothing: [async () => [], "no tables"],
  };

  test.each(Object.keys(refused))("%s", async (name) => {
    const [make, message] = refused[name] as [() => Promise<string[]>, string];
    const error = await mergeTables(await make()).catch((caught) => caught);
    expect(error).toBeInstanceOf(NormstreamError);
    expect(error).toMatchObject({ kind: "usage", message: expect.stringContaining(message) });
  });
});

test("an aborted merge stops", async () => {
  const path = await at.table([3, 1, 300], sampleValues(900));
  await expect(mergeTables([path], { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "aborted" });
});

test("names are joined without repetition, on one line", () => {
  expect(joinedNames(["a", "b", "a"])).toBe("a, b");
  expect(joinedNames(Array.from({ length: 20 }, (_, i) => `${i}`))).toBe("0, 1, 2, 3, 4, 5, 6, 7 and 12 more");
});
