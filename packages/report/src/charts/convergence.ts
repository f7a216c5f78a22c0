import type { Absent, ChannelConvergence, Convergence } from "../report.js";
import { label, xAxis, yAxis } from "./axis.js";
import type { Chart, ChartSize } from "./chart.js";
import { type CurveFrame, curveFrame } from "./curve-frame.js";
import { emptyChart } from "./empty.js";
import { GHOST_DASH, type LegendItem } from "./legend.js";
import { group, mark } from "./mark.js";
import { countText, numberText } from "./numbers.js";
import { areaPath, linePath, path, strokesPath } from "./path.js";
import { finiteExtent, type LeastDomains, logScale, padded, widened } from "./scale.js";
import type { ChartSelection } from "./selection.js";

export interface ConvergenceOptions extends ChartSelection {
  /** The mean of a channel in a second data set: a dashed level, where it lies in the plot. */
  readonly ghost?: ((channel: number) => number) | null | undefined;
  readonly atLeast?: LeastDomains | undefined;
}

/** What is drawn of a convergence, and where. */
export interface ConvergenceFrame extends CurveFrame {
  readonly found: ChannelConvergence;
  /** The last mean. */
  readonly last: number;
  /** Of the second data set; NaN where it does not lie in the plot. */
  readonly ghost: number;
}

/** The frame of the convergence chart; null where there is nothing to draw. */
export function convergenceFrame(
  convergence: Convergence | Absent,
  size: ChartSize,
  options: ConvergenceOptions = {},
): ConvergenceFrame | null {
  if ("absent" in convergence) return null;
  const { samples, channels } = convergence;
  const found = channels.find(({ channel }) => channel === options.channel) ?? channels[0];
  const last = found?.mean.findLast(Number.isFinite);
  const extent = finiteExtent(samples);
  if (found === undefined || last === undefined || extent === null) return null;
  // The first few samples stray far: the axis holds the means, and the band where it fits.
  const means = finiteExtent(found.mean) ?? [last, last];
  const reach = (means[1] - means[0]) * 0.75 || Math.abs(last) * 0.01 || 1;
  const band = finiteExtent(bound(found, -2), bound(found, 2)) ?? means;
  const own = padded([
    Math.max(means[0] - reach, Math.min(means[0], band[0])),
    Math.min(means[1] + reach, Math.max(means[1], band[1])),
  ]);
  const domain = widened(own, options.atLeast?.y);
  const xDomain = widened([Math.max(1, extent[0]), Math.max(2, extent[1])], options.atLeast?.x);
  const other = options.ghost?.(found.channel) ?? Number.NaN;
  const ghost = other >= domain[0] && other <= domain[1] ? other : Number.NaN;
  const items = Number.isNaN(ghost) ? LEGEND : [...LEGEND, GHOST];
  return { found, last, ghost, ...curveFrame(size, items, domain, (range) => logScale(xDomain, range, 10)) };
}

/** The running mean of one channel as samples are read, with ±2 standard errors, and the level at which it ends. */
export function convergenceChart(convergence: Convergence | Absent, size: ChartSize, options: ConvergenceOptions = {}): Chart {
  if ("absent" in convergence) return emptyChart(convergence.absent, size);
  const frame = convergenceFrame(convergence, size, options);
  if (frame === null) return emptyChart("No mean to follow: no finite values were read.", size);
  const { found, last, ghost, key, area, x, y } = frame;
  const { samples } = convergence;
  const [low, high] = [bound(found, -2), bound(found, 2)];
  const read = samples.at(-1) ?? 0;
  const clamp = (value: number): number =>
    Number.isFinite(value) ? Math.min(area.bottom, Math.max(area.top, y(value))) : Number.NaN;
  const points = (values: ArrayLike<number>) =>
    Array.from(samples, (count, index) => ({ x: x(count), y: clamp(values[index] ?? Number.NaN) }));
  const text = `${numberText(last)} after ${countText(read)} samples`;
  return {
    ...size,
    description: `Running mean of channel ${found.channel}: ${numberText(last)} after ${countText(read)} samples.`,
    marks: [
      key.mark,
      yAxis(y, area, { title: `mean of channel ${found.channel}` }),
      xAxis(x, area, { title: "samples read", spacing: 60 }),
      group("data", path("tint", areaPath(points(high), points(low)))),
      group(
        "ink",
        mark("path", { class: "hair", d: strokesPath([[area.left, y(last), area.right, y(last)]]), "stroke-dasharray": "2 3" }),
      ),
      Number.isFinite(ghost)
        ? group(
            "ghost",
            mark("path", {
              class: "edge",
              d: strokesPath([[area.left, y(ghost), area.right, y(ghost)]]),
              "stroke-dasharray": GHOST_DASH,
            }),
          )
        : null,
      group("data", path("line", linePath(points(found.mean)))),
      // The means have come to rest at the right, so that the top corner there is free.
      label(text, area.right, area.top + 12, { className: "halo strong", anchor: "end" }),
    ],
  };
}

const LEGEND: readonly LegendItem[] = [
  { text: "mean of what was read", color: "data", swatch: { kind: "line" } },
  { text: "±2 standard errors", color: "data", swatch: { kind: "band" } },
];

const GHOST: LegendItem = { text: "mean of the second data set", color: "ghost", swatch: { kind: "ghost" } };

const bound = ({ mean, standardError }: ChannelConvergence, errors: number): number[] =>
  Array.from(mean, (value, index) => value + errors * (standardError[index] ?? Number.NaN));
