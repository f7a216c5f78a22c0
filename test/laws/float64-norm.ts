import type { Norm } from "normstream";
import type { SampleData } from "./sample-data.js";

/** What a normalization is, computed directly: the definition, in float64 with compensated sums. */
export interface NormSpec {
  readonly norm: Norm;
  readonly groups?: number;
  readonly batchSize?: number;
  readonly eps?: number;
  /** `[C]` or `[C · S]` */
  readonly weight?: ArrayLike<number>;
  readonly bias?: ArrayLike<number>;
}

export interface GroupMoments {
  readonly mean: number;
  readonly variance: number;
}

/** Index of the statistic that (n, c) takes. */
function groupOf(data: SampleData, { norm, groups = 1, batchSize = data.samples }: NormSpec, n: number, c: number): number {
  if (norm === "batch") return Math.floor(n / batchSize) * data.channels + c;
  if (norm === "instance") return n * data.channels + c;
  if (norm === "layer") return n;
  return n * groups + Math.floor(c / (data.channels / groups));
}

/** Mean and biased variance of every set of values that shares them, in order of index. */
export function momentsOf(data: SampleData, spec: NormSpec): GroupMoments[] {
  const groups: number[][] = [];
  for (let n = 0; n < data.samples; n++) {
    for (let c = 0; c < data.channels; c++) {
      const at = groupOf(data, spec, n, c);
      groups[at] ??= [];
      const first = (n * data.channels + c) * data.planeSize;
      for (let j = 0; j < data.planeSize; j++) (groups[at] as number[]).push(data.values[first + j] as number);
    }
  }
  return groups.map((values) => {
    const mean = compensatedSum(values) / values.length;
    const rest = compensatedSum(values.map((x) => x - mean));
    const squares = compensatedSum(values.map((x) => (x - mean) ** 2));
    return { mean: mean + rest / values.length, variance: (squares - rest ** 2 / values.length) / values.length };
  });
}

/** y = weight · (x − mean) / sqrt(variance + eps) + bias, `[N, C, S]`. */
export function normalizeDirectly(data: SampleData, spec: NormSpec): Float64Array {
  const { samples, channels, planeSize, values } = data;
  const moments = momentsOf(data, spec);
  const y = new Float64Array(values.length);
  const elementwise = (vector: ArrayLike<number> | undefined) => vector !== undefined && vector.length !== channels;
  for (let n = 0, i = 0; n < samples; n++) {
    for (let c = 0; c < channels; c++) {
      const { mean, variance } = moments[groupOf(data, spec, n, c)] as GroupMoments;
      for (let j = 0; j < planeSize; j++, i++) {
        const w = spec.weight?.[elementwise(spec.weight) ? c * planeSize + j : c] ?? 1;
        const b = spec.bias?.[elementwise(spec.bias) ? c * planeSize + j : c] ?? 0;
        y[i] = (((values[i] as number) - mean) / Math.sqrt(variance + (spec.eps ?? 1e-5))) * w + b;
      }
    }
  }
  return y;
}

/** Neumaier's sum: as if in twice the precision. */
function compensatedSum(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const x of values) {
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return sum + lost;
}
