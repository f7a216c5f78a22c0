import type { TableShape } from "@normstream/moments";
import { geometryOf, itemSize, type StoredTensor } from "@normstream/tensor";
import type { Absent, ChannelHistogram, Histograms, Maps } from "../report.js";
import { presentable } from "../values/dyadic-histogram.js";
import { type ChannelCounts, HistogramCount } from "../values/histogram-count.js";
import { MapTiles } from "../values/map-tiles.js";
import { readPlanes } from "../values/read-planes.js";
import { type ValueSample, valueSample } from "../values/value-sample.js";
import { Z_BINS, Z_RANGE } from "../values/z-histogram.js";
import type { Measurement } from "./measure.js";

/** Channels that histograms are told of; half as many beside those of a second data set. */
const MOST_CHANNELS = 40;
/** Bins that all histograms of the input have together; half as many beside those of a second data set. */
const ALL_BINS = 3200;

const NO_DATA = "Made from a table alone, which holds moments and no values.";

/**
 * What one more look at a sample of the values gives: histograms and tiles. Of a table alone there are none.
 * @param isCompared whether a second data set's histograms stand beside them
 */
export async function valueViews(
  { statistics, scan, data }: Measurement,
  isCompared: boolean,
  signal?: AbortSignal,
): Promise<{ histograms: Histograms | Absent; maps: Maps | Absent }> {
  if (!data) return { histograms: { absent: NO_DATA }, maps: { absent: NO_DATA } };
  const { table } = statistics;
  const { shape, layout } = data.source;
  const { spatial, planeSize } = geometryOf(shape, layout);
  const chosen = telling(scan.moments.mean, scan.moments.variance, isCompared ? MOST_CHANNELS / 2 : MOST_CHANNELS);
  const values = sampleOf(data.source, table, chosen.length);
  const counts = new HistogramCount(statistics, scan, chosen, values);
  const sample = scan.instances?.sample;
  const tiles = planeSize > 1 && sample ? new MapTiles(statistics, scan, sample, spatial) : null;
  await readPlanes(data.source, data.engine, [...counts.wanted(), ...(tiles?.wanted() ?? [])], signal);
  const absent = planeSize > 1 ? "The table's rows hold several samples each." : "A table has no planes to show.";
  return { histograms: histogramsOf(counts.counts, values.fraction, isCompared), maps: tiles?.finish() ?? { absent } };
}

/** Histograms of some channels of a second data set; none of a table alone. */
export async function ghostHistograms(
  { statistics, scan, data }: Measurement,
  channels: readonly number[],
  signal?: AbortSignal,
): Promise<readonly ChannelHistogram[]> {
  const known = channels.filter((channel) => channel < statistics.table.channels);
  if (!data || known.length === 0) return [];
  const values = sampleOf(data.source, statistics.table, known.length);
  const counts = new HistogramCount(statistics, scan, known, values);
  await readPlanes(data.source, data.engine, [...counts.wanted()], signal);
  const made = histogramsOf(counts.counts, values.fraction, true);
  return "absent" in made ? [] : made.channels;
}

function sampleOf({ shape, layout, dtype }: StoredTensor, table: TableShape, wanted: number): ValueSample {
  const { channelsLast, channels, planeSize } = geometryOf(shape, layout);
  return valueSample(table, wanted, itemSize(dtype), channelsLast && channels > 1 && planeSize > 1);
}

/** All channels where there are few; else those of extreme mean and std, and evenly spaced ones. */
function telling(mean: Float64Array, variance: Float64Array, most: number): readonly number[] {
  const channels = Array.from(mean.keys());
  if (channels.length <= most) return channels;
  const extremes = [mean, variance].flatMap((values) => {
    const known = channels.filter((c) => !Number.isNaN(values[c]));
    const sorted = known.sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
    return [sorted[0], sorted.at(-1)].filter((c) => c !== undefined);
  });
  const chosen = new Set(extremes);
  const even = most - chosen.size;
  for (let i = 0; i < even; i++) chosen.add(Math.floor((i * channels.length) / even));
  return [...chosen].sort((a, b) => a - b);
}

function histogramsOf(counts: readonly ChannelCounts[], fraction: number, isCompared: boolean): Histograms | Absent {
  if (counts.length === 0) return { absent: "No channel has a finite value." };
  const bins = Math.max(64, Math.min(512, Math.floor((isCompared ? ALL_BINS / 2 : ALL_BINS) / counts.length)));
  const total = (values: Float64Array) => values.reduce((sum, count) => sum + count, 0);
  const shares = (values: Float64Array) => {
    const sum = total(values);
    return sum > 0 ? Float32Array.from(values, (count) => count / sum) : new Float32Array(0);
  };
  return {
    fraction,
    values: counts.reduce((most, { input }) => Math.max(most, total(input.counts)), 0),
    ...{ zRange: Z_RANGE, zBins: Z_BINS },
    channels: counts.map(({ channel, input, batch, instance }) => {
      const { exponent, first, counts: shown } = presentable(input, bins);
      return { channel, exponent, first, input: shares(shown), batch: shares(batch), instance: shares(instance) };
    }),
  };
}
