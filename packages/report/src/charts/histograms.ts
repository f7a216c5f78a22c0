import type { Absent, ChannelHistogram, Histograms } from "../report.js";
import { LABEL_SIZE, label, type PlotArea, xAxis } from "./axis.js";
import type { Chart, ChartSize } from "./chart.js";
import { emptyChart } from "./empty.js";
import { GHOST_DASH, type LegendItem, legend } from "./legend.js";
import { group, type Mark, type MarkChild, mark } from "./mark.js";
import { marker, NORMS } from "./norm-encoding.js";
import { numberText, percentText } from "./numbers.js";
import { linePath, type Point, path, rectanglesPath, strokesPath } from "./path.js";
import { linearScale, type Scale } from "./scale.js";
import type { ChartSelection } from "./selection.js";
import { textWidth } from "./text.js";
import type { ColorName } from "./theme.js";
import { inputHistogram, normalDensity, type ZBar, type ZHistogram, zHistogram } from "./z-histogram.js";

export interface HistogramsOptions extends ChartSelection {
  /** The channel's μ and σ, in units of the data. */
  readonly mean: number;
  readonly std: number;
  /** The same channels of a second data set, over the same range of z: dashed outlines where the channel is among them. */
  readonly ghost?: readonly ChannelHistogram[] | null | undefined;
}

interface Panel {
  readonly name: string;
  readonly letters: "input" | "BN" | "IN";
  readonly color: ColorName;
  readonly histogram: ZHistogram | null;
  readonly ghost: ZHistogram | null;
}

/** Bars are cut at four times the peak of N(0, 1); what is cut says its share. */
const HIGHEST = 4 * normalDensity(0);

/**
 * One channel's values as they came, after batch norm and after instance norm, one over the other on a common axis of ±6 σ,
 * with N(0, 1) as a hairline. Values beyond the axis are said in per cent at its ends.
 */
export function histogramsChart(histograms: Histograms | Absent, size: ChartSize, options: HistogramsOptions): Chart {
  if ("absent" in histograms) return emptyChart(histograms.absent, size);
  const { mean, std } = options;
  const found = histogramOf(histograms.channels, options.channel);
  if (found === null) return emptyChart(`No histogram of channel ${options.channel ?? 0} is in the report.`, size);
  if (!(std > 0)) return emptyChart(constantSentence(found.channel, mean, std), size);
  const panels = panelsOf(histograms, found, options);
  const items: LegendItem[] = [{ text: "N(0, 1)", color: "ink", swatch: { kind: "line", weight: "hair" } }];
  if (options.ghost && histogramOf(options.ghost, found.channel))
    items.push({ text: "second data set", color: "ghost", swatch: { kind: "ghost" } });
  const key = legend(items, size.width);
  const densities = panels.flatMap(({ histogram }) => histogram?.bars.map(({ density }) => density) ?? []);
  const highest = Math.min(HIGHEST, Math.max(normalDensity(0) * 1.15, ...densities) * 1.05);
  const areas = panelAreas(size, key.height);
  const x = linearScale([-histograms.zRange, histograms.zRange], [areas[0]?.left ?? 0, areas[0]?.right ?? 1]);
  return {
    ...size,
    description: `Histogram of channel ${found.channel} as it came, after batch norm and after instance norm, over ±${histograms.zRange} σ.`,
    marks: [
      key.mark,
      ...panels.flatMap((panel, index) =>
        panelMarks(panel, areas[index], x, highest, { mean, std }, index === panels.length - 1),
      ),
    ],
  };
}

const histogramOf = (channels: readonly ChannelHistogram[], channel: number | undefined): ChannelHistogram | null =>
  (channel === undefined ? channels[0] : channels.find((each) => each.channel === channel)) ?? null;

function constantSentence(channel: number, mean: number, std: number): string {
  if (std === 0)
    return `Channel ${channel} is constant: every value is ${numberText(mean)}. σ\u00a0=\u00a00, so no norm can scale it.`;
  return `Channel ${channel} has no finite values to count.`;
}

function panelsOf(histograms: Histograms, found: ChannelHistogram, { mean, std, ghost }: HistogramsOptions): Panel[] {
  const { zRange, zBins } = histograms;
  const width = (2 * zRange) / zBins;
  const other = ghost ? histogramOf(ghost, found.channel) : null;
  const ghostOf = (shares: Float32Array | undefined): ZHistogram | null =>
    shares === undefined ? null : zHistogram(shares, zRange);
  return [
    {
      name: "as it came",
      letters: "input",
      color: "data",
      histogram: inputHistogram(found, mean, std, zRange, width),
      // In this report's σ, so that a shift shows.
      ghost: other === null ? null : inputHistogram(other, mean, std, zRange, width),
    },
    {
      name: "moved and scaled",
      letters: "BN",
      color: "bn",
      histogram: zHistogram(found.batch, zRange),
      ghost: ghostOf(other?.batch),
    },
    {
      name: "each instance by itself",
      letters: "IN",
      color: "in",
      histogram: zHistogram(found.instance, zRange),
      ghost: ghostOf(other?.instance),
    },
  ];
}

/** Three places of one height; the input's has its own axis below, in units of the data. */
function panelAreas(size: ChartSize, top: number): PlotArea[] {
  const [titles, axes] = [22, 24];
  const height = (size.height - top - 3 * titles - 2 * axes - 22) / 3;
  const first = top + titles;
  const tops = [first, first + height + axes + titles, first + 2 * height + axes + 2 * titles + 2];
  return tops.map((at) => ({ left: 16, right: size.width - 16, top: at, bottom: at + height }));
}

function panelMarks(
  panel: Panel,
  area: PlotArea | undefined,
  x: Scale,
  highest: number,
  { mean, std }: { mean: number; std: number },
  isLast: boolean,
): MarkChild[] {
  if (area === undefined) return [];
  const y = linearScale([0, highest], [area.bottom, area.top]);
  const { letters, color, histogram, ghost } = panel;
  const norm = letters === "BN" ? NORMS.batch : letters === "IN" ? NORMS.instance : null;
  const titleX = norm === null ? area.left : area.left + 14;
  const inData = linearScale([mean + x.domain[0] * std, mean + x.domain[1] * std], x.range);
  const titleEnd = titleX + textWidth(letters, LABEL_SIZE, true) + 8;
  const axis =
    letters === "input"
      ? xAxis(inData, area, { spacing: 64 })
      : isLast
        ? xAxis(x, area, { title: "z, in σ", spacing: area.right - area.left < 400 ? 40 : 64 })
        : group("axis", path("hair", strokesPath([[area.left, area.bottom, area.right, area.bottom]])));
  return [
    group(
      color,
      norm === null ? null : marker(norm.marker, area.left + 5, area.top - 12, 4.5, "fill"),
      label(letters, titleX, area.top - 8, { className: "own strong" }),
    ),
    label(panel.name, titleEnd, area.top - 8, { className: "muted" }),
    axis,
    histogram === null
      ? label("no planes that vary", (area.left + area.right) / 2, (area.top + area.bottom) / 2, {
          className: "muted",
          anchor: "middle",
        })
      : barMarks(histogram, color, x, y, area),
    ghost === null
      ? null
      : group("ghost", mark("path", { class: "edge", d: outline(ghost.bars, x, y), "stroke-dasharray": GHOST_DASH })),
    histogram === null ? null : group("ink", path("hair", normalCurve(x, y))),
  ];
}

function barMarks({ bars, below, above }: ZHistogram, color: ColorName, x: Scale, y: Scale, area: PlotArea): Mark {
  const top = (density: number): number => y(Math.min(density, y.domain[1]));
  const gap = x(bars[0]?.to ?? 0) - x(bars[0]?.from ?? 0) > 5 ? 1 : 0;
  const rectangles = bars
    .filter(({ share }) => share > 0)
    .map(({ from, to, density }) => [x(from), top(density), x(to) - x(from) - gap, area.bottom - top(density)] as const);
  return group(
    "bars",
    group(color, mark("path", { class: "fill", d: rectanglesPath(rectangles), "fill-opacity": 0.6 })),
    ...cutLabels(bars, x, y, area),
    endLabel(below, "start", area),
    endLabel(above, "end", area),
  );
}

/** A bar that is cut says so: a notch, and the share that it holds. Neighbours that are cut share one label, of the largest. */
function cutLabels(bars: readonly ZBar[], x: Scale, y: Scale, area: PlotArea): MarkChild[] {
  const cut = bars.filter(({ density }) => density > y.domain[1]);
  const labelled: ZBar[] = [];
  for (const bar of [...cut].sort((a, b) => b.share - a.share)) {
    if (labelled.every((other) => Math.abs(x(other.from) - x(bar.from)) > 70)) labelled.push(bar);
  }
  const notches = cut.map((bar) => [x(bar.from) - 2, area.top + 5, x(bar.to) + 2, area.top + 5] as const);
  return [
    group("background", mark("path", { class: "notch", d: strokesPath(notches) })),
    ...labelled.map((bar) => {
      const text = `${percentText(bar.share)} here`;
      const isRight = x(bar.to) + 6 + textWidth(text, LABEL_SIZE) < area.right;
      return label(text, isRight ? x(bar.to) + 5 : x(bar.from) - 5, area.top + 10, {
        className: "halo",
        anchor: isRight ? "start" : "end",
      });
    }),
  ];
}

/** `0.4 % beyond`, at the end of the axis that they lie beyond. */
function endLabel(share: number, anchor: "start" | "end", area: PlotArea): Mark | null {
  if (!(share > 0)) return null;
  const text = anchor === "start" ? `← ${percentText(share)}` : `${percentText(share)} →`;
  return label(text, anchor === "start" ? area.left : area.right, area.bottom - 6, { className: "muted halo", anchor });
}

function outline(bars: readonly ZBar[], x: Scale, y: Scale): string {
  const points = [...bars]
    .sort((a, b) => a.from - b.from)
    .flatMap(({ from, to, density }): Point[] => {
      const at = y(Math.min(density, y.domain[1]));
      return [
        { x: x(from), y: at },
        { x: x(to), y: at },
      ];
    });
  return linePath(points);
}

const CURVE_POINTS = 97;

function normalCurve(x: Scale, y: Scale): string {
  const [from, to] = x.domain;
  const points = Array.from({ length: CURVE_POINTS }, (_, index) => {
    const z = from + ((to - from) * index) / (CURVE_POINTS - 1);
    return { x: x(z), y: y(normalDensity(z)) };
  });
  return linePath(points);
}
