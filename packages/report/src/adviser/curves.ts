import type { TableScan } from "../instances/table-scan.js";
import { type ChannelMeasures, noiseOfChannels, steadyBatchSize } from "./channel-measures.js";
import { type ChannelGap, channelGap, type GapSettings, isRoughGap, medianGap, settledAfter } from "./gap.js";
import { medianNoise } from "./median-noise.js";
import { batchNoise } from "./noise.js";
import { median, quantile } from "./quantile.js";
import { STEADY } from "./rules.js";
import { drawnNoise } from "./shuffled-batches.js";

/** J over batch sizes; medians and percentiles over channels with σ > 0. */
export interface NoiseCurve {
  readonly fraction: number;
  readonly batchSizes: readonly number[];
  /** Of J. */
  readonly median: readonly number[];
  readonly p10: readonly number[];
  readonly p90: readonly number[];
  /** Between what the median lies with 95 % certainty (jackknife); 0 and Infinity where there are too few instances to tell. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** J of batches really drawn, and of consecutive samples. */
  readonly simulated: readonly { readonly batchSize: number; readonly j: number }[];
  readonly consecutive: readonly { readonly batchSize: number; readonly j: number }[];
  readonly steadyFrom: number | null;
}

/** G over the number of batches. */
export interface GapCurve {
  readonly batchSize: number;
  readonly momentum: number | null;
  readonly batches: readonly number[];
  readonly points: readonly ChannelGap[];
  readonly settledAfter: number | null;
  readonly final: number;
  readonly isRough: boolean;
}

/** Drawn batches are told up to this size, and only where the sample holds enough instances for them to differ. */
const MOST_DRAWN = 1024;
const LEAST_DRAWN = 8;

/** Noise at powers of two up to N. @param options.draws whether batches are drawn too; default true */
export function noiseCurve(
  measures: ChannelMeasures,
  { instances }: Pick<TableScan, "instances">,
  batchSize: number,
  options: { readonly draws?: boolean | undefined } = {},
): NoiseCurve {
  const { samples, shapes } = measures;
  const batchSizes: number[] = [];
  for (let b = 1; b < samples && batchSizes.length < 32; b *= 2) batchSizes.push(b);
  batchSizes.push(samples);
  const columns = batchSizes.map((b) => noiseOfChannels(shapes, b, samples));
  const intervals = batchSizes.map((b) => medianNoise(measures, b));
  const sample = (options.draws ?? true) ? instances?.sample : undefined;
  const drawn = batchSizes.filter((b) => sample && b > 1 && b <= MOST_DRAWN && b * LEAST_DRAWN <= sample.samples.length);
  const ofOrder = (instances?.order ?? []).map(({ batchSize: b, j }) => ({ batchSize: b, j: median(j) }));
  return {
    fraction: measures.fraction,
    batchSizes,
    median: columns.map((j) => median(j)),
    p10: columns.map((j) => quantile(j, 0.1)),
    p90: columns.map((j) => quantile(j, 0.9)),
    low: intervals.map((each) => each?.low ?? Number.NaN),
    high: intervals.map((each) => each?.high ?? Number.NaN),
    simulated: sample ? drawn.map((b) => ({ batchSize: b, j: drawnNoise(sample, b, batchSize) })).filter(isKnown) : [],
    consecutive: ofOrder.filter(isKnown).slice(0, 16),
    steadyFrom: steadyBatchSize(measures, STEADY),
  };
}

const isKnown = ({ j }: { readonly j: number }): boolean => !Number.isNaN(j);

/** Points of the curve, and how far it reaches at least; beyond where it settles it reaches 4 times as far. */
const POINTS = 64;
const LEAST_REACH = 100;

/** The gap at batches evenly spaced on a log scale, some way beyond where it settles. */
export function gapCurve(measures: ChannelMeasures, settings: GapSettings): GapCurve {
  const channels = measures.shapes.flatMap((shape, c) =>
    shape ? [{ shape, mean: measures.mean[c] as number, std: measures.std[c] as number }] : [],
  );
  const totalAt = (k: number) => median(channels.map(({ shape, mean, std }) => channelGap(shape, mean, std, k, settings).total));
  const settled = settledAfter(totalAt);
  const reach = Math.max(LEAST_REACH, 4 * (settled ?? LEAST_REACH));
  const batches = [...new Set(Array.from({ length: POINTS }, (_, i) => Math.round(reach ** (i / (POINTS - 1)))))];
  const points = batches.map((k) => medianGap(channels.map(({ shape, mean, std }) => channelGap(shape, mean, std, k, settings))));
  const rough = channels.filter(({ shape }) => isRoughGap(batchNoise(shape, settings.batchSize, settings.samples))).length;
  const { batchSize, momentum } = settings;
  return {
    ...{ batchSize, momentum, batches, points, settledAfter: settled, final: totalAt(Infinity) },
    isRough: 2 * rough > channels.length,
  };
}
