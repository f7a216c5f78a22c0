import { describe, expect, test } from "vitest";
import { type Mark, markText } from "../../src/charts/index.js";
import { PICTURES } from "./pictures.js";
import { meetingTexts, textBoxes, textsOutside } from "./text-boxes.js";

const WIDTHS = [300, 340, 420, 480, 640, 700, 900, 1176, 1576];
const NAMES = Object.keys(PICTURES).filter((name) => name !== "sparkline");
const HEIGHTS: Readonly<Record<string, number>> = {
  cubes: 560,
  channels: 360,
  histograms: 420,
  maps: 480,
  instances: 340,
  noise: 320,
  gap: 320,
  timeline: 170,
  convergence: 300,
  // Its height follows from its rows.
  shifts: 0,
};

const countMarks = (marks: readonly (Mark | string | null)[]): number =>
  marks.reduce((sum, each) => sum + (each === null || typeof each === "string" ? 0 : 1 + countMarks(each.children)), 0);

describe.each(NAMES)("%s", (name) => {
  const height = HEIGHTS[name.split("-")[0] ?? ""] ?? 320;

  test.each(WIDTHS)("at %d px no text meets another or leaves the chart", (width) => {
    const chart = PICTURES[name]?.({ width, height: name.startsWith("cubes") && width >= 600 ? 440 : height });
    if (chart === undefined) throw new Error(name);
    const boxes = textBoxes(chart);
    expect(boxes.length).toBeGreaterThan(2);
    expect(meetingTexts(boxes)).toEqual([]);
    expect(textsOutside(boxes, chart)).toEqual([]);
  });

  test("is made of few elements, and has no number that is not one", () => {
    const chart = PICTURES[name]?.({ width: 1576, height });
    if (chart === undefined) throw new Error(name);
    expect(countMarks(chart.marks)).toBeLessThan(1200);
    const markup = chart.marks.map((each) => (each === null || typeof each === "string" ? "" : markText(each))).join("");
    expect(/="[^"]*(NaN|Infinity|undefined|null)/.test(markup)).toBe(false);
  });
});
