import { group, type Mark, type MarkChild, mark } from "./mark.js";
import { path, strokesPath } from "./path.js";
import type { Scale, Tick } from "./scale.js";
import { textWidth } from "./text.js";

export const LABEL_SIZE = 12;

export interface Margins {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** The rectangle of a plot inside its chart, in px. */
export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function plotArea(size: { readonly width: number; readonly height: number }, margins: Margins): PlotArea {
  return { left: margins.left, top: margins.top, right: size.width - margins.right, bottom: size.height - margins.bottom };
}

export interface TextOptions {
  readonly className?: string;
  readonly anchor?: "start" | "middle" | "end";
  readonly size?: number;
}

/** One line of text; `y` is its baseline. */
export function label(content: string, x: number, y: number, options: TextOptions = {}): Mark {
  const { className = "", anchor = "start", size = LABEL_SIZE } = options;
  const named = className === "" ? {} : { class: className };
  const anchored = anchor === "start" ? {} : { "text-anchor": anchor };
  return mark("text", { ...named, x, y, "font-size": size, ...anchored }, content);
}

interface AxisOptions {
  readonly title?: string;
  readonly grid?: boolean;
  /** About how many px one label takes; fewer ticks where there is less room. */
  readonly spacing?: number;
}

/** The axis below a plot: ticks, labels that do not meet, and its title at the right under them. */
export function xAxis(scale: Scale, area: PlotArea, options: AxisOptions = {}): Mark {
  const { title = "", grid = false, spacing = 72 } = options;
  const wanted = Math.max(2, Math.floor((area.right - area.left) / spacing));
  const ticks = withRoom(scale.ticks(wanted), scale, area);
  const strokes = (from: number, to: number): string =>
    strokesPath(ticks.map(({ value }) => [scale(value), from, scale(value), to] as const));
  return group(
    "x-axis",
    grid ? group("grid", path("hair", strokes(area.top, area.bottom))) : null,
    group(
      "axis",
      path("hair", `${strokesPath([[area.left, area.bottom, area.right, area.bottom]])}${strokes(area.bottom, area.bottom + 4)}`),
    ),
    ...ticks.map(({ value, label: content }) =>
      label(content, inside(scale(value), content, area), area.bottom + 17, { className: "muted", anchor: "middle" }),
    ),
    title === "" ? null : label(`${title} →`, area.right, area.bottom + 34, { className: "muted", anchor: "end" }),
  );
}

/** How far a label may reach beyond the plot: less than the margin, since some fonts are wider. */
const BEYOND = 11;

/** The middle of a label, moved so that it ends no further than that. */
function inside(x: number, content: string, area: PlotArea): number {
  const half = textWidth(content, LABEL_SIZE) / 2;
  return Math.min(Math.max(x, area.left - BEYOND + half), area.right + BEYOND - half);
}

function withRoom(ticks: readonly Tick[], scale: Scale, area: PlotArea): readonly Tick[] {
  const kept: Tick[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const tick of ticks) {
    const half = textWidth(tick.label, LABEL_SIZE) / 2;
    const middle = inside(scale(tick.value), tick.label, area);
    if (middle - half < end + 8) continue;
    end = middle + half;
    kept.push(tick);
  }
  return kept;
}

/** The axis left of a plot: level grid lines, labels, and its title above them at the left. */
export function yAxis(scale: Scale, area: PlotArea, options: AxisOptions = {}): Mark {
  const { title = "", grid = true, spacing = 44 } = options;
  const ticks = scale
    .ticks(Math.max(2, Math.floor((area.bottom - area.top) / spacing)))
    .filter(({ value }) => isWithin(scale(value), area));
  const lines = strokesPath(ticks.map(({ value }) => [area.left, scale(value), area.right, scale(value)] as const));
  return group(
    "y-axis",
    grid ? group("grid", path("hair", lines)) : null,
    ...ticks.map(({ value, label: content }) =>
      label(content, area.left - 7, scale(value) + 4, { className: "muted", anchor: "end" }),
    ),
    title === "" ? null : yTitle(title, area),
  );
}

const isWithin = (y: number, area: PlotArea): boolean => y >= area.top - 0.5 && y <= area.bottom + 0.5;

/** The title of a y axis, which starts at the chart's left edge. */
const yTitle = (title: string, area: PlotArea): Mark => label(`↑ ${title}`, 0, area.top - 9, { className: "muted" });

/** The width that the labels of a y axis need, with the gap to the plot. */
export function yAxisWidth(scale: Scale, height: number): number {
  const labels = scale.ticks(Math.max(2, Math.floor(height / 44))).map((tick) => textWidth(tick.label, LABEL_SIZE));
  return Math.ceil(Math.max(20, ...labels) + 10);
}

/** What can be pointed at over a whole plot, under a name that the page listens for. */
export const hitMark = (part: string, { left, right, top, bottom }: PlotArea): Mark =>
  mark("rect", { class: "hit", "data-part": part, x: left, y: top, width: right - left, height: bottom - top });

/** A chart that has nothing to draw says why, in the middle of its place. */
export function sentenceMarks(lines: readonly string[], area: PlotArea): MarkChild[] {
  const middle = (area.top + area.bottom) / 2 - ((lines.length - 1) * 19) / 2;
  return lines.map((line, index) =>
    label(line, (area.left + area.right) / 2, middle + index * 19 + 4, { className: "muted", anchor: "middle", size: 13 }),
  );
}
