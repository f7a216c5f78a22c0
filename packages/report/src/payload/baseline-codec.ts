import { type Baseline, type ChannelColumns, REPORT_CHANNELS } from "../report.js";
import { type Json, nullable, number, object, packed, text } from "./codec.js";

/** Means as distances from the report's own, stds as multiples of them: 16 bits are enough for a ghost mark. */
const stored = nullable(
  object({
    title: text(200),
    samples: number({ least: 0, most: Number.MAX_SAFE_INTEGER, whole: true }),
    meanZ: packed("f2", REPORT_CHANNELS),
    stdRatio: packed("f2", REPORT_CHANNELS),
  }),
);

export const baselineSchema = stored.schema;

export function encodeBaseline(baseline: Baseline | null, { mean, std }: ChannelColumns): Json {
  if (!baseline) return null;
  const { title, samples } = baseline;
  const meanZ = baseline.mean.map((x, i) => (x - (mean[i] as number)) / ((std[i] as number) || 1));
  const stdRatio = baseline.std.map((x, i) => x / ((std[i] as number) || 1));
  return stored.encode({ title, samples, meanZ, stdRatio });
}

export function decodeBaseline(value: unknown, { mean, std }: ChannelColumns): Baseline | null {
  const read = stored.decode(value, "baseline");
  if (!read) return null;
  const { title, samples, meanZ, stdRatio } = read;
  return {
    ...{ title, samples },
    mean: meanZ.map((z, i) => (mean[i] as number) + z * ((std[i] as number) || 1)),
    std: stdRatio.map((ratio, i) => ratio * ((std[i] as number) || 1)),
  };
}
