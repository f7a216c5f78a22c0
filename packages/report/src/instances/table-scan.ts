import { blockCount, blockStart, finishRows, type Moments, ROW_BYTES } from "@normstream/moments";
import type { Statistics } from "@normstream/pipeline";
import { throwIfAborted, usageError } from "@normstream/tensor";
import { ConsecutiveBatches, type ConsecutiveNoise } from "./consecutive-batches.js";
import { type InstanceSample, InstanceSampler } from "./instance-sample.js";
import { type RunningEstimate, RunningMeans } from "./running-estimate.js";
import { SampleHashes, type SampleMatches } from "./sample-hashes.js";
import { SampleMarking, type SampleMarks } from "./sample-marks.js";
import { type VarianceParts, VarianceSplit } from "./variance-parts.js";

/** Rows that are read back at a time. */
const BAND_BYTES = 8 << 20;
/** Batches that the order of the data is measured by, beside the one that is asked for. */
const ORDER_BATCHES = [4, 8, 16, 32, 64, 128, 256, 1024];
const WATCHED_CHANNELS = 8;

/** What one scan of a table finds beside the statistics of each channel. */
export interface TableScan {
  /** Per channel over all samples, of finite values. `[C]` arrays */
  readonly moments: Moments;
  /** Of single samples: null where the table's rows hold several. */
  readonly instances: InstanceFindings | null;
  readonly convergence: RunningEstimate;
  readonly marks: SampleMarks;
}

/** What only rows of single samples tell. */
export interface InstanceFindings {
  readonly sample: InstanceSample;
  readonly parts: VarianceParts;
  /** Of consecutive batches, ascending; empty where there are too few samples. */
  readonly order: readonly ConsecutiveNoise[];
  /** Samples whose rows are equal; null where they were not asked for. */
  readonly matches: SampleMatches | null;
}

export interface ScanOptions {
  /** Also measure consecutive batches of this size. */
  readonly batchSize?: number | undefined;
  /** Look for samples whose rows are equal. */
  readonly matches?: boolean | undefined;
  /** Channels whose running mean is noted; default up to 8, evenly spaced. */
  readonly watched?: readonly number[] | undefined;
  /** What the instance sample may take; default 64 MB. */
  readonly sampleBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a table once, from first row to last, and measures what lies between its instances.
 * @param statistics with their table (`keepTable`, the default), not mutated
 * @throws NormstreamError: `usage` where the table was not kept; `io`; `aborted`
 */
export async function scanTable(statistics: Statistics, options: ScanOptions = {}): Promise<TableScan> {
  const { table, total } = statistics;
  const { samples, channels, planeSize, grain } = table;
  const moments = finishRows(total, "omit");
  const blocks = blockCount(table);
  const running = new RunningMeans(channels, watchedChannels(channels, options.watched), blocks, (block) =>
    blockStart(table, block),
  );
  const marking = new SampleMarking(table);
  const isSingle = grain === 1;
  const sampler = isSingle
    ? new InstanceSampler(samples, channels, planeSize, options.sampleBytes === undefined ? {} : { bytes: options.sampleBytes })
    : null;
  const split = isSingle ? new VarianceSplit(moments) : null;
  const order = isSingle ? new ConsecutiveBatches(moments, samples, [...ORDER_BATCHES, options.batchSize ?? 0]) : null;
  const hashes = isSingle && options.matches ? new SampleHashes(channels) : null;
  const lines = Math.max(1, Math.floor(BAND_BYTES / (channels * ROW_BYTES)));
  for (let block = 0; block < blocks; block += lines) {
    // A turn of the event loop between bands: signals are heard.
    await new Promise<void>((resolve) => setImmediate(resolve));
    throwIfAborted(options.signal);
    const rows = statistics.rows(block, Math.min(blocks, block + lines));
    for (const taker of [running, marking, sampler, split, order, hashes]) taker?.push(rows);
  }
  const convergence = running.finish();
  const marks = marking.finish();
  if (!sampler || !split || !order) return { moments, instances: null, convergence, marks };
  const instances = { sample: sampler.finish(), parts: split.finish(), order: order.finish(), matches: hashes?.finish() ?? null };
  return { moments, instances, convergence, marks };
}

function watchedChannels(channels: number, wanted: readonly number[] | undefined): readonly number[] {
  const stranger = wanted?.find((channel) => !Number.isSafeInteger(channel) || channel < 0 || channel >= channels);
  if (stranger !== undefined) throw usageError(`channel ${stranger}`, { expected: `a whole number from 0 to ${channels - 1}` });
  const count = Math.min(channels, WATCHED_CHANNELS);
  return wanted ?? Array.from({ length: count }, (_, i) => Math.floor((i * channels) / count));
}
