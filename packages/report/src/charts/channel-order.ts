import { CHANNEL_FLAGS, type ChannelColumns } from "../report.js";

/** What channels are sorted by: their number; or the largest first of mean, std, √ρ; or flagged ones first. */
export const CHANNEL_ORDERS = ["index", "mean", "std", "between", "flags"] as const;
export type ChannelOrder = (typeof CHANNEL_ORDERS)[number];

/** Places in the columns in the order asked for. Ties and NaN keep the order of the channels' numbers, NaN last. `[K]` */
export function channelOrder(columns: ChannelColumns, by: ChannelOrder): Uint32Array {
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
