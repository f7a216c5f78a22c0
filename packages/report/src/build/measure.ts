import {
  type Engine,
  type Statistics,
  type StatisticsObserver,
  type StatisticsOptions,
  statisticsOf,
} from "@normstream/pipeline";
import { geometryOf, type StoredTensor } from "@normstream/tensor";
import { tableInstances } from "../instances/table-instances.js";
import { scanTable, type TableScan } from "../instances/table-scan.js";
import type { Absent, Timeline } from "../report.js";
import { ShardTimes } from "./shard-times.js";

/** Rows of single values that are worth keeping for a table; beyond it they are looked at by a sample. */
const MOST_SINGLE_ROWS = 4e6;

/** What a report, advice and checks are made from. Dispose of it to give the table back. */
export interface Measurement extends Disposable {
  readonly statistics: Statistics;
  readonly scan: TableScan;
  /** The data, where they are at hand and not only their table. */
  readonly data: { readonly source: StoredTensor; readonly engine: Engine } | null;
  /** When which thread worked on which shard. */
  readonly timeline: Timeline | Absent;
}

export type MeasureOptions = Pick<StatisticsOptions, "nan" | "shardBytes" | "signal" | "onProgress"> & {
  /** Also measure consecutive batches of this size. */
  readonly batchSize?: number | undefined;
};

/** How the statistics of a tensor are computed for a measurement: with a row for each sample, where that is not beyond all measure. */
export function measurementPlan({ shape, layout }: StoredTensor): { readonly perInstance: boolean } {
  const { samples, channels, planeSize } = geometryOf(shape, layout);
  return { perInstance: planeSize > 1 || samples * channels <= MOST_SINGLE_ROWS };
}

/**
 * Measures a tensor: one pass for its table, one scan of the table. A table of more than 4 million values, whose rows of moments would take
 * far more than it does, is measured in blocks of samples, and its values by a sample.
 * @throws NormstreamError as `computeStatistics`
 */
export async function measureTensor(
  source: StoredTensor,
  engine: Engine,
  options: MeasureOptions = {},
  observer: Pick<StatisticsObserver, "onRows"> = {},
): Promise<Measurement> {
  const { batchSize, ...pass } = options;
  const times = new ShardTimes();
  const watching = { ...observer, onShard: times.push.bind(times) };
  const statistics = await statisticsOf(source, engine, { ...pass, ...measurementPlan(source) }, watching);
  try {
    // Images of unequal sizes, or without those that were left out, are not to be looked up by their place.
    const isTensor = statistics.facts.shape.join() === source.shape.join();
    const scan = await scanTable(statistics, { batchSize, matches: isTensor, signal: options.signal });
    if (!isTensor) return measurement(statistics, scan, null, times.finish());
    const instances = scan.instances ?? (await tableInstances(statistics, scan.moments, source, engine, options.signal));
    return measurement(statistics, { ...scan, instances }, { source, engine }, times.finish());
  } catch (error) {
    statistics[Symbol.dispose]();
    throw error;
  }
}

/** Measures what a table alone tells: no values are at hand. @param statistics with their table; disposed of with the measurement */
export async function measureTable(
  statistics: Statistics,
  options: Pick<MeasureOptions, "batchSize" | "signal"> = {},
): Promise<Measurement> {
  const scan = await scanTable(statistics, { ...options, matches: true });
  return measurement(statistics, scan, null, { absent: "Made from a table alone, which does not say when it was computed." });
}

const measurement = (
  statistics: Statistics,
  scan: TableScan,
  data: Measurement["data"],
  timeline: Measurement["timeline"],
): Measurement => ({
  ...{ statistics, scan, data, timeline },
  [Symbol.dispose]: () => statistics[Symbol.dispose](),
});
