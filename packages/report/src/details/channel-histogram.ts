import type { Engine } from "@normstream/pipeline";
import { geometryOf, isExactInteger, itemSize, type StoredTensor, usageError } from "@normstream/tensor";
import type { ChannelHistogram, Report } from "../report.js";
import { countValues, dyadicBins, presentable } from "../values/dyadic-histogram.js";
import { readPlanes, type Wanted } from "../values/read-planes.js";
import { valueSample } from "../values/value-sample.js";
import { countZ, zBins } from "../values/z-histogram.js";
import { PlaneMoments } from "./plane-moments.js";

/** Values that are counted at most: a channel of more is counted by a part of its planes. */
const MOST_VALUES = 1 << 25;
const MOST_BINS = 512;
/** Planes of more values come in parts, so that their own mean is not known when they are counted. */
const WHOLE_PLANE = 1 << 20;

/** Histograms of a channel that a report has none of, or of more of its values. */
export async function histogramOfChannel(
  { channels }: Report,
  source: StoredTensor,
  engine: Pick<Engine, "heap">,
  channel: number,
  signal: AbortSignal | undefined,
): Promise<ChannelHistogram> {
  const at = channels.index.indexOf(channel);
  const [mean, std] = [channels.mean[at] as number, channels.std[at] as number];
  if (at < 0 || Number.isNaN(mean)) throw usageError(`channel ${channel} has no histogram`, { file: source.name });
  const { samples, channels: all, planeSize, channelsLast } = geometryOf(source.shape, source.layout);
  const table = { samples, channels: all, planeSize } as Parameters<typeof valueSample>[0];
  const isInterleaved = channelsLast && all > 1 && planeSize > 1;
  const chosen = valueSample(table, 1, itemSize(source.dtype), isInterleaved, { values: MOST_VALUES });
  const isWhole = chosen.length === planeSize && planeSize <= WHOLE_PLANE && planeSize > 1;
  const least = isExactInteger(source.dtype) || source.dtype === "int32" ? 0 : undefined;
  const input = dyadicBins(outward(channels.min[at] as number, -1), outward(channels.max[at] as number, 1), least);
  const [batch, instance] = [zBins(), zBins()];
  const take: Wanted["take"] = (_, __, values) => {
    countValues(input, values);
    countZ(batch, values, mean, std);
    if (!isWhole) return;
    const plane = new PlaneMoments();
    plane.add(values);
    countZ(instance, values, plane.mean, plane.std);
  };
  const wanted = Array.from(chosen.samples, (sample): Wanted => {
    const from = chosen.windowOf(sample);
    return { sample, channels: [channel], from, to: from + chosen.length, take };
  });
  await readPlanes(source, engine, wanted, signal);
  const { exponent, first, counts } = presentable(input, MOST_BINS);
  return { channel, exponent, first, input: shares(counts), batch: shares(batch), instance: shares(instance) };
}

/** A report's columns are float32: the float64 extreme may lie one step further out. */
const outward = (value: number, direction: 1 | -1): number => value + direction * Math.abs(value) * 2 ** -23;

function shares(counts: Float64Array): Float32Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total > 0 ? Float32Array.from(counts, (count) => count / total) : new Float32Array(0);
}
