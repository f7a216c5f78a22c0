import { COUNT, emptyRow, MEAN, mergeRow, ROW } from "@normstream/moments";

/** The mean of the first samples, and how sure it is. */
export interface RunningEstimate {
  /** Samples at each point, ascending, the last one all. `[P]` */
  readonly samples: Float64Array;
  /** The channels that it was watched for. */
  readonly channels: readonly number[];
  /** Mean of the finite values of the first `samples[p]` samples, units of the data. `[P, channels]` float64 */
  readonly mean: Float64Array;
  /**
   * Its standard error: the std (correction 1) of the rows' means over √rows. A row is a sample, or several where the table's rows
   * hold several. NaN at one row. `[P, channels]` float64
   */
  readonly standardError: Float64Array;
}

const MOST_POINTS = 48;

/** Takes rows in their order and notes the running mean at points that are evenly spaced on a log scale. */
export class RunningMeans {
  readonly #channels: readonly number[];
  readonly #width: number;
  /** Blocks after which a point stands. */
  readonly #points: readonly number[];
  readonly #sampleOf: (block: number) => number;
  /** Merged values, and moments of the rows' means, a row each. */
  readonly #merged: Float64Array;
  readonly #ofMeans: Float64Array;
  readonly #single = new Float64Array(ROW);
  readonly #mean: Float64Array;
  readonly #error: Float64Array;
  #blocks = 0;
  #noted = 0;

  /** @param startOf first sample of a block; of the number of blocks, the number of samples */
  constructor(width: number, channels: readonly number[], blocks: number, startOf: (block: number) => number) {
    this.#width = width;
    this.#channels = channels;
    this.#sampleOf = startOf;
    const steps = Array.from({ length: MOST_POINTS }, (_, i) => Math.round(blocks ** (i / (MOST_POINTS - 1))));
    this.#points = [...new Set(steps)].filter((block) => block >= 1 && block <= blocks);
    this.#merged = new Float64Array(channels.length * ROW);
    this.#ofMeans = new Float64Array(channels.length * ROW);
    for (let i = 0; i < this.#merged.length; i += ROW) {
      emptyRow(this.#merged, i);
      emptyRow(this.#ofMeans, i);
    }
    this.#mean = new Float64Array(this.#points.length * channels.length);
    this.#error = new Float64Array(this.#points.length * channels.length);
  }

  /** Adds the next rows, `[blocks, C, 8]` float64, not mutated. */
  push(rows: Float64Array): void {
    for (let at = 0; at < rows.length; at += this.#width * ROW) {
      for (const [i, channel] of this.#channels.entries()) this.#add(i * ROW, rows, at + channel * ROW);
      if (++this.#blocks === this.#points[this.#noted]) this.#note();
    }
  }

  /** The points that were noted so far, and one for what has been read since. */
  soFar(): RunningEstimate {
    const width = this.#channels.length;
    const isNoted = this.#blocks === (this.#points[this.#noted - 1] ?? 0);
    if (!isNoted) this.#note();
    const count = this.#noted;
    if (!isNoted) this.#noted--;
    const blocks = [...this.#points.slice(0, this.#noted), ...(isNoted ? [] : [this.#blocks])];
    return {
      samples: Float64Array.from(blocks, this.#sampleOf),
      channels: this.#channels,
      mean: this.#mean.slice(0, count * width),
      standardError: this.#error.slice(0, count * width),
    };
  }

  finish(): RunningEstimate {
    const samples = Float64Array.from(this.#points, this.#sampleOf);
    return { samples, channels: this.#channels, mean: this.#mean, standardError: this.#error };
  }

  #add(to: number, rows: Float64Array, row: number): void {
    mergeRow(this.#merged, to, rows, row, this.#merged, to);
    if (rows[row + COUNT] === 0) return;
    emptyRow(this.#single);
    this.#single[COUNT] = 1;
    this.#single[MEAN] = rows[row + MEAN] as number;
    mergeRow(this.#ofMeans, to, this.#single, 0, this.#ofMeans, to);
  }

  #note(): void {
    for (let i = 0; i < this.#channels.length; i++) {
      const at = this.#noted * this.#channels.length + i;
      const [count = 0, mean = 0] = this.#merged.subarray(i * ROW);
      const [rows = 0, , m2 = 0] = this.#ofMeans.subarray(i * ROW);
      this.#mean[at] = count === 0 ? Number.NaN : mean;
      this.#error[at] = rows < 2 ? Number.NaN : Math.sqrt(m2 / (rows - 1) / rows);
    }
    this.#noted++;
  }
}
