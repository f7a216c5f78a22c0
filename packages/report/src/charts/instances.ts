import type { Absent, InstanceDensity, InstancePoints, Instances } from "../report.js";
import { LABEL_SIZE, label, type PlotArea, plotArea, xAxis, yAxis, yAxisWidth } from "./axis.js";
import type { Chart, ChartSize } from "./chart.js";
import { emptyChart } from "./empty.js";
import { type LegendItem, legend } from "./legend.js";
import { group, type Mark, type MarkChild, mark } from "./mark.js";
import { marker, NORMS } from "./norm-encoding.js";
import { countText, percentText } from "./numbers.js";
import { rectanglesPath, strokesPath } from "./path.js";
import { linearScale, type Scale } from "./scale.js";
import type { ChartSelection } from "./selection.js";
import { textWidth } from "./text.js";

export interface InstancesOptions extends ChartSelection {
  /** Noise of a batch's mean and half the noise of its variance, in σ: arms of BN's cross. */
  readonly eta?: number | null;
  readonly halfQ?: number | null;
  /** Points of a second report: hollow squares. */
  readonly ghost?: InstancePoints;
}

/** Below so many points, points are drawn rather than their density. */
const FEW_POINTS = 400;
const LEVELS = 7;
const LABELS = 14;

/**
 * Each instance as a point: its mean and its std beside the channel's. Where they are many, their density on a log scale, with
 * the farthest as points that are named. Batch norm leaves all of this standing, give or take its cross; instance norm sends
 * every point to (0, 1).
 */
export function instancesChart(instances: Instances | Absent, size: ChartSize, options: InstancesOptions = {}): Chart {
  if ("absent" in instances) return emptyChart(instances.absent, size);
  const { density, points, outliers, fraction, sampled } = instances;
  if (density.largest === 0 && points.x.length === 0) return emptyChart("No channel varies, so instances do not differ.", size);
  const isFew = points.x.length <= FEW_POINTS && points.x.length > 0;
  const key = legend(legendItems(isFew, options), size.width);
  const top = key.height + 40;
  const left = yAxisWidth(linearScale(density.y, [0, 1]), size.height - top - 38);
  const area = plotArea(size, { top, right: 10, bottom: 38, left });
  const x = linearScale(density.x, [area.left, area.right]);
  const y = linearScale(density.y, [area.bottom, area.top]);
  const part = fraction < 1 ? `, ${percentText(fraction)} of the data` : "";
  return {
    ...size,
    description: `Means and stds of ${countText(sampled)} instances${part}. Instance norm sends every one to mean 0 and std 1.`,
    marks: [
      key.mark,
      yAxis(y, area, { title: "std of an instance, σₙ / σ" }),
      xAxis(x, area, { title: "its mean, (μₙ − μ) / σ", spacing: 56 }),
      isFew ? pointMarks(points, x, y, area) : densityMarks(density, x, y),
      options.ghost === undefined ? null : ghostMarks(options.ghost, x, y, area),
      outlierMarks(outliers, x, y, area, options.instance),
      crossMark(x, y, area, options),
    ],
  };
}

function legendItems(isFew: boolean, { eta, ghost }: InstancesOptions): LegendItem[] {
  const items: LegendItem[] = [
    isFew
      ? { text: "instances", color: "data", swatch: { kind: "dot", shape: "circle" } }
      : { text: "instances, darker where more", color: "data", swatch: { kind: "band" } },
    { text: "IN sends every one here", color: "in", swatch: { kind: "dot", shape: NORMS.instance.marker } },
  ];
  if (typeof eta === "number") items.push({ text: "BN's noise at B", color: "bn", swatch: { kind: "line" } });
  if (ghost !== undefined) items.push({ text: "second report", color: "ghost", swatch: { kind: "hollow", shape: "square" } });
  return items;
}

/** One path a level: seven elements, however many cells. Cells of one row and level that touch are one rectangle. */
function densityMarks({ columns, rows, x: xDomain, y: yDomain, cells }: InstanceDensity, x: Scale, y: Scale): Mark {
  const [dx, dy] = [(xDomain[1] - xDomain[0]) / columns, (yDomain[1] - yDomain[0]) / rows];
  const levels: [number, number, number, number][][] = Array.from({ length: LEVELS }, () => []);
  const levelOf = (row: number, column: number): number => Math.ceil(((cells[row * columns + column] ?? 0) / 255) * LEVELS) - 1;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; ) {
      const level = levelOf(row, column);
      let end = column + 1;
      while (end < columns && levelOf(row, end) === level) end++;
      const left = x(xDomain[0] + column * dx);
      const top = y(yDomain[0] + (row + 1) * dy);
      levels[level]?.push([left, top, x(xDomain[0] + end * dx) - left, y(yDomain[0] + row * dy) - top]);
      column = end;
    }
  }
  return group(
    "data",
    ...levels.map((rectangles, level) =>
      rectangles.length === 0
        ? null
        : mark("path", {
            class: "fill",
            d: rectanglesPath(rectangles),
            "fill-opacity": 0.1 + (0.8 * (level + 1)) / LEVELS,
            "shape-rendering": "crispEdges",
          }),
    ),
  );
}

interface Placed {
  readonly sample: number;
  readonly channel: number;
  readonly x: number;
  readonly y: number;
}

/** Points in px, those beyond the axes moved to the edge. */
function placed({ sample, channel, x: xs, y: ys }: InstancePoints, x: Scale, y: Scale, area: PlotArea): Placed[] {
  return Array.from(xs, (value, index) => ({
    sample: sample[index] ?? 0,
    channel: channel[index] ?? 0,
    x: Math.min(area.right, Math.max(area.left, x(value))),
    y: Math.min(area.bottom, Math.max(area.top, y(ys[index] ?? Number.NaN))),
  })).filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
}

function pointMarks(points: InstancePoints, x: Scale, y: Scale, area: PlotArea): Mark {
  return group(
    "data",
    ...placed(points, x, y, area).map((point) =>
      mark("circle", {
        class: "fill",
        cx: point.x,
        cy: point.y,
        r: 2.5,
        "fill-opacity": 0.55,
        "data-instance": String(point.sample),
      }),
    ),
  );
}

function ghostMarks(points: InstancePoints, x: Scale, y: Scale, area: PlotArea): Mark {
  return group(
    "ghost",
    ...placed(points, x, y, area)
      .slice(0, FEW_POINTS)
      .map((point) => marker("square", point.x, point.y, 2.5, "hollow")),
  );
}

/** The farthest instances, each with its number where there is room for it; the farthest are named first. */
function outlierMarks(outliers: InstancePoints, x: Scale, y: Scale, area: PlotArea, selected: number | undefined): Mark {
  const points = placed(outliers, x, y, area);
  const taken: { x0: number; x1: number; y0: number; y1: number }[] = [];
  const labels: MarkChild[] = [];
  for (const point of points) {
    if (labels.length >= LABELS) break;
    const text = `#${point.sample}`;
    const width = textWidth(text, LABEL_SIZE);
    const isRight = point.x + 7 + width <= area.right;
    const x0 = isRight ? point.x + 7 : point.x - 7 - width;
    const y0 = Math.max(area.top, Math.min(area.bottom - 14, point.y - 7));
    const box = { x0, x1: x0 + width, y0, y1: y0 + 14 };
    if (taken.some((other) => box.x0 < other.x1 + 4 && other.x0 < box.x1 + 4 && box.y0 < other.y1 && other.y0 < box.y1)) continue;
    taken.push(box);
    labels.push(label(text, isRight ? x0 : x0 + width, y0 + 11, { className: "halo", anchor: isRight ? "start" : "end" }));
  }
  const dots = points.map((point) =>
    mark("circle", {
      class: point.sample === selected ? "fill" : "hollow",
      cx: point.x,
      cy: point.y,
      r: point.sample === selected ? 5 : 3,
      "data-instance": String(point.sample),
      "data-channel": String(point.channel),
    }),
  );
  return group("ink", ...dots, ...labels);
}

/** BN's cross at (0, 1): how far a batch's mean and std stray. And the point to which IN sends all. */
function crossMark(x: Scale, y: Scale, area: PlotArea, { eta, halfQ }: InstancesOptions): Mark | null {
  const [cx, cy] = [x(0), y(1)];
  if (!(cx >= area.left && cx <= area.right && cy >= area.top && cy <= area.bottom)) return null;
  const arms: (readonly [number, number, number, number])[] = [];
  if (typeof eta === "number") arms.push([Math.max(area.left, x(-eta)), cy, Math.min(area.right, x(eta)), cy]);
  if (typeof halfQ === "number") arms.push([cx, Math.max(area.top, y(1 + halfQ)), cx, Math.min(area.bottom, y(1 - halfQ))]);
  return group(
    "cross",
    group("background", arms.length === 0 ? null : mark("path", { class: "line casing", d: strokesPath(arms) })),
    group("bn", arms.length === 0 ? null : mark("path", { class: "line thick", d: strokesPath(arms) })),
    group("in", mark("g", { class: "halo-mark" }, marker(NORMS.instance.marker, cx, cy, 5.5, "fill"))),
  );
}
