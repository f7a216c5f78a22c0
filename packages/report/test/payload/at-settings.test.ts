import { beforeAll, describe, expect, test } from "vitest";
import { type Advice, adviceOf } from "../../src/adviser/advice.js";
import { gapView } from "../../src/build/curves-view.js";
import { buildReport } from "../../src/build/report.js";
import { gapAt, verdictAt } from "../../src/payload/at-settings.js";
import { decodeReport } from "../../src/payload/decode.js";
import { encodeReport } from "../../src/payload/encode.js";
import { type Report, USES } from "../../src/report.js";
import { PLANTED } from "../planted.js";
import { fashionMnist, type Given, measured } from "../tensors.js";

type Labelled = Given & { readonly labels?: ArrayLike<number> };

const { images, labels } = fashionMnist();
const DATA: Record<string, Labelled> = {
  "Fashion-MNIST": { shape: [10_000, 28, 28], data: images, dtype: "uint8", layout: "NHW", labels },
  "styles that differ by image": PLANTED.styles(),
  "sorted classes": PLANTED.classes("sorted"),
  "constant channels": PLANTED.constants(),
  "a table": PLANTED.table(),
};

const SETTINGS = [2, 8, 64, 1000].flatMap((batchSize, i) =>
  USES.map((use) => ({ batchSize, use, momentum: i % 2 ? null : 0.1 })),
);

describe.each(Object.entries(DATA))("a page's verdict on %s", (_, given) => {
  let report: Report;
  const made: Advice[] = [];
  beforeAll(async () => {
    await using data = await measured(given);
    const { labels } = given;
    report = decodeReport(JSON.stringify(encodeReport(await buildReport(data, { version: "1", created: new Date(0), labels }))));
    for (const settings of SETTINGS) made.push(adviceOf(data.statistics, data.scan, { labels, ...settings, draws: false }));
  }, 240_000);

  test("is the report's own at its settings", () => {
    const { use, batchSize, momentum } = report.verdict as NonNullable<Report["verdict"]>;
    expect(verdictAt(report, { use, batchSize, momentum })).toBe(report.verdict);
  });

  test("is the one that a report at other settings has", () => {
    for (const [i, settings] of SETTINGS.entries()) {
      const expected = made[i]?.verdict as NonNullable<Report["verdict"]>;
      const found = verdictAt(report, settings) as NonNullable<Report["verdict"]>;
      const told = ({ norms, impossible, certainty, headline, caution }: typeof found) => ({
        norms,
        impossible,
        certainty,
        headline,
        caution,
      });
      expect(told(found), JSON.stringify(settings)).toEqual(told(expected));
      // Columns hold 3 digits.
      for (const key of ["j", "eta", "q", "gap", "between"] as const) {
        if (expected.figures[key] === null) expect(found.figures[key]).toBeNull();
        else expect((found.figures[key] as number) / (expected.figures[key] || 1)).toBeCloseTo(1, 1.5);
      }
      expect(found.reasons.map((reason) => reason.replace(/[\d.,]+/g, "#"))).toEqual(
        expected.reasons.map((reason) => reason.replace(/[\d.,]+/g, "#")),
      );
    }
  });

  test("goes with the gap at other settings", () => {
    for (const [i, { batchSize, momentum }] of SETTINGS.entries()) {
      const expected = gapView(made[i]?.gap ?? null, "none");
      const found = gapAt(report, batchSize, momentum);
      if ("absent" in expected) expect(found).toHaveProperty("absent");
      else if (!("absent" in found)) expect(found.final / (expected.final || 1)).toBeCloseTo(1, 1.5);
      else throw new Error(found.absent);
    }
  });
});
