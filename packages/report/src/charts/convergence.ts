import type { Absent, ChannelConvergence, Convergence } from "../report.js";
import { label, xAxis, yAxis } from "./axis.js";
import type { Chart, ChartSize } from "./chart.js";
import { curveFrame } from "./curve-frame.js";
import { emptyChart } from "./empty.js";
import type { LegendItem } from "./legend.js";
import { group, mark } from "./mark.js";
import { countText, numberText } from "./numbers.js";
import { areaPath, linePath, path, strokesPath } from "./path.js";
import { finiteExtent, logScale, padded } from "./scale.js";
import type { ChartSelection } from "./selection.js";

/** The running mean of one channel as samples are read, with ±2 standard errors, and the level at which it ends. */
export function convergenceChart(convergence: Convergence | Absent, size: ChartSize, options: ChartSelection = {}): Chart {
  if ("absent" in convergence) return emptyChart(convergence.absent, size);
  const { samples, channels } = convergence;
  const found = channels.find(({ channel }) => channel === options.channel) ?? channels[0];
  const last = found === undefined ? undefined : found.mean.findLast(Number.isFinite);
  const extent = finiteExtent(samples);
  if (found === undefined || last === undefined || extent === null)
    return emptyChart("No mean to follow: no finite values were read.", size);
  const [low, high] = [bound(found, -2), bound(found, 2)];
  // The first few samples stray far: the axis holds the means, and the band where it fits.
  const means = finiteExtent(found.mean) ?? [last, last];
  const reach = (means[1] - means[0]) * 0.75 || Math.abs(last) * 0.01 || 1;
  const band = finiteExtent(low, high) ?? means;
  const domain = padded([
    Math.max(means[0] - reach, Math.min(means[0], band[0])),
    Math.min(means[1] + reach, Math.max(means[1], band[1])),
  ]);
  const xDomain = [Math.max(1, extent[0]), Math.max(2, extent[1])] as const;
  const { key, area, x, y } = curveFrame(size, LEGEND, domain, (range) => logScale(xDomain, range, 10));
  const clamp = (value: number): number =>
    Number.isFinite(value) ? Math.min(area.bottom, Math.max(area.top, y(value))) : Number.NaN;
  const points = (values: ArrayLike<number>) =>
    Array.from(samples, (count, index) => ({ x: x(count), y: clamp(values[index] ?? Number.NaN) }));
  const text = `${numberText(last)} after ${countText(extent[1])} samples`;
  return {
    ...size,
    description: `Running mean of channel ${found.channel}: ${numberText(last)} after ${countText(extent[1])} samples.`,
    marks: [
      key.mark,
      yAxis(y, area, { title: `mean of channel ${found.channel}` }),
      xAxis(x, area, { title: "samples read", spacing: 60 }),
      group("data", path("tint", areaPath(points(high), points(low)))),
      group(
        "ink",
        mark("path", { class: "hair", d: strokesPath([[area.left, y(last), area.right, y(last)]]), "stroke-dasharray": "2 3" }),
      ),
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

const bound = ({ mean, standardError }: ChannelConvergence, errors: number): number[] =>
  Array.from(mean, (value, index) => value + errors * (standardError[index] ?? Number.NaN));
