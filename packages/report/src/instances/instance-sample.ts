import { COUNT, M2, MEAN, ROW } from "@normstream/moments";
import { sampledIndices } from "./sampling.js";

/** Bytes that an instance sample takes at most. */
const SAMPLE_BYTES = 64e6;

/**
 * Means and variances of whole instances: one sample's one channel each. All of them while that takes no more than 64 MB; beyond it
 * those samples whose index has the smallest hash, so that the same data give the same sample.
 */
export interface InstanceSample {
  /** N: samples that there are. */
  readonly population: number;
  /** C */
  readonly channels: number;
  /** m: values of a plane. */
  readonly planeSize: number;
  /** Sample numbers, ascending. `[K]` */
  readonly samples: Float64Array;
  /** Of finite values; NaN where an instance has none. `[K, C]` float64 */
  readonly mean: Float64Array;
  /** Correction 0. `[K, C]` float64 */
  readonly variance: Float64Array;
}

/** K / N, 0 to 1. */
export const sampledFraction = ({ samples, population }: InstanceSample): number =>
  population === 0 ? 1 : samples.length / population;

/** Samples that an instance sample of so many channels holds. */
export const sampleSize = (population: number, channels: number, bytes = SAMPLE_BYTES): number =>
  Math.min(population, Math.max(1, Math.floor(bytes / (16 * Math.max(1, channels)))));

/** Takes rows of single samples in their order, and keeps those of the sample. */
export class InstanceSampler {
  readonly #sample: InstanceSample;
  #next = 0;
  #taken = 0;

  /** @param options.bytes what the sample may take; default 64 MB */
  constructor(population: number, channels: number, planeSize: number, options: { bytes?: number } = {}) {
    const samples = sampledIndices(population, sampleSize(population, channels, options.bytes));
    const length = samples.length * channels;
    const arrays = { mean: new Float64Array(length), variance: new Float64Array(length) };
    this.#sample = { population, channels, planeSize, samples, ...arrays };
  }

  /** Adds the next samples' rows, `[samples, C, 8]` float64, not mutated. */
  push(rows: Float64Array): void {
    const { samples, channels, mean, variance } = this.#sample;
    const width = channels * ROW;
    const end = this.#next + rows.length / width;
    for (let n = samples[this.#taken]; n !== undefined && n < end; n = samples[++this.#taken]) {
      const from = (n - this.#next) * width;
      const to = this.#taken * channels;
      for (let c = 0; c < channels; c++) {
        const row = from + c * ROW;
        const count = rows[row + COUNT] as number;
        mean[to + c] = count === 0 ? Number.NaN : (rows[row + MEAN] as number);
        variance[to + c] = count === 0 ? Number.NaN : (rows[row + M2] as number) / count;
      }
    }
    this.#next = end;
  }

  /** What the sample holds of the samples read so far; not to be kept while more come. */
  soFar(): InstanceSample {
    const { samples, mean, variance, ...rest } = this.#sample;
    const length = this.#taken * rest.channels;
    return {
      ...rest,
      samples: samples.subarray(0, this.#taken),
      mean: mean.subarray(0, length),
      variance: variance.subarray(0, length),
    };
  }

  /** The sample, after the last row. */
  finish(): InstanceSample {
    return this.#sample;
  }
}
