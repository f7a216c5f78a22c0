import { number, object, packed } from "./codec.js";

/** Histograms that a report holds at most. */
export const MOST_HISTOGRAMS = 48;

/** One channel's histograms. */
export const histogramCodec = object({
  channel: number({ least: 0, most: Number.MAX_SAFE_INTEGER, whole: true }),
  exponent: number({ least: -1100, most: 1100, whole: true }),
  first: number({ least: -Number.MAX_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER, whole: true }),
  input: packed("share", 512),
  batch: packed("share", 514),
  instance: packed("share", 514),
});
