import type { MissingChunks, SkippedImage } from "@normstream/formats";
import {
  blockCount,
  Fold,
  finishRows,
  type Moments,
  mergeChannels,
  type NanPolicy,
  ROW,
  type TableShape,
  type TableTotals,
} from "@normstream/moments";
import { type DType, type ErrorDetails, type Layout, usageError } from "@normstream/tensor";
import type { NormStatistics } from "./norm-statistics.js";
import type { TableStore } from "./table-store.js";

/** Rows that are read back from a table at a time. */
const BAND_BYTES = 8 << 20;

/** What a pass says of itself beside its numbers. */
export interface StatisticsFacts {
  /** The file, and the tensor in it where there are several. */
  readonly input: string;
  /** Of the input, in the order of `layout`; 0 stands for an extent that varies from sample to sample. */
  readonly shape: readonly number[];
  /** Where a part starts among the samples of the whole; 0 for the whole. */
  readonly firstSample: number;
  /** Samples of the whole input. */
  readonly totalSamples: number;
  /** Of the input. */
  readonly dtype: DType;
  /** Of the input. */
  readonly layout: Layout;
  /** The policy that the statistics were asked for with. */
  readonly nan: NanPolicy;
  /** `inline` or `threads`. */
  readonly engine: string;
  /** Of the pool. */
  readonly threads: number;
  /** Bytes of the tensor that were read. */
  readonly bytes: number;
  /** Bytes of it that an earlier run had read; 0, since runs are not resumed yet. */
  readonly resumedBytes: number;
  /** From the call to the result. */
  readonly seconds: number;
  /** `[C]` names of the channels, where the data have them. */
  readonly channelNames?: readonly string[] | undefined;
  /** What decoded the data, and its version: `sharp 0.35.5`. */
  readonly readers?: readonly string[] | undefined;
  /** Samples that could not be decoded and were left out, where that was asked for: how many, and the first 1000 of them. */
  readonly skipped?:
    | {
        /** How many. */
        readonly count: number;
        /** The first of them, in order. */
        readonly first: readonly SkippedImage[];
      }
    | undefined;
  /** Stored chunks that were not there and count as the fill value: how many, and the first one's key. */
  readonly missing?: MissingChunks | undefined;
}

/**
 * The statistics of a tensor: the moments of each channel over all samples, and the table of moments from which the statistics of
 * every norm follow without reading the data again.
 */
export class Statistics implements Disposable {
  /** Of what, and how, they were computed. */
  readonly facts: StatisticsFacts;
  /** The shape of the table of moments. */
  readonly table: TableShape;
  /** Hex SHA-256 over the table: the same for the same data, whatever read it (docs/table.md, rule 13). */
  readonly digest: string;
  /** Per channel, over all samples; `[C]` arrays. */
  readonly moments: Moments;
  /** `[C]`: mean over the instances of the std of each one's plane (correction 0); null where a row holds several samples. */
  readonly meanInstanceStd: Float64Array | null;
  /** `[C, 8]` rows of all samples, before any policy. */
  readonly total: Float64Array;
  readonly #store: TableStore | null;

  /** @hidden Use `computeStatistics`. */
  constructor(facts: StatisticsFacts, table: TableShape, totals: TableTotals, store: TableStore | null) {
    this.facts = facts;
    this.table = table;
    this.digest = totals.digest;
    this.total = totals.total;
    this.moments = finishRows(totals.total, facts.nan);
    this.meanInstanceStd = totals.instanceStd && finishRows(totals.instanceStd, facts.nan).mean;
    this.#store = store;
  }

  /** N */
  get samples(): number {
    return this.table.samples;
  }
  /** Whether the table was kept, so that `rows` and the norms of samples and batches can be had. */
  get hasTable(): boolean {
    return this.#store !== null;
  }
  /** `[C]` finite values. */
  get count(): Float64Array {
    return this.moments.count;
  }
  /** `[C]`, in the data's own unit. */
  get mean(): Float64Array {
    return this.moments.mean;
  }
  /** `[C]`, correction 0: divided by n, not n − 1. */
  get variance(): Float64Array {
    return this.moments.variance;
  }
  /** `[C]` √variance, correction 0. */
  get std(): Float64Array {
    return this.moments.variance.map(Math.sqrt);
  }

  /**
   * What batch norm uses: one set over all samples, or one for each `batchSize` samples in their order (the last may be shorter).
   * @throws NormstreamError of kind `usage` where the table's rows do not end where the batches do.
   */
  batchNorm(options: { batchSize?: number } = {}): NormStatistics {
    const { samples, channels, planeSize, grain, batchSize: tableBatch } = this.table;
    const { batchSize } = options;
    const base = { norm: "batch", samples, channels, groups: channels } as const;
    if (batchSize === undefined) {
      return { ...base, sets: 1, samplesPerSet: samples, valuesPerStatistic: samples * planeSize, moments: this.moments };
    }
    if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
      throw usageError(`batch size ${batchSize}`, { expected: "a whole number of 1 or more" });
    }
    // Other batches than the table's own need rows that end at whole blocks, which those of a ragged batch do not.
    if (grain > 1 && tableBatch !== batchSize && (batchSize % grain !== 0 || tableBatch % grain !== 0)) {
      throw usageError(`the table's rows hold ${grain} samples each, so batches of ${batchSize} cannot be told apart`, {
        hint: `Compute the statistics with batchSize: ${batchSize}.`,
      });
    }
    const perBatch = Math.ceil(batchSize / grain);
    const sets = Math.ceil(samples / batchSize);
    const rows = new Float64Array(sets * channels * ROW);
    let fold = new Fold(channels);
    let set = 0;
    this.#forEachBlock((row) => {
      fold.push(row);
      if (fold.length === perBatch) {
        rows.set(fold.result(), set++ * channels * ROW);
        fold = new Fold(channels);
      }
    });
    if (fold.length > 0) rows.set(fold.result(), set * channels * ROW);
    const moments = finishRows(rows, this.facts.nan);
    return { ...base, sets, samplesPerSet: batchSize, valuesPerStatistic: Math.min(batchSize, samples) * planeSize, moments };
  }

  /** What instance norm uses: the rows themselves, `[N · C]`. @throws NormstreamError where a row holds several samples. */
  instanceNorm(): NormStatistics {
    const { channels, planeSize } = this.table;
    return this.#perSample("instance", channels, planeSize, (rows) => rows);
  }

  /**
   * What group norm uses: a sample's rows merged over `channels / groups` neighbouring channels, `[N · groups]`.
   * @throws NormstreamError where the groups do not divide the channels, or a row holds several samples.
   */
  groupNorm(groups: number): NormStatistics {
    const { channels, planeSize } = this.table;
    checkGroups(groups, channels, { file: this.facts.input });
    return this.#perSample("group", groups, (channels / groups) * planeSize, (rows) => mergeChannels(rows, channels, groups));
  }

  /** What layer norm uses: a sample's rows merged over all channels, `[N]`. @throws NormstreamError where a row holds several samples. */
  layerNorm(): NormStatistics {
    const { channels, planeSize } = this.table;
    return this.#perSample("layer", 1, channels * planeSize, (rows) => mergeChannels(rows, channels, 1));
  }

  /**
   * Rows of blocks `from` to `to`, `[to − from, C, 8]` float64: count, mean, m2, min, max, NaN, +Inf, −Inf.
   * @throws NormstreamError of kind `usage` where the table was not kept
   */
  rows(from = 0, to = blockCount(this.table)): Float64Array {
    return this.#kept().read(from, to);
  }

  /** Gives the table's memory or temporary file back. */
  [Symbol.dispose](): void {
    this.#store?.[Symbol.dispose]();
  }

  #kept(): TableStore {
    if (!this.#store)
      throw usageError("the table of moments was not kept", { hint: "Compute the statistics with keepTable: true." });
    return this.#store;
  }

  #perSample(
    norm: NormStatistics["norm"],
    groups: number,
    valuesPerStatistic: number,
    merge: (rows: Float64Array) => Float64Array,
  ) {
    const { samples, channels, grain } = this.table;
    if (grain > 1) {
      throw usageError(`the table's rows hold ${grain} samples each, so ${norm} norm has none of its own`, {
        hint: "Compute the statistics with perInstance: true.",
      });
    }
    const rows = new Float64Array(samples * groups * ROW);
    const band = Math.max(1, Math.floor(BAND_BYTES / (channels * ROW * 8)));
    for (let n = 0; n < samples; n += band) {
      rows.set(merge(this.rows(n, Math.min(samples, n + band))), n * groups * ROW);
    }
    const moments = finishRows(rows, this.facts.nan);
    return { norm, samples, channels, groups, sets: samples, samplesPerSet: 1, valuesPerStatistic, moments };
  }

  #forEachBlock(visit: (row: Float64Array) => void): void {
    const width = this.table.channels * ROW;
    const blocks = blockCount(this.table);
    const band = Math.max(1, Math.floor(BAND_BYTES / (width * 8)));
    for (let b = 0; b < blocks; b += band) {
      const rows = this.rows(b, Math.min(blocks, b + band));
      for (let at = 0; at < rows.length; at += width) visit(rows.subarray(at, at + width));
    }
  }
}

/** @throws NormstreamError of kind `usage` unless `groups` divides `channels`. */
export function checkGroups(groups: number, channels: number, where: ErrorDetails = {}): void {
  if (!Number.isSafeInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw usageError(`${groups} groups do not divide ${channels} channels`, {
      ...where,
      expected: "a divisor of the number of channels",
    });
  }
}
