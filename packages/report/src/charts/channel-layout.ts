import type { Baseline, ChannelColumns } from "../report.js";
import { type PlotArea, plotArea, yAxisWidth } from "./axis.js";
import { type ChannelColumn, channelColumns, MAXIMUM_COLUMNS } from "./channel-columns.js";
import { type ChannelOrder, channelOrder, FLAG_TEXTS, factsOf } from "./channel-order.js";
import type { ChartSize } from "./chart.js";
import { type Legend, type LegendItem, legend } from "./legend.js";
import { asinhScale, finiteExtent, type LeastDomains, linearScale, padded, type Scale, widened } from "./scale.js";
import type { ChartSelection } from "./selection.js";

export interface ChannelsOptions extends ChartSelection {
  /** Default `index`. */
  readonly order?: ChannelOrder;
  /** The brush: places in the order, [from, to). Default all. */
  readonly from?: number;
  readonly to?: number;
  /** Means and stds of a second data set: ghost marks. */
  readonly baseline?: Baseline | null;
  readonly atLeast?: LeastDomains | undefined;
  /** While the brush is dragged: fewer columns are drawn, so that every frame keeps up. */
  readonly isMoving?: boolean;
}

/** Where everything of the channels view stands: for the chart that draws it and for the page that points at it. */
export interface ChannelLayout {
  readonly key: Legend;
  /** The strip of all channels with the brush; null where they are few. */
  readonly overview: PlotArea | null;
  readonly area: PlotArea;
  /** Top of the flags' gutter, and its height: next to nothing where no channel has one. */
  readonly gutter: number;
  readonly gutterHeight: number;
  readonly order: Uint32Array;
  readonly from: number;
  readonly to: number;
  readonly columns: readonly ChannelColumn[];
  /** True where a column stands for several channels. */
  readonly isEnvelope: boolean;
  readonly isAsinh: boolean;
  /** True where minima or maxima lie outside of the plot. */
  readonly isCut: boolean;
  /** Middle of a place of the order, in px. */
  readonly x: (place: number) => number;
  /** Width of a column, in px. */
  readonly step: number;
  readonly y: Scale;
}

const OVERVIEW_FROM = 32;
const OVERVIEW_HEIGHT = 44;
const ASINH_FROM = 50;
const MOVING_COLUMNS = 160;
const GUTTER_HEIGHT = 18;
const EMPTY_GUTTER = 6;

export function channelLayout(columns: ChannelColumns, size: ChartSize, options: ChannelsOptions): ChannelLayout {
  const count = columns.index.length;
  const order = channelOrder(columns, options.order ?? "index");
  const from = Math.min(Math.max(0, Math.floor(options.from ?? 0)), Math.max(0, count - 1));
  const to = Math.min(count, Math.max(from + 1, Math.ceil(options.to ?? count)));
  const baseline = options.baseline ?? null;
  const most = options.isMoving ? MOVING_COLUMNS : Math.min(size.width - 70, MAXIMUM_COLUMNS);
  const isEnvelope = to - from > most;
  const { spread, largestMean, flags } = factsOf(columns);
  const key = legend(legendItems(flags, isEnvelope, baseline !== null), size.width);
  const hasOverview = count > OVERVIEW_FROM;
  const top = key.height + (hasOverview ? OVERVIEW_HEIGHT + 12 : 0) + 26;
  const gutterHeight = flags !== 0 ? GUTTER_HEIGHT : EMPTY_GUTTER;
  const bottom = 40 + gutterHeight;
  const isAsinh = spread !== null && largestMean / spread > ASINH_FROM;
  const drawn = channelColumns(
    columns,
    order,
    { from, to, count: isEnvelope ? Math.min(most, Math.floor((size.width - 70) / 1.5)) : to - from },
    baseline,
  );
  const { domain: ownDomain, isCut } = yDomain(drawn, isAsinh);
  const domain = widened(ownDomain, options.atLeast?.y);
  const scaled = (range: readonly [number, number]): Scale =>
    isAsinh ? asinhScale(domain, range, spread) : linearScale(domain, range);
  const left = yAxisWidth(scaled([0, 1]), size.height - top - bottom);
  const area = plotArea(size, { top, bottom, left, right: 4 });
  const step = (area.right - area.left) / Math.max(1, drawn.length);
  const perPlace = (area.right - area.left) / Math.max(1, to - from);
  return {
    key,
    overview: hasOverview ? { left, right: area.right, top: key.height + 4, bottom: key.height + 4 + OVERVIEW_HEIGHT } : null,
    area,
    gutter: area.bottom,
    gutterHeight,
    order,
    from,
    to,
    columns: drawn,
    isEnvelope,
    isAsinh,
    isCut,
    x: (place) => area.left + (place - from + 0.5) * perPlace,
    step,
    y: scaled([area.bottom, area.top]),
  };
}

/** The place of the order under a px of the plot; null outside of it. */
export function placeAt({ area, from, to }: ChannelLayout, x: number): number | null {
  if (x < area.left || x >= area.right) return null;
  return from + Math.min(to - from - 1, Math.floor(((x - area.left) / (area.right - area.left)) * (to - from)));
}

/** The number of the channel under a px of the plot; null outside of it. */
export function channelAt(columns: ChannelColumns, layout: ChannelLayout, x: number): number | null {
  const place = placeAt(layout, x);
  return place === null ? null : (columns.index[layout.order[place] ?? 0] ?? null);
}

/** The place of the order under a px of the overview strip, kept within it. */
export function overviewPlaceAt({ overview, order }: ChannelLayout, x: number): number {
  const { left, right } = overview ?? { left: 0, right: 1 };
  return Math.min(order.length, Math.max(0, Math.round(((x - left) / (right - left)) * order.length)));
}

/** The values' domain: all of μ ± σ, and of minima and maxima what lies within that span again on either side. */
function yDomain(columns: readonly ChannelColumn[], isAsinh: boolean): { domain: readonly [number, number]; isCut: boolean } {
  const of = (...keys: readonly (keyof ChannelColumn)[]): number[][] => keys.map((key) => columns.map((column) => column[key]));
  const ghosts = [-1, 0, 1].map((side) =>
    columns.map(({ ghostMean, ghostStd }) => (side === 0 ? ghostMean : ghostMean + side * ghostStd)),
  );
  const body = finiteExtent(...of("low", "high", "mean"), ...ghosts) ?? [0, 1];
  const ends = finiteExtent(...of("minimum", "maximum"), body) ?? body;
  if (isAsinh) return { domain: padded(ends), isCut: false };
  const span = body[1] - body[0];
  const kept = span === 0 ? ends : ([Math.max(ends[0], body[0] - span), Math.min(ends[1], body[1] + span)] as const);
  return { domain: padded(kept), isCut: kept[0] > ends[0] || kept[1] < ends[1] };
}

function legendItems(flags: number, isEnvelope: boolean, hasGhost: boolean): LegendItem[] {
  const items: LegendItem[] = [
    { text: isEnvelope ? "envelope of μ ± σ" : "μ ± σ over all samples (BN)", color: "bn", swatch: { kind: "bar" } },
    isEnvelope
      ? { text: "median μ", color: "bn", swatch: { kind: "line" } }
      : { text: "μ ± mean std of one instance (IN)", color: "in", swatch: { kind: "tick" } },
    { text: "min–max", color: "axis", swatch: { kind: "whisker" } },
  ];
  if (hasGhost) items.push({ text: "second data set", color: "ghost", swatch: { kind: "ghost" } });
  for (const { bit, glyph, text } of FLAG_TEXTS) {
    if ((flags & bit) !== 0) items.push({ text, color: "warning", swatch: { kind: "glyph", glyph } });
  }
  return items;
}
