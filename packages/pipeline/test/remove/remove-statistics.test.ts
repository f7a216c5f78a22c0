import { ROW } from "@normstream/moments";
import type { NormstreamError } from "@normstream/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeTables, removeStatistics, removeSummary, type Statistics, writeTable } from "../../src/index.js";
import { sampleValues, tableFolder } from "../table-samples.js";

const at = tableFolder();
const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Shapes whose rows hold one sample or many, or end where batches do; samples in units of what can be taken out. */
const cases = fc
  .record({
    kind: fc.constantFrom(
      { planeSize: 300, unit: 1, options: {} },
      { planeSize: 7, unit: 1, options: { perInstance: true } },
      { planeSize: 64, unit: 64, options: {} },
      { planeSize: 64, unit: 100, options: { batchSize: 100 } },
    ),
    channels: fc.integer({ min: 1, max: 3 }),
    before: fc.integer({ min: 0, max: 4 }),
    part: fc.integer({ min: 1, max: 4 }),
    after: fc.integer({ min: 0, max: 4 }),
    ragged: fc.integer({ min: 0, max: 99 }),
    seed: fc.nat(),
  })
  .filter(({ before, after }) => before + after > 0);

/** Statistics of samples `from` to `to` of made-up values, as a data set of their own. */
function slices(planeSize: number, channels: number, options: object, seed: number, samples: number) {
  const values = sampleValues(samples * channels * planeSize, seed);
  return (...ranges: (readonly [number, number])[]): Promise<Statistics> => {
    const parts = ranges.flatMap(([from, to]) =>
      Array.from(values.subarray(from * channels * planeSize, to * channels * planeSize)),
    );
    const shape = [ranges.reduce((sum, [from, to]) => sum + to - from, 0), channels, planeSize];
    return at.statistics(shape, parts, options);
  };
}

describe("laws", () => {
  test("what is left has every bit of a pass over the rest alone, by content and by range, from memory and from files", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ kind: { planeSize, unit, options }, channels, before, part, after, ragged, seed }) => {
        // The last of all may end anywhere.
        const samples = (before + part + after) * unit + (ragged % unit);
        const [from, to] = [before * unit, after === 0 ? samples : (before + part) * unit] as const;
        const slice = slices(planeSize, channels, options, seed, samples);
        using whole = await slice([0, samples]);
        using some = await slice([from, to]);
        using rest = await slice([0, from], [to, samples]);
        using found = await removeStatistics(whole, some);
        expect([found.digest, found.samples]).toEqual([rest.digest, rest.samples]);
        expect(found.rows()).toEqual(rest.rows());
        expect([found.total, found.meanInstanceStd, found.facts.shape]).toEqual([
          rest.total,
          rest.meanInstanceStd,
          rest.facts.shape,
        ]);
        const [wholePath, partPath] = [at.fresh(), at.fresh()];
        await writeTable(wholePath, whole);
        await writeTable(partPath, some);
        using again = await removeStatistics(wholePath, partPath);
        using byRange = await removeStatistics(wholePath, { samples: [from, to] }, { keepTable: false, memoryBytes: 1 });
        expect([again.digest, byRange.digest]).toEqual([rest.digest, rest.digest]);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test("add, then remove: the same bits; the result merges on", async () => {
    const slice = slices(300, 2, {}, 3, 20);
    using a = await slice([0, 9]);
    using b = await slice([9, 20]);
    using both = await mergeTables([a, b]);
    using whole = await slice([0, 20]);
    expect(both.digest).toBe(whole.digest);
    using back = await removeStatistics(both, b);
    expect(back.digest).toBe(a.digest);
    using front = await removeStatistics(both, a);
    expect(front.digest).toBe(b.digest);
    using again = await mergeTables([back, front]);
    expect(again.digest).toBe(whole.digest);
  });
});

describe("where a part stands", () => {
  test("a part that knows its place is taken from there, though its rows stand elsewhere too", async () => {
    const block = sampleValues(5 * 300, 2);
    const values = [...block, ...sampleValues(4 * 300, 3), ...block];
    using whole = await at.statistics([14, 1, 300], values);
    using part = await at.statistics([14, 1, 300], values, { part: { index: 0, of: 2 } });
    using rest = await removeStatistics(whole, part);
    using alone = await at.statistics([7, 1, 300], values.slice(7 * 300));
    expect(rest.digest).toBe(alone.digest);
    using stranger = await at.statistics([5, 1, 300], block);
    await expect(removeStatistics(whole, stranger)).rejects.toThrow(
      "twice, at sample 0 and at sample 9. Say which ones to remove",
    );
    using byRange = await removeStatistics(whole, { samples: [9, 14] });
    using head = await at.statistics([9, 1, 300], values.slice(0, 9 * 300));
    expect(byRange.digest).toBe(head.digest);
  });

  test("places that leave the same rows are one place", async () => {
    using whole = await at.statistics([50, 1, 300], new Float32Array(50 * 300).fill(4));
    using part = await at.statistics([20, 1, 300], new Float32Array(20 * 300).fill(4));
    using rest = await removeStatistics(whole, part);
    using alone = await at.statistics([30, 1, 300], new Float32Array(30 * 300).fill(4));
    expect(rest.digest).toBe(alone.digest);
  });

  test("a part over bands of rows, between others that begin as it does", async () => {
    const start = [1, 2, 3, 1, 2];
    const pattern = [...start, 9, ...start, 8, ...start, 7, 1];
    using whole = await at.statistics(
      [pattern.length, 1, 300],
      pattern.flatMap((x) => new Array(300).fill(x)),
    );
    const wanted = [...start, 8];
    using part = await at.statistics(
      [wanted.length, 1, 300],
      wanted.flatMap((x) => new Array(300).fill(x)),
    );
    using rest = await removeStatistics(whole, part);
    const left = [...start, 9, ...start, 7, 1];
    using alone = await at.statistics(
      [left.length, 1, 300],
      left.flatMap((x) => new Array(300).fill(x)),
    );
    expect(rest.digest).toBe(alone.digest);
  });
});

describe("what is refused, in one line", () => {
  const values = sampleValues(300 * 64, 4);
  const of = (shape: readonly number[], options = {}) => at.statistics(shape, values.subarray(0, product(shape)), options);
  const refusal = async (removal: Promise<Statistics>): Promise<string> => {
    const error = (await removal.then(
      () => expect.unreachable(),
      (thrown) => thrown,
    )) as NormstreamError;
    expect(error).toMatchObject({ name: "NormstreamError", kind: "usage" });
    expect(error.message).not.toContain("\n");
    return error.message;
  };

  test("parts", async () => {
    using whole = await of([10, 1, 300]);
    using changed = await at.statistics([2, 1, 300], values.slice(300, 900).fill(0.5, 599));
    expect(await refusal(removeStatistics(whole, changed))).toContain("its rows are not among those of");
    using wide = await of([4, 2, 300]);
    expect(await refusal(removeStatistics(whole, wide))).toMatch(
      /the part does not fit the whole: channels; expected 1, .* found 2/,
    );
    expect(await refusal(removeStatistics(whole, whole))).toContain("nothing would be left");
    using bare = await at.statistics([10, 1, 300], values.subarray(0, 3000), { keepTable: false } as never);
    expect(await refusal(removeStatistics(bare, whole))).toContain("the table of moments was not kept");
    using coarse = await of([200, 1, 64]);
    using within = await at.statistics([64, 1, 64], values.subarray(32 * 64, 96 * 64));
    expect(await refusal(removeStatistics(coarse, within))).toContain(
      "A row holds 64 samples, and the part's 64 must begin and end where rows do",
    );
  });

  test.each([
    [[0, 0], "no samples 0 to 0"],
    [[-1, 64], "no samples -1 to 64"],
    [[64, 201], "no samples 64 to 201; expected 0 ≤ from < to ≤ 200"],
    [[1, 64], "cut through rows of the table, which holds rows of 64 samples"],
    [[0, 63], "expected multiples of 64 samples"],
    [[0, 200], "nothing would be left"],
  ] as const)("samples %o", async (samples, message) => {
    using whole = await of([200, 1, 64]);
    expect(await refusal(removeStatistics(whole, { samples }))).toContain(message);
  });

  test("what is no table", async () => {
    using whole = await of([10, 1, 300]);
    for (const part of [undefined, null, 5, {}, { samples: 5 }]) {
      expect(await refusal(removeStatistics(whole, part as never))).toContain("the part is no table; expected statistics");
    }
    expect(await refusal(removeStatistics({} as never, whole))).toContain("the whole is no table");
  });

  test("a signal stops it", async () => {
    using whole = await of([10, 1, 300]);
    const removal = removeStatistics(whole, { samples: [0, 2] }, { signal: AbortSignal.abort() });
    await expect(removal).rejects.toMatchObject({ kind: "aborted" });
  });
});

describe("summaries", () => {
  const summaryOf = ({ facts, samples, total }: Statistics) => ({ facts, samples, total });

  test("what is left is within its bounds of a pass over the rest, and unknown extremes are NaN", async () => {
    const slice = slices(300, 2, {}, 6, 20);
    using whole = await slice([0, 20]);
    using part = await slice([8, 12]);
    using rest = await slice([0, 8], [12, 20]);
    const found = removeSummary(summaryOf(whole), summaryOf(part));
    expect([found.samples, found.facts.shape, found.digits.length]).toEqual([16, [16, 2, 300], 2]);
    for (let c = 0; c < 2; c++) {
      const [x, y] = [found.total, rest.total].map((rows) => rows.subarray(c * ROW, (c + 1) * ROW)) as [
        Float64Array,
        Float64Array,
      ];
      const bounds = found.bounds[c];
      expect(x[0]).toBe(y[0]);
      expect(Math.abs((x[1] as number) - (y[1] as number))).toBeLessThan(bounds?.mean ?? 0);
      expect(Math.abs((x[2] as number) - (y[2] as number))).toBeLessThan(bounds?.m2 ?? 0);
      for (const field of [3, 4]) if (!Number.isNaN(x[field])) expect(x[field]).toBe(y[field]);
      expect(found.digits[c]).toBeGreaterThan(9);
    }
    // Out of what is left, once more: by its bounds, not by those of a pass.
    using third = await slice([0, 8]);
    const less = removeSummary(found, summaryOf(third));
    expect(less.bounds[0]?.m2).toBeGreaterThan(found.bounds[0]?.m2 ?? Infinity);
  });

  test("digits that cancel away are refused, and the channel is named", async () => {
    // Channel 1: a part of spread 1e6 about 1e9, in which the rest, of spread 1e-3, is lost.
    const noise = sampleValues(20 * 2 * 300, 1);
    const values = Float32Array.from(noise, (x, i) => {
      const [n, c] = [Math.floor(i / 600), Math.floor(i / 300) % 2];
      return c === 0 ? x : n < 10 ? 1e6 * x : 1 + 1e-6 * x;
    });
    using whole = await at.statistics([20, 2, 300], values);
    using part = await at.statistics([10, 2, 300], values.subarray(0, 10 * 600));
    expect(() => removeSummary(whole, part)).toThrow(
      /channel 1: taking the part out would leave \d certain digits; expected 6 or more/,
    );
    expect(() => removeSummary(part, whole)).toThrow("cannot be a part of");
    expect(() => removeSummary(whole, whole)).toThrow("nothing would be left");
    expect(() => removeSummary(whole, part, { digits: 16 })).toThrow("16 digits; expected a number above 0, up to 15");
    // The tables know.
    using rest = await removeStatistics(whole, part);
    using alone = await at.statistics([10, 2, 300], values.subarray(10 * 600));
    expect(rest.digest).toBe(alone.digest);
  });

  test("others that do not fit are refused", async () => {
    using whole = await at.statistics([4, 2, 300], sampleValues(2400));
    using wide = await at.statistics([2, 3, 300], sampleValues(1800));
    expect(() => removeSummary(whole, wide)).toThrow("the part does not fit the whole; expected float32, 2 channels");
  });
});
