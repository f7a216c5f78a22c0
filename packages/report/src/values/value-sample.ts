import type { TableShape } from "@normstream/moments";
import { indexHash, sampledIndices } from "../instances/sampling.js";
import { PLANE_BYTES } from "./read-planes.js";

/** Values that histograms look at, all channels together; a part of the data beyond it. */
const VALUES = 1 << 23;
/** Samples that a part of the data comes from at least, where there are so many. */
const LEAST_SAMPLES = 64;
const SHORTEST_WINDOW = 64;

/** Which values are looked at: the same window of each sample's planes of some channels, or whole planes. */
export interface ValueSample {
  /** Ascending. */
  readonly samples: Float64Array;
  /** Positions of a window. */
  readonly length: number;
  /** Of each channel's values, 0 to 1. */
  readonly fraction: number;
  /** First position of a sample's window. */
  windowOf(sample: number): number;
}

/**
 * Chooses values so that a read of `channels` of them stays bounded: all samples, else whole planes of samples by the hash of their
 * index, else windows of planes at places that a hash gives.
 * @param channels how many channels are looked at
 * @param options.values what is read at most
 */
export function valueSample(
  { samples, channels: all, planeSize }: TableShape,
  channels: number,
  itemBytes: number,
  isInterleaved: boolean,
  options: { values?: number } = {},
): ValueSample {
  const budget = options.values ?? VALUES;
  const readsAll = isInterleaved || planeSize * itemBytes < PLANE_BYTES;
  const width = readsAll ? all : channels;
  const least = Math.min(samples, LEAST_SAMPLES);
  const whole = Math.floor(budget / (width * planeSize));
  const count = Math.min(samples, Math.max(least, whole));
  const length =
    whole >= least ? planeSize : Math.min(planeSize, Math.max(SHORTEST_WINDOW, Math.floor(budget / (width * least))));
  const places = Math.floor(planeSize / length);
  return {
    samples: sampledIndices(samples, count),
    length,
    fraction: (count / samples) * (length / planeSize),
    windowOf: (sample) => (indexHash(sample + 2 ** 40) % places) * length,
  };
}
