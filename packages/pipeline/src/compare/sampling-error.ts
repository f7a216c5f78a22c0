import { blockCount, COUNT, M2, MEAN, ROW, ROW_BYTES } from "@normstream/moments";
import { throwIfAborted } from "@normstream/tensor";
import type { Statistics } from "../statistics.js";

/**
 * Where a standard error comes from. `instances`: from how much the samples differ from each other; `blocks`: the same of rows of
 * several samples each; `values`: from the number of values, as if each were drawn alone; `normal`: that, and values of a normal
 * distribution.
 */
export type ErrorBasis = "instances" | "blocks" | "values" | "normal";

/** How sure the mean and the variance of one channel are. Relative, so that no data over- or underflow it. */
export interface SamplingError {
  /** Rows with values; values where these count. */
  readonly units: number;
  /** Variance of the mean, as a share of the variance σ² of the values. NaN where it cannot be told. */
  readonly mean: number;
  readonly meanDf: number;
  /** Variance of σ², as a share of σ⁴. */
  readonly variance: number;
  readonly varianceDf: number;
}

/** Rows that are read at a time. */
const BAND_BYTES = 4 << 20;

/**
 * How sure a table's means and variances are, by channel, from the rows: values within an instance are alike (an image is bright or
 * dark as a whole), so that instances are what is drawn, not values. With weights w = nᵢ / n, row means mᵢ and second moments
 * qᵢ = m2ᵢ / nᵢ + (mᵢ − mean)²:
 *
 *     Var(mean) = Σ w² (mᵢ − mean)² / (1 − w)        Var(σ²) = Σ w² (qᵢ − σ²)² / (1 − w)
 *
 * the cluster-robust variance of a ratio, each square made unbiased by its own leverage (CR2: Bell and McCaffrey 2002), and the
 * influence of a value on σ², (x − mean)² − σ². For equal counts that is s² / K of the K rows. Degrees of freedom are Bell and
 * McCaffrey's too, 1 / (Σ w² + (Σ u)² − Σ u²) with u = w² / (1 − w), and K − 1 for equal counts.
 */
export function clusterErrors(statistics: Statistics, signal?: AbortSignal): SamplingError[] {
  const { table, total } = statistics;
  const { channels } = table;
  const sums = Array.from({ length: channels }, () => ({ units: 0, mean: 0, variance: 0, w2: 0, u: 0, u2: 0 }));
  const blocks = blockCount(table);
  const band = Math.max(1, Math.floor(BAND_BYTES / (channels * ROW_BYTES)));
  for (let block = 0; block < blocks; block += band) {
    throwIfAborted(signal);
    const rows = statistics.rows(block, Math.min(blocks, block + band));
    for (let at = 0; at < rows.length; at += ROW) {
      const count = rows[at + COUNT] as number;
      if (count === 0) continue;
      const c = (at / ROW) % channels;
      const sum = sums[c] as (typeof sums)[number];
      const all = total[c * ROW + COUNT] as number;
      const variance = (total[c * ROW + M2] as number) / all;
      const std = Math.sqrt(variance);
      const weight = count / all;
      const share = weight * (weight / (1 - weight));
      sum.units++;
      sum.w2 += weight * weight;
      sum.u += share;
      sum.u2 += share * share;
      if (variance === 0) continue;
      const away = ((rows[at + MEAN] as number) - (total[c * ROW + MEAN] as number)) / std;
      const spread = (rows[at + M2] as number) / count / variance + away * away - 1;
      sum.mean += share * away * away;
      sum.variance += share * spread * spread;
    }
  }
  return sums.map(({ units, mean, variance, w2, u, u2 }) => {
    if (units < 2) return { ...UNKNOWN, units };
    const df = 1 / (w2 + u * u - u2);
    return { units, mean, meanDf: df, variance, varianceDf: df };
  });
}

/**
 * The same from counts alone: each value is drawn on its own, σ² / (n − 1); and where the variance's error is asked for, normal, 2 / (n − 1).
 * @param total `[C, 8]`
 */
export function countErrors(total: Float64Array): SamplingError[] {
  return Array.from({ length: total.length / ROW }, (_, c) => {
    const units = total[c * ROW + COUNT] as number;
    const df = units - 1;
    if (df < 1) return { ...UNKNOWN, units };
    return { units, mean: 1 / df, meanDf: df, variance: 2 / df, varianceDf: df };
  });
}

const UNKNOWN = { mean: Number.NaN, meanDf: Number.NaN, variance: Number.NaN, varianceDf: Number.NaN };
