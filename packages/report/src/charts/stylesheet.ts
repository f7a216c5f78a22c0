import { type ColorName, PALETTES, type Palette, type ThemeName } from "./theme.js";

/** Marks of charts stand under this class; its rules reach nothing else of the page. */
export const CHART_CLASS = "ns-chart";

const FONT = 'system-ui,-apple-system,"Segoe UI","Helvetica Neue",Arial,"Liberation Sans",sans-serif';

const COLORED: readonly ColorName[] = [
  "ink",
  "muted",
  "axis",
  "grid",
  "background",
  "data",
  "ghost",
  "bn",
  "in",
  "gn",
  "ln",
  "warning",
];

interface Strengths {
  readonly hatch: number;
  readonly tint: number;
}

/** Hatches and tints are a whisper where colour carries, and speak where it may not. */
const QUIET: Strengths = { hatch: 0.55, tint: 0.18 };
const LOUD: Strengths = { hatch: 1, tint: 0.36 };
const STRENGTHS: Readonly<Record<ThemeName, Strengths>> = {
  light: QUIET,
  dark: QUIET,
  contrast: LOUD,
  "contrast-light": LOUD,
  forced: LOUD,
};

type Paint = (name: ColorName) => string;

/** The rules of chart marks. A group's class gives its colour, a mark's class says how it takes it. */
function chartRules(paint: Paint, hatch: string, tint: string, font: string): string {
  const rules: readonly (readonly [string, string])[] = [
    ["", `font-family:${font};font-variant-numeric:tabular-nums;color:${paint("ink")};overflow:visible`],
    ["text", `fill:${paint("ink")};stroke:none`],
    ["text.muted", `fill:${paint("muted")}`],
    ["text.own", "fill:currentColor"],
    ["text.halo", `paint-order:stroke;stroke:${paint("background")};stroke-width:3px;stroke-linejoin:round`],
    ["text.strong", "font-weight:600"],
    ...COLORED.map((name): readonly [string, string] => [`.${name}`, `color:${paint(name)}`]),
    [".fill", "fill:currentColor;stroke:none"],
    [".tint", `fill:currentColor;fill-opacity:${tint};stroke:none`],
    [".wash", "fill:currentColor;fill-opacity:.07;stroke:none"],
    [".wash.more", "fill-opacity:.14"],
    [".line", "fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round"],
    [".line.thick", "stroke-width:3"],
    [".line.casing", "stroke-width:6"],
    [".edge", "fill:none;stroke:currentColor;stroke-width:1.25;stroke-linejoin:round"],
    [".hair", "fill:none;stroke:currentColor;stroke-width:1"],
    [".faint", "stroke-opacity:.45"],
    [".hatch", `fill:none;stroke:currentColor;stroke-width:1;stroke-opacity:${hatch}`],
    [".over", `fill:none;stroke:${paint("background")};stroke-width:1;stroke-opacity:${hatch}`],
    [".hollow", `fill:${paint("background")};stroke:currentColor;stroke-width:1.5`],
    [".ground", `fill:${paint("background")};stroke:none`],
    [".panel", `fill:${paint("panel")};stroke:none`],
    [".notch", "fill:none;stroke:currentColor;stroke-width:3"],
    [".pixels", "image-rendering:pixelated"],
    [".hit", "fill:transparent;stroke:none"],
  ];
  return rules.map(([selector, body]) => `.${CHART_CLASS}${selector === "" ? "" : ` ${selector}`}{${body}}`).join("\n");
}

/** The rules of one theme with its colours written out: for an SVG file that stands alone. */
export function themeStylesheet(theme: ThemeName): string {
  const palette = PALETTES[theme];
  const { hatch, tint } = STRENGTHS[theme];
  return chartRules((name) => palette[name], String(hatch), String(tint), FONT);
}

/** The variables of a theme: `--ns-bn:#0067b8;…`. A page may use them for its own parts too. */
export function themeVariables(theme: ThemeName): string {
  const palette: Palette = PALETTES[theme];
  const colors = Object.entries(palette).map(([name, color]) => `--ns-${name}:${color}`);
  const { hatch, tint } = STRENGTHS[theme];
  return [...colors, `--ns-hatch:${hatch}`, `--ns-tint:${tint}`].join(";");
}

/**
 * Rules that follow the reader: the system's light or dark, more contrast, forced colours; or the theme that the root's
 * `data-theme` names. Forced colours come before either.
 *
 * @param root the selector of the element that holds the charts, `.normstream` for one
 */
export function adaptiveStylesheet(root: string): string {
  const chosen = (theme: ThemeName): string => `${root}[data-theme="${theme}"]{${themeVariables(theme)}}`;
  return [
    `${root}{${themeVariables("light")}}`,
    `@media (prefers-color-scheme:dark){${root}{${themeVariables("dark")}}}`,
    `@media (prefers-contrast:more){${root}{${themeVariables("contrast-light")}}}`,
    `@media (prefers-contrast:more) and (prefers-color-scheme:dark){${root}{${themeVariables("contrast")}}}`,
    ...(["light", "dark", "contrast", "contrast-light"] as const).map(chosen),
    `@media (forced-colors:active){${root},${root}[data-theme]{${themeVariables("forced")}}}`,
    // A system's grey may be as strong as its text: grids step back.
    `@media (forced-colors:active){.${CHART_CLASS} .grid .hair{stroke-opacity:.5}}`,
    // The page's own font, which a notebook chooses.
    chartRules((name) => `var(--ns-${name})`, "var(--ns-hatch)", "var(--ns-tint)", "inherit"),
  ].join("\n");
}
