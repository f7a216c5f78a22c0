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

function columnOf(
  columns: ChannelColumns,
  order: Uint32Array,
  from: number,
  to: number,
  baseline: Baseline | null,
): ChannelColumn {
  const places = order.subarray(from, to);
  const at = (values: Float32Array | undefined, place: number): number => values?.[place] ?? Number.NaN;
  const pick = (value: (place: number) => number): number[] => Array.from(places, value).filter(Number.isFinite);
  const first = places[0] ?? 0;
  const isOne = places.length === 1;
  const { mean, std, min, max, instanceStd, flags } = columns;
  return {
    from,
    to,
    mean: middle(pick((place) => at(mean, place))),
    low: least(pick((place) => at(mean, place) - at(std, place))),
    high: most(pick((place) => at(mean, place) + at(std, place))),
    minimum: least(pick((place) => at(min, place))),
    maximum: most(pick((place) => at(max, place))),
    instanceStd: isOne ? at(instanceStd, first) * at(std, first) : Number.NaN,
    flags: places.reduce((bits, place) => bits | (flags[place] ?? 0), 0),
    ghostMean: middle(pick((place) => at(baseline?.mean, place))),
    ghostStd: isOne ? at(baseline?.std, first) : Number.NaN,
  };
}

const least = (values: readonly number[]): number => (values.length === 0 ? Number.NaN : Math.min(...values));
const most = (values: readonly number[]): number => (values.length === 0 ? Number.NaN : Math.max(...values));

function middle(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  const at = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? at : ((sorted[half - 1] ?? Number.NaN) + at) / 2;
}
