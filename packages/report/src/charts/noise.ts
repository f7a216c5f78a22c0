import type { Absent, GhostNoise, Noise, NoisePoints } from "../report.js";
import { hitMark, LABEL_SIZE, label, type PlotArea, xAxis, yAxis } from "./axis.js";
import type { Chart, ChartSize } from "./chart.js";
import { type CurveFrame, curveFrame } from "./curve-frame.js";
import { emptyChart } from "./empty.js";
import { clearBaseline, isClear } from "./label-place.js";
import { dashed, GHOST_DASH, type LegendItem } from "./legend.js";
import { group, type Mark, type MarkChild, mark } from "./mark.js";
import { marker, NORMS } from "./norm-encoding.js";
import { countText, numberText } from "./numbers.js";
import { areaPath, linePath, type Point, path, strokesPath } from "./path.js";
import { finiteExtent, type LeastDomains, logScale, type Scale, widened } from "./scale.js";
import type { ChartSelection } from "./selection.js";
import { textWidth } from "./text.js";

export interface NoiseOptions extends ChartSelection {
  /** The noise of a second data set, drawn as a dashed line. */
  readonly ghost?: GhostNoise | null | undefined;
  readonly atLeast?: LeastDomains | undefined;
}

const BN = NORMS.batch;
const IN = NORMS.instance;

/** The frame of the noise chart; null where there is nothing to draw. */
export function noiseFrame(noise: Noise | Absent, size: ChartSize, options: NoiseOptions = {}): CurveFrame | null {
  if ("absent" in noise) return null;
  const sizes = finiteExtent(noise.batchSizes);
  const highest = finiteExtent(noise.median, noise.p90, noise.simulated.j, noise.consecutive.j);
  if (sizes === null || highest === null) return null;
  const xDomain = [Math.max(1, sizes[0]), Math.max(sizes[1], sizes[0] + 1)] as const;
  const items = legendItems(noise, Boolean(options.ghost));
  const yDomain = widened([0, Math.max(0.24, highest[1] * 1.04)], options.atLeast?.y);
  return curveFrame(size, items, yDomain, (range) => logScale(widened(xDomain, options.atLeast?.x), range, 2));
}

/**
 * How far a value moves with its batch-mates: J over the batch size, in σ. The formula is a line with the channels' p10–p90,
 * simulated batches are dots, batches of consecutive samples are hollow. Instance norm is 0 at every batch size.
 */
export function noiseChart(noise: Noise | Absent, size: ChartSize, options: NoiseOptions = {}): Chart {
  if ("absent" in noise) return emptyChart(noise.absent, size);
  const frame = noiseFrame(noise, size, options);
  if (frame === null) return emptyChart("No channel varies, so batches have no noise to show.", size);
  const { batchSize } = options;
  const { key, area, x, y } = frame;
  const { ghost = null } = options;
  const curves = [noise.median, noise.p10, noise.p90].map((values) => along(noise.batchSizes, values, x, y));
  const bands = bandsOf(noise, frame, curves, batchSize);
  return {
    ...size,
    description: describe(noise, batchSize),
    marks: [
      key.mark,
      ...bandMarks(bands, area),
      yAxis(y, area, { title: "J, how far a value moves, in σ", grid: false }),
      xAxis(x, area, { title: "batch size B", spacing: 46 }),
      bnMarks(noise, x, y),
      ghost === null ? null : ghostLine(ghost, x, y),
      zeroLine(y, area, curves),
      points(noise.consecutive, x, y, "hollow"),
      points(noise.simulated, x, y, "fill"),
      batchSize === undefined ? null : rule(noise, batchSize, x, y, area, bands),
      hitMark("noise", area),
    ],
  };
}

function legendItems(noise: Noise, hasGhost: boolean): LegendItem[] {
  const has = (points: NoisePoints): boolean => points.j.length > 0;
  const items: (LegendItem | null)[] = [
    { text: "BN, formula", color: BN.color, swatch: { kind: "line" } },
    { text: "p10–p90 of channels", color: BN.color, swatch: { kind: "band" } },
    has(noise.simulated) ? { text: "shuffled batches", color: BN.color, swatch: { kind: "dot", shape: BN.marker } } : null,
    has(noise.consecutive)
      ? { text: "consecutive batches", color: BN.color, swatch: { kind: "hollow", shape: BN.marker } }
      : null,
    hasGhost ? { text: "second data set", color: "ghost", swatch: { kind: "ghost" } } : null,
  ];
  return items.filter((item) => item !== null);
}

interface Band {
  readonly name: string;
  readonly top: number;
  readonly bottom: number;
  /** Where the name ends at the right, and its baseline; null where there is no room for it. */
  readonly label: { readonly right: number; readonly baseline: number } | null;
}

/** The bands steady, noisy, unreliable, as px, with their names where no line goes through them. */
function bandsOf(
  noise: Noise,
  { x, y, area }: CurveFrame,
  lines: readonly (readonly Point[])[],
  batchSize: number | undefined,
): Band[] {
  const bounds = [0, noise.steady, noise.unreliable, y.domain[1]];
  const rule = batchSize === undefined ? Number.NaN : x(batchSize);
  return ["steady", "noisy", "unreliable"].map((name, index) => {
    const [top, bottom] = [y(bounds[index + 1] ?? 0), y(bounds[index] ?? 0)];
    const width = textWidth(name, LABEL_SIZE);
    // A rule at the right edge would go through the names: they end before it.
    const right = rule > area.right - width - 14 ? rule - 7 : area.right - 6;
    const places = [top + 14, bottom - 6].filter((baseline) => baseline - 12 >= top && baseline + 4 <= bottom);
    const baseline = places.find((place) => isClear(lines, right - width, right, place));
    return { name, top, bottom, label: baseline === undefined ? null : { right, baseline } };
  });
}

/** Level lines at the bounds, names at the right, a wash that grows with the noise. */
function bandMarks(bands: readonly Band[], area: PlotArea): MarkChild[] {
  return bands.flatMap(({ name, top, bottom, label: place }, index) => [
    index === 0
      ? null
      : group(
          "data",
          mark("rect", {
            class: index === 1 ? "wash" : "wash more",
            x: area.left,
            y: top,
            width: area.right - area.left,
            height: bottom - top,
          }),
        ),
    group("grid", path("hair", strokesPath([[area.left, top, area.right, top]]))),
    place === null ? null : label(name, place.right, place.baseline, { className: "muted", anchor: "end" }),
  ]);
}

/** The highest line in the plot on which a text from x0 to x1 meets no name of a band. */
function freeLine(bands: readonly Band[], area: PlotArea, x0: number, x1: number): number {
  const names = bands.flatMap(({ name, label: place }) =>
    place === null ? [] : [{ left: place.right - textWidth(name, LABEL_SIZE), right: place.right, y: place.baseline }],
  );
  const meets = (y: number): boolean =>
    names.some((name) => x1 > name.left - 6 && x0 < name.right + 6 && Math.abs(name.y - y) < 15);
  const lines = Array.from({ length: 12 }, (_, index) => area.top + 14 + index * 8);
  return lines.find((y) => !meets(y)) ?? area.top + 14;
}

const along = (sizes: ArrayLike<number>, values: ArrayLike<number>, x: Scale, y: Scale): Point[] =>
  Array.from(sizes, (size, index) => ({ x: x(size), y: y(values[index] ?? Number.NaN) }));

function bnMarks({ batchSizes, median, p10, p90 }: Noise, x: Scale, y: Scale): Mark {
  const [low, high] = [along(batchSizes, p10, x, y), along(batchSizes, p90, x, y)];
  return group(BN.color, path("tint", areaPath(high, low)), path("line", linePath(along(batchSizes, median, x, y))));
}

function ghostLine(ghost: GhostNoise, x: Scale, y: Scale): Mark {
  const inside = along(ghost.batchSizes, ghost.median, x, y).filter(
    (point) => point.x <= x.range[1] + 0.5 && point.y >= y.range[1],
  );
  return group("ghost", mark("path", { class: "edge", d: linePath(inside), "stroke-dasharray": GHOST_DASH }));
}

/** Instance norm's line at 0, with its name at the left, where the curve of batch norm is high. */
function zeroLine(y: Scale, area: PlotArea, curves: readonly (readonly Point[])[]): Mark {
  const text = "IN: 0 at every B";
  const end = area.left + 6 + textWidth(text, LABEL_SIZE);
  const baseline = clearBaseline(curves, area.left + 6, end, [y(0) - 9, y(0) - 24, y(0) - 40]);
  const d = strokesPath([[area.left, y(0), area.right, y(0)]]);
  return group(
    IN.color,
    mark("path", { class: "line", d, ...dashed(IN.dash) }),
    marker(IN.marker, area.left + 9, y(0), 4, "fill"),
    label(text, area.left + 6, baseline, { className: "own halo" }),
  );
}

function points({ batchSizes, j }: NoisePoints, x: Scale, y: Scale, className: "fill" | "hollow"): Mark {
  const dots = along(batchSizes, j, x, y).filter((point) => Number.isFinite(point.y));
  return group(BN.color, ...dots.map((point) => marker(BN.marker, point.x, point.y, className === "fill" ? 3 : 5, className)));
}

/** The rule at B, with the J that the curve has there. */
function rule(noise: Noise, batchSize: number, x: Scale, y: Scale, area: PlotArea, bands: readonly Band[]): Mark | null {
  const at = x(batchSize);
  if (!(at >= area.left - 1 && at <= area.right + 1)) return null;
  const j = noiseAt(noise, batchSize);
  const text = Number.isFinite(j)
    ? `B = ${countText(batchSize)}: ±${numberText(Number(j.toPrecision(2)))} σ`
    : `B = ${countText(batchSize)}`;
  const width = textWidth(text, LABEL_SIZE, true);
  const isRight = at + 6 + width <= area.right;
  const line = isRight ? freeLine(bands, area, at + 6, at + 6 + width) : freeLine(bands, area, at - 6 - width, at - 6);
  return group(
    "ink",
    mark("path", { class: "hair", d: strokesPath([[at, area.top, at, area.bottom]]) }),
    Number.isFinite(j) ? marker("circle", at, y(j), 4.5, "hollow") : null,
    label(text, isRight ? at + 6 : at - 6, line, { className: "strong halo", anchor: isRight ? "start" : "end" }),
  );
}

/** J at a batch size, between its neighbours on the curve: a line over log B and log J. NaN outside of the curve. */
export function noiseAt({ batchSizes, median }: Noise, batchSize: number): number {
  const right = batchSizes.findIndex((size) => size >= batchSize);
  const [b1, j1] = [batchSizes[right], median[right]];
  if (b1 === undefined || j1 === undefined) return Number.NaN;
  if (b1 === batchSize) return j1;
  const [b0, j0] = [batchSizes[right - 1], median[right - 1]];
  if (b0 === undefined || j0 === undefined) return Number.NaN;
  const share = Math.log(batchSize / b0) / Math.log(b1 / b0);
  return j0 > 0 && j1 > 0 ? j0 * (j1 / j0) ** share : j0 + (j1 - j0) * share;
}

function describe(noise: Noise, batchSize: number | undefined): string {
  const at =
    batchSize === undefined
      ? ""
      : ` At B = ${countText(batchSize)} a value moves ±${numberText(Number(noiseAt(noise, batchSize).toPrecision(2)))} σ.`;
  const steady =
    noise.steadyFrom === null ? "It is not steady at any batch size." : `It is steady from B = ${countText(noise.steadyFrom)}.`;
  return `Noise of batch statistics over the batch size.${at} ${steady} Instance norm has none.`;
}
