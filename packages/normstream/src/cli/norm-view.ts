import {
  Fold,
  finishRows,
  type Moments,
  mergeChannels,
  type NanPolicy,
  type Norm,
  ROW,
  type TableShape,
} from "@normstream/moments";
import type { Statistics } from "@normstream/pipeline";

/** Statistics of a norm, set by set: one for the whole, one a batch, or one a sample. Sets are made when they are asked for. */
export interface NormView {
  readonly norm: Norm;
  /** What a set is, where there are several. */
  readonly setName: "batch" | "sample" | null;
  /** What a value of a set belongs to; null where a set is one value. */
  readonly groupName: "channel" | "group" | null;
  readonly sets: number;
  readonly groups: number;
  /** Statistics of sets `from` to `to`, `[(to − from) · groups]` arrays. */
  moments(from: number, to: number): Moments;
}

/** The view of one set of statistics, one a channel. */
export function wholeView(moments: Moments): NormView {
  return { norm: "batch", setName: null, groupName: "channel", sets: 1, groups: moments.count.length, moments: () => moments };
}

/** What a table of one row a sample, or of rows that end where batches do, says under a norm. */
export function viewOf(
  statistics: Statistics,
  norm: Norm,
  options: { groups?: number | undefined; batchSize?: number | undefined },
): NormView {
  const { table, facts } = statistics;
  if (norm !== "batch") return perSample(statistics, norm, options.groups ?? 1);
  const { batchSize } = options;
  return batchSize === undefined ? wholeView(statistics.moments) : perBatch(statistics, table, facts.nan, batchSize);
}

function perSample(statistics: Statistics, norm: Exclude<Norm, "batch">, wanted: number): NormView {
  const { channels, samples } = statistics.table;
  const groups = norm === "instance" ? channels : norm === "layer" ? 1 : wanted;
  return {
    norm,
    setName: "sample",
    groupName: norm === "instance" ? "channel" : norm === "group" ? "group" : null,
    sets: samples,
    groups,
    moments(from, to) {
      const rows = statistics.rows(from, to);
      return finishRows(norm === "instance" ? rows : mergeChannels(rows, channels, groups), statistics.facts.nan);
    },
  };
}

function perBatch(statistics: Statistics, { samples, channels, grain }: TableShape, nan: NanPolicy, batchSize: number): NormView {
  const blocksOfBatch = Math.ceil(batchSize / grain);
  const blocks = Math.floor(samples / batchSize) * blocksOfBatch + Math.ceil((samples % batchSize) / grain);
  const width = channels * ROW;
  return {
    norm: "batch",
    setName: "batch",
    groupName: "channel",
    sets: Math.ceil(samples / batchSize),
    groups: channels,
    moments(from, to) {
      const merged = new Float64Array((to - from) * width);
      for (let set = from; set < to; set++) {
        const rows = statistics.rows(set * blocksOfBatch, Math.min(blocks, (set + 1) * blocksOfBatch));
        const fold = new Fold(channels);
        for (let at = 0; at < rows.length; at += width) fold.push(rows, at);
        merged.set(fold.result(), (set - from) * width);
      }
      return finishRows(merged, nan);
    },
  };
}
