import { describe, expect, test } from "vitest";
import { chartFile, cubesChart, noiseChart, withHeading } from "../../src/charts/index.js";
import { expectGolden } from "./golden.js";
import { fashion, images, PICTURES, wide } from "./pictures.js";

const plot = { width: 480, height: 320 };

describe("pictures", () => {
  test.each(Object.keys(PICTURES))("%s is its golden", (name) => {
    const chart = PICTURES[name]?.();
    if (chart === undefined) throw new Error(name);
    expectGolden(name, chartFile(chart, "light"));
  });

  test("a heading and each theme", () => {
    const heading = { title: "Which values are normalized together", caption: "Lit cells share one mean and one variance." };
    for (const theme of ["light", "dark", "contrast", "contrast-light"] as const) {
      expectGolden(
        `cubes-heading-${theme}`,
        chartFile(withHeading(cubesChart(wide, { width: 700, height: 440 }), heading), theme),
      );
    }
  });

  test("the figures in the pictures are the data's", () => {
    const svg = chartFile(cubesChart(fashion, { width: 700, height: 440 }), "light");
    expect(svg).toContain("1 mean, of N·H·W = 7.84\u00a0M values.");
    expect(svg).toContain("10,000 means, each of H·W =");
    // J at B = 32 of the first 1000 images, which the formula gives as 0.07.
    expect(chartFile(noiseChart(images.noise, plot, { batchSize: 32 }), "light")).toContain("B = 32: ±0.07");
  });
});
