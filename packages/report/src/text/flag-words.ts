import { CHANNEL_FLAGS } from "../report.js";

const WORDS = [
  [CHANNEL_FLAGS.constant, "constant"],
  [CHANNEL_FLAGS.nearConstant, "near-constant"],
  [CHANNEL_FLAGS.notFinite, "NaN/Inf"],
  [CHANNEL_FLAGS.empty, "empty"],
  [CHANNEL_FLAGS.overflowsHalf, "> float16"],
] as const;

/** The flags of a channel in words; empty where it has none. @param bits of `CHANNEL_FLAGS` */
export const flagWords = (bits: number): string =>
  WORDS.filter(([bit]) => (bits & bit) !== 0)
    .map(([, word]) => word)
    .join(" ");
