import { number, object, packed } from "./codec.js";

const count = number({ least: 0, most: Number.MAX_SAFE_INTEGER, whole: true });
const short = number({ digits: 7 });
const shortOrNaN = number({ digits: 7, loose: true });

/** Pixels that a tile has at most. */
const MOST_PIXELS = 20736;

/** One small picture of a plane. */
export const tileCodec = object({
  ...{ sample: count, channel: count, mean: shortOrNaN, std: shortOrNaN },
  ...{ low: short, high: short, pixels: packed("u1", MOST_PIXELS) },
});
