import { blockCount, blockStart, Fold, finishRows, ROW, type TableShape } from "@normstream/moments";
import { type InstanceSample, InstanceSampler } from "../instances/instance-sample.js";
import { RunningMeans } from "../instances/running-estimate.js";
import type { TableScan } from "../instances/table-scan.js";
import type { VarianceParts } from "../instances/variance-parts.js";

/** Channels that a report of a run in progress tells of; of more it tells those of evenly spaced ones. */
const MOST_CHANNELS = 192;
const WATCHED_CHANNELS = 4;
/** What its instance sample may take: it is measured anew for each report. */
const SAMPLE_BYTES = 400e3;

/** What is known of a table of which some rows are there. */
export interface PartialScan extends Omit<TableScan, "marks"> {
  /** Numbers of the channels that everything is of, in the order of their columns. */
  readonly channels: Uint32Array;
  /** Samples that are in it. */
  readonly samples: number;
}

/** Watches the rows of a pass and measures what has come of them, of at most 192 channels, as often as somebody asks. */
export class LiveScan {
  readonly #table: TableShape;
  readonly #channels: Uint32Array;
  readonly #fold: Fold;
  readonly #running: RunningMeans;
  readonly #sampler: InstanceSampler | null;
  #blocks = 0;

  /** @param table of the whole data */
  constructor(table: TableShape) {
    this.#table = table;
    const width = Math.min(table.channels, MOST_CHANNELS);
    this.#channels = Uint32Array.from({ length: width }, (_, i) => Math.floor((i * table.channels) / width));
    this.#fold = new Fold(width);
    const watched = Math.min(width, WATCHED_CHANNELS);
    const places = Array.from({ length: watched }, (_, i) => Math.floor((i * width) / watched));
    this.#running = new RunningMeans(width, places, blockCount(table), (block) => blockStart(table, block));
    const { samples, planeSize, grain } = table;
    this.#sampler = grain === 1 ? new InstanceSampler(samples, width, planeSize, { bytes: SAMPLE_BYTES }) : null;
  }

  /** Adds the next rows, `[blocks, C, 8]` float64, not mutated. */
  push(rows: Float64Array): void {
    const own = this.#narrowed(rows);
    const width = this.#channels.length * ROW;
    for (let at = 0; at < own.length; at += width) this.#fold.push(own, at);
    this.#running.push(own);
    this.#sampler?.push(own);
    this.#blocks += own.length / width;
  }

  /** What has come so far; null before the first row. */
  soFar(): PartialScan | null {
    if (this.#blocks === 0) return null;
    const moments = finishRows(this.#fold.result(), "omit");
    const sample = this.#sampler?.soFar();
    const running = this.#running.soFar();
    return {
      channels: this.#channels,
      samples: blockStart(this.#table, this.#blocks),
      moments,
      instances: sample ? { sample, parts: partsOf(sample, moments.mean), order: [], matches: null } : null,
      convergence: { ...running, channels: running.channels.map((place) => this.#channels[place] as number) },
    };
  }

  #narrowed(rows: Float64Array): Float64Array {
    const { channels } = this.#table;
    if (this.#channels.length === channels) return rows;
    const blocks = rows.length / (channels * ROW);
    const own = new Float64Array(blocks * this.#channels.length * ROW);
    for (let b = 0, to = 0; b < blocks; b++) {
      for (const c of this.#channels) {
        const from = (b * channels + c) * ROW;
        for (let i = 0; i < ROW; i++) own[to++] = rows[from + i] as number;
      }
    }
    return own;
  }
}

/** The parts of the variance within and between a sample's instances, each counting alike. */
function partsOf({ channels, mean, variance }: InstanceSample, centers: Float64Array): VarianceParts {
  const columns = Array.from({ length: channels }, (_, c) => {
    let [count, sum, squares, within, stds] = [0, 0, 0, 0, 0];
    const pivot = centers[c] as number;
    for (let at = c; at < mean.length; at += channels) {
      const d = (mean[at] as number) - pivot;
      if (Number.isNaN(d)) continue;
      count++;
      sum += d;
      squares += d * d;
      within += variance[at] as number;
      stds += Math.sqrt(variance[at] as number);
    }
    return { within: within / count, between: squares / count - (sum / count) ** 2, std: stds / count };
  });
  return {
    within: Float64Array.from(columns, (column) => column.within),
    between: Float64Array.from(columns, (column) => column.between),
    meanInstanceStd: Float64Array.from(columns, (column) => column.std),
  };
}
