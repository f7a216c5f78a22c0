import { CHANNEL_FLAGS, type ChannelColumns } from "../report.js";
import { finiteExtent } from "./scale.js";

/** What channels are sorted by: their number; or the largest first of mean, std, √ρ; or flagged ones first. */
export const CHANNEL_ORDERS = ["index", "mean", "std", "between", "flags"] as const;
export type ChannelOrder = (typeof CHANNEL_ORDERS)[number];

/**
 * Places in the columns in the order asked for. Ties and NaN keep the order of the channels' numbers, NaN last.
 * @returns `[K]`, kept for the next call: not to be mutated
 */
export function channelOrder(columns: ChannelColumns, by: ChannelOrder): Uint32Array {
  const { orders } = factsOf(columns);
  const known = orders.get(by) ?? sortedPlaces(columns, by);
  orders.set(by, known);
  return known;
}

function sortedPlaces(columns: ChannelColumns, by: ChannelOrder): Uint32Array {
  const places = Uint32Array.from(columns.index, (_, place) => place);
  if (by === "index") return places;
  const values = by === "flags" ? columns.flags : columns[by];
  const rank = (place: number): number => {
    const value = values[place] ?? Number.NaN;
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
  return places.sort((a, b) => {
    const [first, second] = [rank(a), rank(b)];
    return first === second ? a - b : second > first ? 1 : -1;
  });
}

const WITHOUT_SPREAD = CHANNEL_FLAGS.constant | CHANNEL_FLAGS.empty;

/** What follows from columns and stays: a brush draws them anew in every frame. */
export interface ChannelFacts {
  /** The median σ of channels that vary; null where none does. */
  readonly spread: number | null;
  /** The largest |μ|. */
  readonly largestMean: number;
  /** Flags of any channel. */
  readonly flags: number;
  readonly orders: Map<ChannelOrder, Uint32Array>;
}

const known = new WeakMap<ChannelColumns, ChannelFacts>();

export function factsOf(columns: ChannelColumns): ChannelFacts {
  const facts = known.get(columns) ?? {
    spread: medianStd(columns),
    largestMean: finiteExtent(columns.mean.map(Math.abs))?.[1] ?? 0,
    flags: columns.flags.reduce((bits, each) => bits | each, 0),
    orders: new Map(),
  };
  known.set(columns, facts);
  return facts;
}

/** The median σ of channels that vary; null where none does. */
export function medianStd({ std, flags }: ChannelColumns): number | null {
  const varying = std
    .filter((value, place) => Number.isFinite(value) && value > 0 && ((flags[place] ?? 0) & WITHOUT_SPREAD) === 0)
    .sort();
  const middle = varying.length >> 1;
  const [below, at] = [varying[middle - 1], varying[middle]];
  if (at === undefined) return null;
  return varying.length % 2 === 1 || below === undefined ? at : (below + at) / 2;
}

/** How flags are written in the gutter and in tables. */
export const FLAG_TEXTS: readonly { readonly bit: number; readonly glyph: string; readonly text: string }[] = [
  { bit: CHANNEL_FLAGS.notFinite, glyph: "!", text: "NaN or ∞" },
  { bit: CHANNEL_FLAGS.empty, glyph: "∅", text: "no finite value" },
  { bit: CHANNEL_FLAGS.overflowsHalf, glyph: "½", text: "beyond float16" },
  { bit: CHANNEL_FLAGS.constant, glyph: "=", text: "constant" },
  { bit: CHANNEL_FLAGS.nearConstant, glyph: "≈", text: "nearly constant" },
];
