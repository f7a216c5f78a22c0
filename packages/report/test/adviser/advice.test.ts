import { describe, expect, test } from "vitest";
import { type AdviceOptions, adviceOf } from "../../src/adviser/advice.js";
import { scanTable } from "../../src/instances/table-scan.js";
import { PLANTED } from "../planted.js";
import { fashionMnist, type Given, measured, statisticsOfData } from "../tensors.js";

async function adviseOn(given: Given, options: AdviceOptions = {}) {
  await using data = await measured(given, { batchSize: options.batchSize });
  return adviceOf(data.statistics, data.scan, options);
}

describe("the verdict", () => {
  const { mixed, styles, classes, constants, table, one, notFinite } = PLANTED;
  const sorted = classes("sorted");

  test.each([
    ["well-mixed data: batches are steady", mixed(), {}, ["batch"], "sure"],
    ["well-mixed data, small batches", mixed(), { batchSize: 4 }, ["batch"], "sure"],
    ["images of their own styles, tiny batches", styles(), { batchSize: 2 }, ["group"], "sure"],
    ["images of their own styles, large batches", styles(), { batchSize: 128 }, ["batch"], "sure"],
    ["images of their own styles, detection", styles(), { use: "detection", batchSize: 4 }, ["group"], "sure"],
    ["style transfer", styles(), { use: "style" }, ["instance"], "likely"],
    ["generation, no labels: class and style cannot be told apart", styles(), { use: "generation" }, ["instance"], "likely"],
    ["generation, nothing between images", mixed(), { use: "generation" }, ["batch", "instance"], "sure"],
    [
      "generation, but what differs is the class",
      sorted,
      { use: "generation", labels: sorted.labels },
      ["batch", "group"],
      "sure",
    ],
    ["style, but what differs is the class", sorted, { use: "style", batchSize: 4, labels: sorted.labels }, ["group"], "sure"],
    ["constant channels are left out", constants(), {}, ["batch"], "sure"],
    ["a table, large batches", table(), { batchSize: 200 }, ["batch"], "likely"],
    ["a table, tiny batches", table(), { batchSize: 4 }, ["layer"], "likely"],
    ["a batch of one row of a table", table(), { batchSize: 1 }, ["layer"], "likely"],
    ["one instance", one(), {}, ["batch", "group"], "undecided"],
    ["NaN: finite values decide", notFinite(), {}, ["batch"], "sure"],
    ["few samples are not enough to be sure", styles(20), { batchSize: 4 }, ["group"], "likely"],
    ["a batch of all samples says nothing", styles(20), { batchSize: 32 }, ["batch", "group"], "undecided"],
  ] as const)("%s", async (_, given, options, norms, certainty) => {
    const { verdict } = await adviseOn(given, options);
    expect({ norms: verdict.norms, certainty: verdict.certainty }).toEqual({ norms, certainty });
  });

  test("says what is impossible, and why", async () => {
    const { verdict } = await adviseOn(PLANTED.table(), { batchSize: 1 });
    expect(verdict.impossible.map(({ norm }) => norm)).toEqual(["batch", "instance", "group"]);
    expect(verdict.reasons).toContain("BN is not possible: a batch of one row has one value a channel.");
  });

  test("quotes the figures it goes by", async () => {
    const { images, labels } = fashionMnist();
    const given = { shape: [10_000, 28, 28], data: images, dtype: "uint8", layout: "NHW" } as const;
    const { verdict } = await adviseOn(given, { labels });
    expect(verdict.headline).toBe("BN for classification at batch size 32.");
    expect(verdict.reasons.slice(0, 4)).toEqual([
      "A value moves ±0.0729 σ with its batch-mates; steady from B = 18.",
      "IN is the same at every B, but erases the 13 % of variance that lies between images.",
      "Classes explain 43 % of the variance between images: IN would erase what tells them apart.",
      "Inference matches training after 33 batches (momentum 0.1), to within ±0.075 σ.",
    ]);
    expect(verdict.figures.order).toBeCloseTo(1.05, 2);
  });

  test("opens its caution with NaN", async () => {
    const { verdict } = await adviseOn(PLANTED.notFinite());
    expect(verdict.caution).toMatch(/^2 channels hold NaN or infinities; figures are of finite values\./);
  });

  test("tells sorted data to be shuffled, and mixed data not", async () => {
    const inOrder = await adviseOn(PLANTED.classes("sorted"));
    const inTurn = await adviseOn(PLANTED.classes("mixed"));
    expect(inOrder.verdict.reasons.join(" ")).toMatch(
      /Consecutive batches are [\d.]+ times as noisy as shuffled ones: shuffle\./,
    );
    expect(inTurn.verdict.reasons.join(" ")).not.toContain("shuffle.");
  });

  test("does not claim noise where the table's rows hold several samples", async () => {
    using statistics = await statisticsOfData(PLANTED.styles(), { perInstance: false });
    const { verdict, noise, gap } = adviceOf(statistics, await scanTable(statistics));
    expect({ noise, gap, certainty: verdict.certainty }).toEqual({ noise: null, gap: null, certainty: "undecided" });
    expect(verdict.reasons[0]).toBe("The table's rows hold 64 samples each, so how single samples differ cannot be told.");
  });
});

describe("the interval of J", () => {
  test("holds the J of the distribution in nine of ten draws and more", async () => {
    let held = 0;
    const draws = 30;
    const large = await adviseOn(PLANTED.styles(4000), { batchSize: 4 });
    const truth = large.verdict.figures.j as number;
    const { shape, data } = PLANTED.styles(4000);
    const perPart = 120 * 3 * 64;
    for (let i = 0; i < draws; i++) {
      const part = { shape: [120, ...shape.slice(1)], data: Array.from(data).slice(i * perPart, (i + 1) * perPart) };
      const { figures } = (await adviseOn(part, { batchSize: 4 })).verdict;
      if ((figures.jLow as number) <= truth && truth <= (figures.jHigh as number)) held++;
    }
    // F differs between N = 120 and 4000 by 1 %; the median of 3 channels makes the interval wide rather than narrow.
    expect(held).toBeGreaterThanOrEqual(0.85 * draws);
  });
});

test.each([
  [{ batchSize: 0 }, "batch size 0; expected a whole number of 1 or more"],
  [{ batchSize: 2.5 }, "batch size 2.5"],
  [{ momentum: 0 }, "momentum 0; expected a number above 0 and up to 1, or null"],
  [{ momentum: Number.NaN }, "momentum NaN"],
  [{ labels: [1, 2, 3] }, "3 labels for 400 samples; expected one label for each sample"],
] as const)("%j is refused", async (options, message) => {
  await expect(adviseOn(PLANTED.mixed(), options)).rejects.toThrow(message);
});
