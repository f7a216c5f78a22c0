import type { Baseline, ChannelColumns } from "../report.js";

/** Most columns that are ever drawn; beyond it, or where a channel has less than a px, columns stand for several channels. */
export const MAXIMUM_COLUMNS = 1600;

/** What is drawn in one column: of one channel, or the envelope and median of several. In units of the data; NaN: nothing to draw. */
export interface ChannelColumn {
  /** Places in the order, [from, to). */
  readonly from: number;
  readonly to: number;
  /** Median of the means. */
  readonly mean: number;
  /** Lowest μ − σ and highest μ + σ. */
  readonly low: number;
  readonly high: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Mean instance std in units of the data; NaN for several channels. */
  readonly instanceStd: number;
  /** Flags of all of them. */
  readonly flags: number;
  readonly ghostMean: number;
  readonly ghostStd: number;
}

/** The columns of a window [from, to) of an order, at most `count` of them. */
export function channelColumns(
  columns: ChannelColumns,
  order: Uint32Array,
  window: { readonly from: number; readonly to: number; readonly count: number },
  baseline: Baseline | null,
): ChannelColumn[] {
  const shown = Math.max(0, window.to - window.from);
  const count = Math.min(shown, Math.max(1, Math.floor(window.count)), MAXIMUM_COLUMNS);
  return Array.from({ length: count }, (_, index) => {
    const from = window.from + Math.floor((index * shown) / count);
    const to = window.from + Math.floor(((index + 1) * shown) / count);
    return columnOf(columns, order, from, to, baseline);
  });
}

/** One pass over the places: a picture of 4,096 channels is drawn anew in every frame of a brush. */
function columnOf(
  columns: ChannelColumns,
  order: Uint32Array,
  from: number,
  to: number,
  baseline: Baseline | null,
): ChannelColumn {
  const { mean, std, min, max, instanceStd, flags } = columns;
  const first = order[from] ?? 0;
  const isOne = to - from === 1;
  const [means, ghostMeans]: [number[], number[]] = [[], []];
  let [low, minimum] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [high, maximum] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let bits = 0;
  for (let index = from; index < to; index++) {
    const place = order[index] ?? 0;
    const center = mean[place] ?? Number.NaN;
    const spread = std[place] ?? Number.NaN;
    const [least, most] = [min[place] ?? Number.NaN, max[place] ?? Number.NaN];
    if (Number.isFinite(center)) means.push(center);
    if (Number.isFinite(center - spread) && center - spread < low) low = center - spread;
    if (Number.isFinite(center + spread) && center + spread > high) high = center + spread;
    if (Number.isFinite(least) && least < minimum) minimum = least;
    if (Number.isFinite(most) && most > maximum) maximum = most;
    bits |= flags[place] ?? 0;
    const ghost = baseline?.mean[place] ?? Number.NaN;
    if (Number.isFinite(ghost)) ghostMeans.push(ghost);
  }
  return {
    from,
    to,
    mean: middle(means),
    low: finite(low),
    high: finite(high),
    minimum: finite(minimum),
    maximum: finite(maximum),
    instanceStd: isOne ? (instanceStd[first] ?? Number.NaN) * (std[first] ?? Number.NaN) : Number.NaN,
    flags: bits,
    ghostMean: middle(ghostMeans),
    ghostStd: isOne ? (baseline?.std[first] ?? Number.NaN) : Number.NaN,
  };
}

const finite = (value: number): number => (Number.isFinite(value) ? value : Number.NaN);

/** The median; it sorts the values where they are. */
function middle(values: number[]): number {
  if (values.length > 1) values.sort((a, b) => a - b);
  const half = values.length >> 1;
  const at = values[half] ?? Number.NaN;
  return values.length % 2 === 1 ? at : ((values[half - 1] ?? Number.NaN) + at) / 2;
}
