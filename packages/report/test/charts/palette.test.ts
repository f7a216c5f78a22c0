import {
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  parse,
  wcagContrast,
} from "culori";
import { describe, expect, test } from "vitest";
import { PALETTES } from "../../src/charts/index.js";

const NORM_COLORS = ["bn", "in", "gn", "ln"] as const;
/** Texts and lines that have to be read, with the contrast that report readers are promised. */
const LEAST = { light: 4.6, dark: 6.3, contrast: 7, "contrast-light": 7 } as const;

const colorOf = (hex: string) => {
  const color = parse(hex);
  if (color === undefined) throw new Error(hex);
  return color;
};

describe.each(Object.entries(LEAST))("the palette of %s", (theme, least) => {
  const palette = PALETTES[theme as keyof typeof LEAST];

  test.each([...NORM_COLORS, "ink", "muted", "data", "warning"] as const)("%s stands out from the ground", (name) => {
    expect(wcagContrast(palette[name], palette.background)).toBeGreaterThanOrEqual(
      name === "muted" || name === "data" || name === "warning" ? Math.min(least, 6) : least,
    );
    // Panels lie under blocks and overviews: lines there need the 3 of graphics.
    expect(wcagContrast(palette[name], palette.panel)).toBeGreaterThanOrEqual(3);
  });

  test("axes are seen, and grids stay behind them", () => {
    expect(wcagContrast(palette.axis, palette.background)).toBeGreaterThanOrEqual(3);
    expect(wcagContrast(palette.grid, palette.background)).toBeLessThan(wcagContrast(palette.axis, palette.background));
  });

  const distance = differenceCiede2000();
  const sights = {
    "full sight": (hex: string) => colorOf(hex),
    protanopia: (hex: string) => filterDeficiencyProt(1)(colorOf(hex)),
    deuteranopia: (hex: string) => filterDeficiencyDeuter(1)(colorOf(hex)),
    tritanopia: (hex: string) => filterDeficiencyTrit(1)(colorOf(hex)),
  };

  test.each(Object.entries(sights))("norms are told apart with %s", (_, see) => {
    const pairs = NORM_COLORS.flatMap((first, index) => NORM_COLORS.slice(index + 1).map((second) => [first, second] as const));
    const distances = pairs.map(([first, second]) => distance(see(palette[first]), see(palette[second])));
    // ΔE00 of 5 and more is seen at a glance, side by side.
    expect(Math.min(...distances)).toBeGreaterThan(5);
  });
});

test("the colours of the norms are the ones that the report promises", () => {
  const ofNorms = (theme: "light" | "dark") => NORM_COLORS.map((name) => PALETTES[theme][name]);
  expect(ofNorms("light")).toEqual(["#0067b8", "#c2410c", "#00796b", "#9c2f86"]);
  expect(ofNorms("dark")).toEqual(["#5ab0f5", "#f0a03c", "#4fd1b5", "#e08ad0"]);
});
