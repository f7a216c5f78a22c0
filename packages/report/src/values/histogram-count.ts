import { finishRows } from "@normstream/moments";
import type { Statistics } from "@normstream/pipeline";
import { isExactInteger } from "@normstream/tensor";
import type { TableScan } from "../instances/table-scan.js";
import { countValues, type DyadicHistogram, dyadicBins } from "./dyadic-histogram.js";
import type { Wanted } from "./read-planes.js";
import type { ValueSample } from "./value-sample.js";
import { countZ, zBins } from "./z-histogram.js";

/** A channel's values, as they are and as batch and instance norm make them. */
export interface ChannelCounts {
  readonly channel: number;
  readonly input: DyadicHistogram;
  /** `[50]`; all 0 where the channel does not vary. */
  readonly batch: Float64Array;
  /** `[50]`; all 0 for tables, and where no plane varies. */
  readonly instance: Float64Array;
}

/** Counts histograms of some channels from a sample of values. */
export class HistogramCount {
  readonly counts: readonly ChannelCounts[];
  readonly #scan: TableScan;
  readonly #statistics: Statistics;
  readonly #values: ValueSample;

  /** @param channels those that have finite values are counted */
  constructor(statistics: Statistics, scan: TableScan, channels: readonly number[], values: ValueSample) {
    const { min, max, count } = scan.moments;
    const { dtype } = statistics.table;
    const least = isExactInteger(dtype) || dtype === "int32" ? 0 : undefined;
    this.#scan = scan;
    this.#statistics = statistics;
    this.#values = values;
    this.counts = channels
      .filter((c) => (count[c] as number) > 0)
      .map((channel) => ({
        channel,
        input: dyadicBins(min[channel] as number, max[channel] as number, least),
        batch: zBins(),
        instance: zBins(),
      }));
  }

  /** What it wants to see. */
  *wanted(): Generator<Wanted> {
    const byChannel = new Map(this.counts.map((counts) => [counts.channel, counts]));
    const channels = [...byChannel.keys()];
    const { samples, length } = this.#values;
    for (const sample of samples) {
      const instances = this.#instancesOf(sample);
      const from = this.#values.windowOf(sample);
      yield {
        sample,
        channels,
        from,
        to: from + length,
        take: (channel, _, values) => this.#count(byChannel.get(channel) as ChannelCounts, values, instances()),
      };
    }
  }

  #count({ channel, input, batch, instance }: ChannelCounts, values: Float64Array, planes: Planes | null): void {
    const { mean, variance } = this.#scan.moments;
    countValues(input, values);
    countZ(batch, values, mean[channel] as number, Math.sqrt(variance[channel] as number));
    if (planes) countZ(instance, values, planes.mean[channel] as number, Math.sqrt(planes.variance[channel] as number));
  }

  /** Means and variances of a sample's planes, from the table; read when they are first asked for. */
  #instancesOf(sample: number): () => Planes | null {
    const { grain, planeSize } = this.#statistics.table;
    if (grain > 1 || planeSize === 1) return () => null;
    let planes: Planes | undefined;
    return () => {
      planes ??= finishRows(this.#statistics.rows(sample, sample + 1), "omit");
      return planes;
    };
  }
}

interface Planes {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}
