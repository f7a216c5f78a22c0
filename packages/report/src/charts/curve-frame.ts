import { type PlotArea, plotArea, yAxisWidth } from "./axis.js";
import type { ChartSize } from "./chart.js";
import { type Legend, type LegendItem, legend } from "./legend.js";
import { linearScale, type Scale } from "./scale.js";

/** Where a chart of two axes stands: its legend, its plot and its scales. A page turns a pointer's px into values by it. */
export interface CurveFrame {
  readonly key: Legend;
  readonly area: PlotArea;
  readonly x: Scale;
  readonly y: Scale;
}

const BELOW = 38;
/** Between the legend and the plot: the title of the y axis. */
const ABOVE = 40;

export function curveFrame(
  size: ChartSize,
  items: readonly LegendItem[],
  yDomain: readonly [number, number],
  xScale: (range: readonly [number, number]) => Scale,
): CurveFrame {
  const key = legend(items, size.width);
  const top = key.height + ABOVE;
  const left = yAxisWidth(linearScale(yDomain, [0, 1]), size.height - top - BELOW);
  const area = plotArea(size, { top, right: 14, bottom: BELOW, left });
  return { key, area, x: xScale([area.left, area.right]), y: linearScale(yDomain, [area.bottom, area.top]) };
}

/** The whole number under a px of the x axis, within its domain: a batch size, a number of batches or of samples. */
export function countAt({ x }: CurveFrame, px: number): number {
  return Math.round(Math.min(x.domain[1], Math.max(x.domain[0], x.invert(px))));
}
