import type { Absent, GhostPoints, InstanceDensity, InstancePoints, Instances } from "../report.js";
import { hitMark, LABEL_SIZE, label, type PlotArea, xAxis, yAxis } from "./axis.js";
import type { Chart, ChartSize } from "./chart.js";
import { type CurveFrame, curveFrame } from "./curve-frame.js";
import { emptyChart } from "./empty.js";
import type { LegendItem } from "./legend.js";
import { group, type Mark, mark } from "./mark.js";
import { marker, NORMS } from "./norm-encoding.js";
import { countText, percentText } from "./numbers.js";
import { type Point, rectanglesPath, strokesPath } from "./path.js";
import { type LeastDomains, linearScale, type Scale, widened } from "./scale.js";
import type { ChartSelection } from "./selection.js";
import { textWidth } from "./text.js";

export interface InstancesOptions extends ChartSelection {
  /** Noise of a batch's mean and half the noise of its variance, in σ: arms of BN's cross. */
  readonly eta?: number | null;
  readonly halfQ?: number | null;
  /** Instances of a second data set, about the first one's μ and in its σ: hollow squares. */
  readonly ghost?: GhostPoints | null | undefined;
  readonly atLeast?: LeastDomains | undefined;
}

/** Below so many points, points are drawn rather than their density. */
const FEW_POINTS = 400;
const LEVELS = 7;
const LABELS = 14;

/** The frame of the instances chart; null where there is nothing to draw. */
export function instancesFrame(
  instances: Instances | Absent,
  size: ChartSize,
  options: InstancesOptions = {},
): CurveFrame | null {
  if ("absent" in instances) return null;
  const { density, points } = instances;
  if (density.largest === 0 && points.x.length === 0) return null;
  const { atLeast } = options;
  const yDomain = widened(density.y, atLeast?.y);
  return curveFrame(size, legendItems(isFew(instances), options), yDomain, (range) =>
    linearScale(widened(density.x, atLeast?.x), range),
  );
}

/** True where the points are few, and all of them are there. */
const isFew = ({ points, sampled }: Instances): boolean =>
  points.x.length > 0 && points.x.length >= sampled && points.x.length <= FEW_POINTS;

/**
 * Each instance as a point: its mean and its std beside the channel's. Where they are many, their density on a log scale, with
 * the farthest as points that are named. Batch norm leaves all of this standing, give or take its cross; instance norm sends
 * every point to (0, 1).
 */
export function instancesChart(instances: Instances | Absent, size: ChartSize, options: InstancesOptions = {}): Chart {
  if ("absent" in instances) return emptyChart(instances.absent, size);
  const frame = instancesFrame(instances, size, options);
  if (frame === null) return emptyChart("No channel varies, so instances do not differ.", size);
  const { density, points, outliers, fraction, sampled } = instances;
  const { key, area, x, y } = frame;
  const { ghost = null } = options;
  const part = fraction < 1 ? `, ${percentText(fraction)} of the data` : "";
  return {
    ...size,
    description: `Means and stds of ${countText(sampled)} instances${part}. Instance norm sends every one to mean 0 and std 1.`,
    marks: [
      key.mark,
      yAxis(y, area, { title: "std of an instance, σₙ / σ" }),
      xAxis(x, area, { title: "its mean, (μₙ − μ) / σ", spacing: 56 }),
      hitMark("instances", area),
      isFew(instances) ? pointMarks(points, x, y, area) : densityMarks(density, x, y),
      ghost === null ? null : ghostMarks(ghost, x, y, area),
      outlierMarks(outliers, x, y, area, options.instance),
      crossMark(x, y, area, options),
    ],
  };
}

/** The point within `reach` px of a place, the nearest of outliers and points; null where there is none. */
export function instanceAt(
  { outliers, points }: Instances,
  { x, y }: CurveFrame,
  at: Point,
  reach = 12,
): { sample: number; channel: number } | null {
  let nearest: { sample: number; channel: number } | null = null;
  let least = reach;
  for (const some of [outliers, points]) {
    some.x.forEach((value, index) => {
      const distance = Math.hypot(x(value) - at.x, y(some.y[index] ?? Number.NaN) - at.y);
      if (!(distance < least)) return;
      least = distance;
      nearest = { sample: some.sample[index] ?? 0, channel: some.channel[index] ?? 0 };
    });
  }
  return nearest;
}

function legendItems(hasPoints: boolean, options: InstancesOptions): LegendItem[] {
  const items: LegendItem[] = [
    hasPoints
      ? { text: "instances", color: "data", swatch: { kind: "dot", shape: "circle" } }
      : { text: "instances, stronger where more", color: "data", swatch: { kind: "band" } },
    { text: "IN sends every one here", color: "in", swatch: { kind: "dot", shape: NORMS.instance.marker } },
  ];
  if (typeof options.eta === "number") items.push({ text: "BN's noise at B", color: "bn", swatch: { kind: "line" } });
  if (options.ghost) items.push({ text: "second data set", color: "ghost", swatch: { kind: "hollow", shape: "square" } });
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

function ghostMarks({ x: xs, y: ys }: GhostPoints, x: Scale, y: Scale, area: PlotArea): Mark {
  const nobody = new Uint32Array(xs.length);
  const points = { sample: nobody, channel: nobody, x: xs, y: ys };
  return group(
    "ghost",
    ...placed(points, x, y, area)
      .slice(0, FEW_POINTS)
      .map((point) => marker("square", point.x, point.y, 2.5, "hollow")),
  );
}

interface LabelBox {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const LABEL_HEIGHT = 13;
const DOT_RADIUS = 3;

const meet = (a: LabelBox, b: LabelBox): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Where a point's name may stand: right of it, left, above, below; inside of the plot. */
function labelPlaces({ x, y }: Placed, width: number, area: PlotArea): LabelBox[] {
  const corners = [
    [x + 7, y - LABEL_HEIGHT / 2],
    [x - 7 - width, y - LABEL_HEIGHT / 2],
    [x - width / 2, y - 6 - LABEL_HEIGHT],
    [x - width / 2, y + 6],
  ] as const;
  return corners
    .map(([left, top]) => ({ left, right: left + width, top, bottom: top + LABEL_HEIGHT }))
    .filter(
      (box) => box.left >= area.left && box.right <= area.right + 8 && box.top >= area.top - 4 && box.bottom <= area.bottom,
    );
}

/** The farthest instances, each with its number where there is room for it; the farthest are named first. */
function outlierMarks(outliers: InstancePoints, x: Scale, y: Scale, area: PlotArea, selected: number | undefined): Mark {
  const points = placed(outliers, x, y, area);
  const hasChannels = points.some(({ channel }) => channel !== points[0]?.channel);
  const dots = points.map((point): LabelBox => {
    const reach = DOT_RADIUS + 1;
    return { left: point.x - reach, right: point.x + reach, top: point.y - reach, bottom: point.y + reach };
  });
  const taken: LabelBox[] = [];
  const labels: Mark[] = [];
  for (const point of points) {
    if (labels.length >= LABELS) break;
    const text = hasChannels ? `#${point.sample} ch ${point.channel}` : `#${point.sample}`;
    const places = labelPlaces(point, textWidth(text, LABEL_SIZE), area);
    const free = places.find((box) => !taken.some((other) => meet(box, other)) && !dots.some((dot) => meet(box, dot)));
    if (free === undefined) continue;
    taken.push(free);
    labels.push(label(text, (free.left + free.right) / 2, free.bottom - 2.5, { className: "halo", anchor: "middle" }));
  }
  const circles = points.map((point) => {
    const isSelected = point.sample === selected;
    const data = { "data-instance": String(point.sample), "data-channel": String(point.channel) };
    return mark("circle", {
      class: isSelected ? "fill" : "hollow",
      cx: point.x,
      cy: point.y,
      r: isSelected ? 5 : DOT_RADIUS,
      ...data,
    });
  });
  return group("ink", ...circles, ...labels);
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
