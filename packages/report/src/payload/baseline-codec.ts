import { type Baseline, type ChannelColumns, REPORT_CHANNELS } from "../report.js";
import { type Json, list, nullable, number, object, packed, text } from "./codec.js";
import { histogramCodec, MOST_HISTOGRAMS } from "./histogram-codec.js";

/** Points of a second data set that are told. */
export const GHOST_POINTS = 192;

/** Means as distances from the report's own, stds as multiples of them: 16 bits are enough for a ghost mark. */
const stored = nullable(
  object({
    title: text(200),
    samples: number({ least: 0, most: Number.MAX_SAFE_INTEGER, whole: true }),
    meanZ: packed("f2", REPORT_CHANNELS),
    stdRatio: packed("f2", REPORT_CHANNELS),
    noise: nullable(object({ batchSizes: packed("u4", 33), median: packed("f4", 33) })),
    gap: nullable(object({ batches: packed("f4", 64), total: packed("f4", 64) })),
    instances: nullable(object({ x: packed("f2", GHOST_POINTS), y: packed("f2", GHOST_POINTS) })),
    histograms: list(histogramCodec, MOST_HISTOGRAMS),
  }),
);

export const baselineSchema = stored.schema;

export function encodeBaseline(baseline: Baseline | null, { mean, std }: ChannelColumns): Json {
  if (!baseline) return null;
  const { mean: means, std: stds, ...rest } = baseline;
  const meanZ = means.map((x, i) => (x - (mean[i] as number)) / ((std[i] as number) || 1));
  const stdRatio = stds.map((x, i) => x / ((std[i] as number) || 1));
  return stored.encode({ ...rest, meanZ, stdRatio });
}

export function decodeBaseline(value: unknown, { mean, std }: ChannelColumns): Baseline | null {
  const read = stored.decode(value, "baseline");
  if (!read) return null;
  const { meanZ, stdRatio, ...rest } = read;
  return {
    ...rest,
    mean: meanZ.map((z, i) => (mean[i] as number) + z * ((std[i] as number) || 1)),
    std: stdRatio.map((ratio, i) => ratio * ((std[i] as number) || 1)),
  };
}
