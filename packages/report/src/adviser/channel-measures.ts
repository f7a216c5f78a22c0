import type { InstanceSample } from "../instances/instance-sample.js";
import { type InstanceMoments, PowerSums } from "../instances/power-sums.js";
import { batchNoise, type ChannelShape } from "./noise.js";
import { median } from "./quantile.js";

/** Parts that the jackknife leaves out, one after the other. */
const JACKKNIFE = 20;

/** What the adviser knows of each channel. A channel with σ = 0 or without values has no shape. */
export interface ChannelMeasures {
  /** N */
  readonly samples: number;
  /** Part of the instances that shapes were taken from, 0 to 1. */
  readonly fraction: number;
  readonly shapes: readonly (ChannelShape | null)[];
  /** `[C]` float64, of the instances. */
  readonly mean: Float64Array;
  readonly std: Float64Array;
  /** Jackknife: the shapes without each part of the instances. */
  readonly without: readonly (readonly (ChannelShape | null)[])[];
}

/** Reads an instance sample as the adviser needs it. */
export function measureChannels(sample: InstanceSample): ChannelMeasures {
  const groups = sample.samples.length >= 2 * JACKKNIFE ? JACKKNIFE : 1;
  const sums = new PowerSums(sample, groups);
  const channels = Array.from({ length: sample.channels }, (_, c) => c);
  const moments = channels.map((c) => sums.moments(c));
  return {
    samples: sample.population,
    fraction: sample.samples.length / Math.max(1, sample.population),
    shapes: moments.map(shapeOf),
    mean: Float64Array.from(moments, ({ mean }) => mean),
    std: Float64Array.from(moments, ({ within, between }) => Math.sqrt(within + between)),
    without:
      groups === 1 ? [] : Array.from({ length: groups }, (_, group) => channels.map((c) => shapeOf(sums.moments(c, group)))),
  };
}

function shapeOf({ within, between, meanFourth, varianceSpread, covariance }: InstanceMoments): ChannelShape | null {
  const variance = within + between;
  if (!(variance > 0)) return null;
  const square = variance * variance;
  const shape = { rho: between / variance, v2: varianceSpread / square, b4: meanFourth / square, c12: covariance / square };
  return Number.isFinite(shape.rho + shape.v2 + shape.b4 + shape.c12) ? shape : null;
}

/** J of each channel at B; NaN where it has no shape. */
export const noiseOfChannels = (shapes: readonly (ChannelShape | null)[], batchSize: number, samples: number): Float64Array =>
  Float64Array.from(shapes, (shape) => (shape ? batchNoise(shape, batchSize, samples).j : Number.NaN));

/** The smallest B whose median J is at most `limit`; null where none below N has it. J falls with B. */
export function steadyBatchSize(measures: ChannelMeasures, limit: number): number | null {
  const isSteady = (batchSize: number) => median(noiseOfChannels(measures.shapes, batchSize, measures.samples)) <= limit;
  let high = 1;
  while (high < measures.samples && !isSteady(high)) high = Math.min(measures.samples, high * 2);
  if (high >= measures.samples && !(measures.samples > 1 && isSteady(measures.samples - 1))) return null;
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isSteady(middle)) high = middle;
    else low = middle;
  }
  return high;
}
