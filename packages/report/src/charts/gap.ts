import type { Absent, Gap, GhostGap } from "../report.js";
import { hitMark, LABEL_SIZE, label, type PlotArea, xAxis, yAxis } from "./axis.js";
import type { Chart, ChartSize } from "./chart.js";
import { type CurveFrame, curveFrame } from "./curve-frame.js";
import { emptyChart } from "./empty.js";
import { clearBaseline } from "./label-place.js";
import { dashed, GHOST_DASH, type LegendItem } from "./legend.js";
import { group, type Mark, mark } from "./mark.js";
import { marker, NORMS } from "./norm-encoding.js";
import { countText, numberText } from "./numbers.js";
import { linePath, type Point, path, strokesPath } from "./path.js";
import { finiteExtent, type LeastDomains, logScale, type Scale, widened } from "./scale.js";
import type { ChartSelection } from "./selection.js";
import { textWidth } from "./text.js";

export interface GapOptions extends ChartSelection {
  /** The gap of a second data set, drawn as a dashed line. */
  readonly ghost?: GhostGap | null | undefined;
  readonly atLeast?: LeastDomains | undefined;
}

const BN = NORMS.batch;
const IN = NORMS.instance;
const MEAN_DASH = "6 3";
const SCALE_DASH = "2 3";

// A gap that begins far above where it settles would press its end flat: the axis is cut at 12 times the end.
const CUT = 12;
/** Of the plot on the right. */
const MARGIN = 14;

/** The frame of the gap chart; null where there is nothing to draw. */
export function gapFrame(gap: Gap | Absent, size: ChartSize, options: GapOptions = {}): CurveFrame | null {
  if ("absent" in gap) return null;
  const batches = finiteExtent(gap.batches);
  const highest = finiteExtent(gap.total, gap.mean, gap.scale);
  if (batches === null || highest === null) return null;
  const top = gap.final > 0 ? Math.min(highest[1], gap.final * CUT) : highest[1];
  const xDomain = [Math.max(1, batches[0]), Math.max(2, batches[1])] as const;
  const { atLeast, ghost } = options;
  const yDomain = widened([0, top * 1.06 || 1], atLeast?.y);
  return curveFrame(size, legendItems(Boolean(ghost)), yDomain, (range) => logScale(widened(xDomain, atLeast?.x), range, 10));
}

/**
 * How far inference with running averages stands from training, in σ, over the batches seen: the whole gap, its part from
 * means and its part from scales, and where it has settled. Instance norm has no gap: it uses no running averages.
 */
export function gapChart(gap: Gap | Absent, size: ChartSize, options: GapOptions = {}): Chart {
  if ("absent" in gap) return emptyChart(gap.absent, size);
  const frame = gapFrame(gap, size, options);
  if (frame === null) return emptyChart("No channel varies, so training and inference agree.", size);
  const { key, area, x, y } = frame;
  const { ghost = null } = options;
  const isCut = gap.total.some((value) => value > y.domain[1]);
  const line = (values: ArrayLike<number>, source: GhostGap = gap): string => clippedLine(source.batches, values, x, y);
  const dashedLine = (values: ArrayLike<number>, dash: string): Mark =>
    mark("path", { class: "edge", d: line(values), "stroke-dasharray": dash });
  return {
    ...size,
    description: describe(gap),
    marks: [
      key.mark,
      yAxis(y, area, { title: `G, the gap, in σ${isCut ? " (cut above)" : ""}` }),
      xAxis(x, area, { title: "batches seen", spacing: 60 }),
      group(BN.color, dashedLine(gap.scale, SCALE_DASH), dashedLine(gap.mean, MEAN_DASH), path("line", line(gap.total))),
      ghost === null
        ? null
        : group("ghost", mark("path", { class: "edge", d: line(ghost.total, ghost), "stroke-dasharray": GHOST_DASH })),
      zeroLine(
        y,
        area,
        [gap.total, gap.mean, gap.scale].map((values) =>
          Array.from(gap.batches, (batch, i) => ({ x: x(batch), y: y(values[i] ?? Number.NaN) })),
        ),
      ),
      settledMark(gap, x, y, area),
      hitMark("gap", area),
    ],
  };
}

function legendItems(hasGhost: boolean): LegendItem[] {
  const items: LegendItem[] = [
    { text: "BN, whole gap", color: BN.color, swatch: { kind: "line" } },
    { text: "from means", color: BN.color, swatch: { kind: "line", dash: MEAN_DASH, weight: "edge" } },
    { text: "from scales", color: BN.color, swatch: { kind: "line", dash: SCALE_DASH, weight: "edge" } },
  ];
  return hasGhost ? [...items, { text: "second data set", color: "ghost", swatch: { kind: "ghost" } }] : items;
}

/** A line that enters at the top edge where it comes from above, and stays inside of the plot. */
function clippedLine(batches: ArrayLike<number>, values: ArrayLike<number>, x: Scale, y: Scale): string {
  const ceiling = y.domain[1];
  const points = Array.from(batches, (batch, index) => ({
    log: Math.log(Math.max(batch, 1e-9)),
    value: values[index] ?? Number.NaN,
  }));
  const drawn = points.flatMap((point, index) => {
    const before = points[index - 1];
    const inside = { x: x(Math.exp(point.log)), y: y(point.value) };
    const crosses = before !== undefined && before.value > ceiling !== point.value > ceiling;
    const share = crosses ? (ceiling - before.value) / (point.value - before.value) : 0;
    const entry = crosses ? [{ x: x(Math.exp(before.log + (point.log - before.log) * share)), y: y(ceiling) }] : [];
    return point.value > ceiling ? [...entry, { x: Number.NaN, y: Number.NaN }] : [...entry, inside];
  });
  return linePath(drawn.filter((point) => !(point.x < x.range[0] - 0.5 || point.x > x.range[1] + 0.5)));
}

function zeroLine(y: Scale, area: PlotArea, curves: readonly (readonly Point[])[]): Mark {
  const text = "IN: 0, always";
  const end = area.left + 6 + textWidth(text, LABEL_SIZE);
  const baseline = clearBaseline(
    curves,
    area.left + 6,
    end,
    [9, 26, 43, 60].map((up) => y(0) - up),
  );
  return group(
    IN.color,
    mark("path", { class: "line", d: strokesPath([[area.left, y(0), area.right, y(0)]]), ...dashed(IN.dash) }),
    marker(IN.marker, area.left + 9, y(0), 4, "fill"),
    label(text, area.left + 6, baseline, { className: "own halo" }),
  );
}

function settledMark(gap: Gap, x: Scale, y: Scale, area: PlotArea): Mark | null {
  const about = gap.isApproximate ? "≈ " : "";
  if (gap.settledAfter === null)
    return label("does not settle", area.right - 4, area.top + 14, { className: "strong halo", anchor: "end" });
  const at = x(gap.settledAfter);
  if (!(at >= area.left - 1 && at <= area.right + 1)) return null;
  const batches = `${about}${countText(gap.settledAfter)} ${gap.settledAfter === 1 ? "batch" : "batches"}`;
  const final = `at ${about}${numberText(Number(gap.final.toPrecision(2)))} σ`;
  const isRoomy = at + 7 + textWidth(`settled after ${batches}`, LABEL_SIZE, true) <= area.right;
  const lines = isRoomy ? [`settled after ${batches}`, final] : ["settled after", batches, final];
  const width = Math.max(...lines.map((line) => textWidth(line, LABEL_SIZE, true)));
  // On the left the curve comes down: the label may reach into the margin before it goes there.
  const isRight = at + 7 + width <= area.right + MARGIN;
  return group(
    "ink",
    mark("path", { class: "hair", d: strokesPath([[at, area.top, at, area.bottom]]) }),
    marker("circle", at, y(gap.final), 4.5, "hollow"),
    ...lines.map((line, index) =>
      label(line, isRight ? at + 7 : at - 7, area.top + 14 + index * 16, {
        className: index < lines.length - 1 ? "strong halo" : "halo",
        anchor: isRight ? "start" : "end",
      }),
    ),
  );
}

function describe(gap: Gap): string {
  const average = gap.momentum === null ? "cumulative averages" : `momentum ${numberText(gap.momentum)}`;
  const settled = gap.settledAfter === null ? "It does not settle." : `It settles after ${countText(gap.settledAfter)} batches.`;
  return `Gap between training and inference over the batches seen, at batch size ${countText(gap.batchSize)} with ${average}. ${settled} Instance norm has none.`;
}
