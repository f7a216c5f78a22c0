import { NormstreamError } from "@normstream/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holm } from "../../src/compare/channel-shift.js";
import { clusterErrors, countErrors } from "../../src/compare/sampling-error.js";
import { type Comparison, compareStatistics, writeTable } from "../../src/index.js";
import { tableFolder } from "../table-samples.js";
import { drawInstances, random, statisticsOfValues } from "./drawn.js";

const at = tableFolder();
const near = (found: number | undefined, expected: number, tolerance = 1e-10) =>
  expect(Math.abs((found as number) - expected)).toBeLessThanOrEqual(tolerance * Math.max(1e-300, Math.abs(expected)));

/** Mean and variance (correction 0) by the book. */
function direct(values: readonly number[]) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, variance: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length };
}

describe("errors, against their formulas over the values themselves", () => {
  const source = random(5);
  const instances = drawInstances(source, { samples: 23, planeSize: 7, mean: 40, between: 2 });
  const planes = instances.map(([plane]) => Array.from(plane as Float64Array));
  const all = planes.flat();
  const { mean, variance } = direct(all);

  test("equal instances: s² of the instances' means / K, and the jackknife of ln σ² that leaves one out", () => {
    const [found] = clusterErrors(statisticsOfValues({ instances }));
    const k = planes.length;
    const means = planes.map((plane) => direct(plane).mean);
    near(found?.mean, means.reduce((sum, m) => sum + (m - mean) ** 2, 0) / (k - 1) / k / variance);
    near(found?.degreesOfFreedom, k - 1);
    const without = planes.map((_, i) => Math.log(direct(planes.filter((__, j) => j !== i).flat()).variance));
    const average = without.reduce((a, b) => a + b, 0) / k;
    near(found?.logVariance, ((k - 1) / k) * without.reduce((sum, x) => sum + (x - average) ** 2, 0));
    near(found?.logVarianceBias, -(k - 1) * (average - Math.log(variance)), 1e-9);
  });

  test("a last block that is short: each row by its own weight", () => {
    const [found] = clusterErrors(statisticsOfValues({ instances, grain: 4 }));
    const blocks = [0, 4, 8, 12, 16, 20].map((first) => planes.slice(first, first + 4).flat());
    const weights = blocks.map((block) => block.length / all.length);
    const own = blocks.map((block, i) => ({ w: weights[i] as number, e: direct(block).mean - mean }));
    near(found?.mean, own.reduce((sum, { w, e }) => sum + (w * w * e * e) / (1 - w), 0) / variance);
    const u = weights.map((w) => (w * w) / (1 - w));
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    near(found?.degreesOfFreedom, 1 / (sum(weights.map((w) => w * w)) + sum(u) ** 2 - sum(u.map((x) => x * x))));
    // Busing, Meijer and van der Leeden 1999, in their own terms.
    const theta = blocks.map((_, i) => Math.log(direct(blocks.filter((__, j) => j !== i).flat()).variance));
    const whole = Math.log(variance);
    const joint = blocks.length * whole - sum(theta.map((t, i) => (1 - (weights[i] as number)) * t));
    const pseudo = theta.map((t, i) => whole / (weights[i] as number) - (1 / (weights[i] as number) - 1) * t);
    near(
      found?.logVariance,
      sum(pseudo.map((p, i) => (p - joint) ** 2 / (1 / (weights[i] as number) - 1))) / blocks.length,
      1e-9,
    );
  });

  test("values drawn alone: s² / n, whether they have rows or not", () => {
    const singles = all.map((x) => [[x]]);
    const [byRow] = clusterErrors(statisticsOfValues({ instances: singles }));
    const [byCount] = countErrors(statisticsOfValues({ instances: singles }).total);
    near(byRow?.mean, 1 / (all.length - 1));
    near(byCount?.mean, 1 / (all.length - 1));
  });

  test("the whole comparison, by hand", async () => {
    const other = drawInstances(source, { samples: 15, planeSize: 7, mean: 41, between: 2 });
    const b = direct(other.flatMap(([plane]) => Array.from(plane as Float64Array)));
    const { channels } = await compareStatistics(statisticsOfValues({ instances }), statisticsOfValues({ instances: other }));
    const variances = [planes, other.map(([plane]) => Array.from(plane as Float64Array))].map((side) => {
      const means = side.map((plane) => direct(plane).mean);
      return (direct(means).variance * side.length) / (side.length - 1) / side.length;
    }) as [number, number];
    const error = Math.sqrt(variances[0] + variances[1]);
    const [shift] = channels.map((channel) => channel.meanShift);
    near(shift?.shift, b.mean - mean, 1e-9);
    near(shift?.standardError, error);
    near(shift?.t, (b.mean - mean) / error, 1e-9);
    near(shift?.effect, (b.mean - mean) / Math.sqrt((variance + b.variance) / 2), 1e-9);
    near(shift?.degreesOfFreedom, (variances[0] + variances[1]) ** 2 / (variances[0] ** 2 / 22 + variances[1] ** 2 / 14));
  });
});

const worlds = fc.record({
  samples: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })),
  planeSize: fc.constantFrom(1, 3, 8),
  grain: fc.constantFrom(1, 1, 2, 4),
  scale: fc.constantFrom(0, 1e-140, 1, 1e140),
  offset: fc.constantFrom(0, 1, 1e6),
  seed: fc.nat(),
});

describe("laws", () => {
  test("a data set does not differ from itself, and swapping two swaps signs and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async ({ samples, planeSize, grain, scale, offset, seed }) => {
        const source = random(seed);
        const [a, b] = samples.map((n) => {
          const instances = drawInstances(source, { samples: n, planeSize, mean: offset * scale, between: scale, within: scale });
          return statisticsOfValues({ instances, grain });
        }) as [ReturnType<typeof statisticsOfValues>, ReturnType<typeof statisticsOfValues>];
        const same = await compareStatistics(a, a);
        const [own] = same.channels;
        expect([own?.meanShift.shift, own?.stdShift.shift]).toEqual([0, 0]);
        expect(same.verdict).toBe(a.samples < 2 ? "unknown" : "none");
        expect(same.notes[0]).toContain("digests are equal");

        const [[there], [back]] = [(await compareStatistics(a, b)).channels, (await compareStatistics(b, a)).channels];
        for (const key of ["meanShift", "stdShift"] as const) {
          const [x, y] = [there?.[key], back?.[key]];
          expect(x?.shift).toBe(-(y?.shift as number) + 0);
          expect([x?.standardError, x?.p, x?.adjustedP]).toEqual([y?.standardError, y?.p, y?.adjustedP]);
        }
        expect(there?.verdict).toBe(back?.verdict);
        for (const p of [there?.meanShift.p, there?.stdShift.p])
          expect(Number.isNaN(p) || ((p as number) >= 0 && (p as number) <= 1)).toBe(true);
      }),
      { numRuns: 300, seed: 8 },
    );
  });

  test("a scale and an offset common to both sides change no t", async () => {
    const [a, b] = [1, 2].map((seed) => drawInstances(random(seed), { samples: 30, planeSize: 5, between: 1, mean: seed }));
    const moved = (side: Float64Array[][] | undefined) =>
      (side as Float64Array[][]).map((planes) => planes.map((plane) => plane.map((x) => 1e-200 * x + 1e-199)));
    const [plain] = (
      await compareStatistics(
        statisticsOfValues({ instances: a as Float64Array[][] }),
        statisticsOfValues({ instances: b as Float64Array[][] }),
      )
    ).channels;
    const far = [a, b].map((side) =>
      statisticsOfValues({ instances: moved(side).map((planes) => planes.map((x) => x.map((y) => y * 1e150))) }),
    );
    const [scaled] = (await compareStatistics(far[0] as never, far[1] as never)).channels;
    near(scaled?.meanShift.t, plain?.meanShift.t as number, 1e-9);
    near(scaled?.stdShift.t, plain?.stdShift.t as number, 1e-9);
  });
});

test("Holm's adjusted p-values, as R's p.adjust gives them", () => {
  expect(holm([0.01, 0.02, 0.03, 0.04, 0.05])).toEqual([0.05, 0.08, 0.09, 0.09, 0.09]);
  expect(holm([0.5, Number.NaN, 0.001])).toEqual([0.5, Number.NaN, 0.002]);
});

const constant = (value: number, samples: number) =>
  statisticsOfValues({ instances: Array.from({ length: samples }, () => [[value, value, value]]) });
const noisy = (samples: number, seed = 1, extra = {}) =>
  statisticsOfValues({ instances: drawInstances(random(seed), { samples, planeSize: 3 }), ...extra });

describe("what has no spread, no second sample, or is not finite", () => {
  const verdictOf = async (a: ReturnType<typeof constant>, b: ReturnType<typeof constant>) =>
    (await compareStatistics(a, b)).verdict;
  test("constants", async () => {
    expect(await verdictOf(constant(3, 5), constant(3, 4))).toBe("none");
    const { channels } = await compareStatistics(constant(3, 5), constant(4, 4));
    expect(channels[0]?.meanShift).toMatchObject({ shift: 1, standardError: 0, t: Infinity, p: 0, effect: Infinity });
    expect(channels[0]).toMatchObject({ verdict: "shifted", stdShift: { shift: 0, p: 1 } });
    const dead = (await compareStatistics(noisy(60), constant(0, 60))).channels[0];
    expect(dead).toMatchObject({ verdict: "shifted", stdShift: { shift: -Infinity } });
    expect(dead?.stdShift.t).toBeLessThan(-5);
  });
  test("one sample on a side", async () => {
    expect(await verdictOf(noisy(1), noisy(50))).toBe("unknown");
    const { notes, channels } = await compareStatistics(noisy(1), noisy(50, 2));
    expect(notes.join()).toContain("A holds one sample");
    expect(channels[0]?.meanShift.effect).toBeTypeOf("number");
    expect(channels[0]?.meanShift.p).toBeNaN();
  });
  test("values that are not finite", async () => {
    const withNan = (nan: "propagate" | "omit") => {
      const instances = drawInstances(random(4), { samples: 30, planeSize: 3 });
      (instances[7]?.[0] as Float64Array)[1] = Number.NaN;
      return statisticsOfValues({ instances, nan });
    };
    const { verdict, notes } = await compareStatistics(noisy(30), withNan("propagate"));
    expect([verdict, notes.join()]).toEqual([
      "unknown",
      expect.stringContaining("B has a channel with a mean that is not finite"),
    ]);
    expect((await compareStatistics(noisy(30), withNan("omit"))).verdict).toBe("none");
  });
  test("one instance that has all the spread", async () => {
    const instances = Array.from({ length: 20 }, (_, n) => [[0, 0, n === 3 ? 5 : 0]]);
    const { channels, verdict } = await compareStatistics(statisticsOfValues({ instances }), noisy(40));
    expect(channels[0]?.stdShift.standardError).toBeGreaterThan(0);
    expect(verdict).toBe("none");
  });
});

describe("what the errors come from", () => {
  const bases = ({ a }: Comparison) => [a.meanError, a.stdError];
  test.each([
    ["instances", { instances: drawInstances(random(1), { samples: 12, planeSize: 3 }) }, ["instances", "instances"], undefined],
    ["blocks", { instances: drawInstances(random(1), { samples: 12, planeSize: 3 }), grain: 4 }, ["blocks", "blocks"], undefined],
    [
      "one block",
      { instances: drawInstances(random(1), { samples: 12, planeSize: 3 }), grain: 16 },
      ["values", "normal"],
      "treated as independent",
    ],
    [
      "a table of values in blocks",
      { instances: drawInstances(random(1), { samples: 12, planeSize: 1 }), grain: 4 },
      ["values", "blocks"],
      undefined,
    ],
    [
      "no rows",
      { instances: drawInstances(random(1), { samples: 12, planeSize: 3 }), keepTable: false },
      ["values", "normal"],
      "treated as independent",
    ],
    [
      "no rows, single values",
      { instances: drawInstances(random(1), { samples: 12, planeSize: 1 }), keepTable: false },
      ["values", "normal"],
      "normally distributed",
    ],
  ] as const)("%s", async (_, drawn, expected, note) => {
    const comparison = await compareStatistics(statisticsOfValues(drawn), noisy(20, 9));
    expect(bases(comparison)).toEqual(expected);
    if (note) expect(comparison.notes.join()).toContain(note);
    expect(comparison.notes.join()).not.toContain("B has no rows");
  });

  test("a summary is compared as what it is", async () => {
    const { facts, samples, total } = noisy(12);
    const comparison = await compareStatistics({ facts, samples, total }, noisy(12, 2));
    expect(bases(comparison)).toEqual(["values", "normal"]);
    expect(comparison.a.digest).toBeNull();
  });

  test("a table in a file gives what it gives in memory", async () => {
    const path = at.fresh();
    const [a, b] = [noisy(12), noisy(12, 2)];
    await writeTable(path, a);
    expect((await compareStatistics(path, b)).channels).toEqual((await compareStatistics(a, b)).channels);
  });
});

test("bytes against their 255th parts are pointed out", async () => {
  const bytes = Array.from({ length: 9 }, (_, n) => [[0, 13 * n, 255]]);
  const scaled = bytes.map((planes) => planes.map((plane) => plane.map((x) => x / 255)));
  const a = statisticsOfValues({ instances: bytes, dtype: "uint8" });
  const { notes } = await compareStatistics(a, statisticsOfValues({ instances: scaled }));
  expect(notes).toEqual([expect.stringContaining("B lies in 0 to 1, A in 0 to 255")]);
  const other = await compareStatistics(
    a,
    statisticsOfValues({ instances: bytes.map((planes) => [[...(planes[0] as number[]), 7]]) }),
  );
  expect(other.notes).toEqual(["The dtypes differ: uint8 in A, float32 in B.", "The planes differ: 3 in A, 4 in B."]);
});

test.each([
  [{ threshold: 0 }, "threshold 0; expected a number above 0"],
  [{ significance: 1 }, "significance 1; expected"],
])("options %o are refused", async (options, message) => {
  const failed = await compareStatistics(noisy(4), noisy(4), options).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(NormstreamError);
  expect((failed as NormstreamError).message).toContain(message);
});

test("what is no statistics is refused", async () => {
  for (const other of [undefined, null, 5, {}]) {
    await expect(compareStatistics(noisy(4), other as never)).rejects.toMatchObject({ name: "NormstreamError", kind: "usage" });
  }
});

test("other channels are refused, a signal stops", async () => {
  const two = statisticsOfValues({
    instances: [
      [[1], [2]],
      [[2], [3]],
    ],
  });
  await expect(compareStatistics(noisy(4), two)).rejects.toThrow("expected 1, as in drawn, found 2");
  await expect(compareStatistics(noisy(4), noisy(4), { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "aborted" });
});
