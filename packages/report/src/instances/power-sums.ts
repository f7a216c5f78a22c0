import type { InstanceSample } from "./instance-sample.js";
import { indexHash } from "./sampling.js";

/** Sums over instances of δ = μₙ − μ and ω = vₙ − w, taken about one pair (μ, w); they add. */
const FIELDS = 9;
const N = 0;
const D = 1;
const D2 = 2;
const D3 = 3;
const D4 = 4;
const V = 5;
const V2 = 6;
const VD = 7;
const VD2 = 8;

/** Moments of a channel's instances (report.md's letters): all in units of the data and their squares. */
export interface InstanceMoments {
  /** Instances that they were taken over. */
  readonly instances: number;
  /** μ: mean of the instances' means. */
  readonly mean: number;
  /** w = E v: variance within instances. */
  readonly within: number;
  /** b2 = E δ²: variance between instances. */
  readonly between: number;
  /** b4 = E δ⁴ */
  readonly meanFourth: number;
  /** v2 = Var v */
  readonly varianceSpread: number;
  /** c12 = E[(v − w)δ²] */
  readonly covariance: number;
}

/**
 * Power sums of a sample's channels, in `groups` groups of instances, so that a jackknife can leave each one out.
 * Groups go by the hash of the sample's number, so that the order of the data has no part in them.
 */
export class PowerSums {
  readonly channels: number;
  readonly groups: number;
  /** `[C]`: what the sums are taken about. */
  readonly #mean: Float64Array;
  readonly #within: Float64Array;
  /** `[groups, C, 9]` */
  readonly #sums: Float64Array;
  /** `[C, 9]` */
  readonly #total: Float64Array;

  constructor(sample: InstanceSample, groups = 1) {
    const { channels, samples, mean, variance } = sample;
    this.channels = channels;
    this.groups = groups;
    this.#mean = columnMeans(mean, channels);
    this.#within = columnMeans(variance, channels);
    this.#sums = new Float64Array(groups * channels * FIELDS);
    for (let k = 0; k < samples.length; k++) {
      const group = (groups === 1 ? 0 : indexHash(samples[k] as number) % groups) * channels * FIELDS;
      for (let c = 0; c < channels; c++) {
        const m = mean[k * channels + c] as number;
        if (Number.isNaN(m)) continue;
        const d = m - (this.#mean[c] as number);
        const v = (variance[k * channels + c] as number) - (this.#within[c] as number);
        add(this.#sums, group + c * FIELDS, d, v);
      }
    }
    this.#total = new Float64Array(channels * FIELDS);
    for (let i = 0; i < this.#sums.length; i++) {
      const at = i % this.#total.length;
      this.#total[at] = (this.#total[at] as number) + (this.#sums[i] as number);
    }
  }

  /** Moments of a channel over all instances, or over all but those of a group. NaN where there are none. */
  moments(channel: number, without?: number): InstanceMoments {
    const at = channel * FIELDS;
    const left = without === undefined ? undefined : without * this.channels * FIELDS + at;
    const sum = (field: number): number =>
      (this.#total[at + field] as number) - (left === undefined ? 0 : (this.#sums[left + field] as number));
    const n = sum(N);
    // The sums were taken about the means of all: what is left is shifted by little.
    const a = sum(D) / n;
    const c = sum(V) / n;
    const between = Math.max(0, sum(D2) / n - a * a);
    const fourth = sum(D4) / n - (4 * a * sum(D3)) / n + (6 * a * a * sum(D2)) / n - 3 * a ** 4;
    return {
      instances: n,
      mean: (this.#mean[channel] as number) + a,
      within: (this.#within[channel] as number) + c,
      between,
      meanFourth: Math.max(0, fourth),
      varianceSpread: Math.max(0, sum(V2) / n - c * c),
      covariance: (sum(VD2) - 2 * a * sum(VD) + a * a * sum(V)) / n - c * between,
    };
  }
}

function add(sums: Float64Array, at: number, d: number, v: number): void {
  const d2 = d * d;
  const terms = [1, d, d2, d2 * d, d2 * d2, v, v * v, v * d, v * d2];
  for (let i = 0; i < FIELDS; i++) sums[at + i] = (sums[at + i] as number) + (terms[i] as number);
}

/** `[C]` means over the rows of `[K, C]`, NaN left out; about the first row, so that large means lose nothing. */
function columnMeans(values: Float64Array, channels: number): Float64Array {
  const means = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    let pivot = Number.NaN;
    let sum = 0;
    let count = 0;
    for (let i = c; i < values.length; i += channels) {
      const x = values[i] as number;
      if (Number.isNaN(x)) continue;
      if (count === 0) pivot = x;
      sum += x - pivot;
      count++;
    }
    means[c] = pivot + sum / count;
  }
  return means;
}
