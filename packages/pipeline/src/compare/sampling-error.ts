import { blockCount, COUNT, M2, MEAN, ROW, ROW_BYTES } from "@normstream/moments";
import { throwIfAborted } from "@normstream/tensor";
import type { Statistics } from "../statistics.js";

/**
 * Where a standard error comes from. `instances`: from how much the samples differ from each other; `blocks`: the same of rows of
 * several samples each; `values`: from the number of values, as if each were drawn alone; `normal`: that, and values of a normal
 * distribution.
 */
export type ErrorBasis = "instances" | "blocks" | "values" | "normal";

/** How sure the mean and the variance of one channel are. Relative, so that no data over- or underflow it. NaN: cannot be told. */
export interface SamplingError {
  /** Rows with values; values where these count. */
  readonly units: number;
  /** Variance of the mean, as a share of the variance σ² of the values. */
  readonly mean: number;
  /** Variance of ln σ². */
  readonly logVariance: number;
  /** What ln σ² is too small by in the mean, since the mean was estimated too, and since a logarithm is curved. */
  readonly logVarianceBias: number;
  readonly degreesOfFreedom: number;
}

/** Rows that are read at a time. */
const BAND_BYTES = 4 << 20;

/**
 * How sure a table's means and variances are, by channel, from the rows: values within an instance are alike (an image is bright or
 * dark as a whole), so that instances are what is drawn, not values. With weights w = nᵢ / n and row means mᵢ:
 *
 *     Var(mean) = Σ w² (mᵢ − mean)² / (1 − w)
 *
 * the cluster-robust variance of a ratio, each square made unbiased by its own leverage (CR2; Bell and McCaffrey 2002). For equal
 * counts that is s² / K of the K rows. Degrees of freedom are Bell and McCaffrey's, 1 / (Σ w² + (Σ u)² − Σ u²) with
 * u = w² / (1 − w): K − 1 for equal counts.
 *
 * ln σ² is left-skewed in small samples, so its variance and its bias come from a jackknife over the rows (Miller 1968; for unequal
 * counts Busing, Meijer and van der Leeden 1999). With θᵢ = ln(σ² without row i / σ²), which follows from the row alone:
 *
 *     bias = −Σ (1 − w) θᵢ       Var = 1/K Σ (pᵢ − bias)² w / (1 − w),    pᵢ = −(1/w − 1) θᵢ
 *
 * Where one row alone has all the spread, so that θᵢ is infinite, Var is that of the delta method: the same sum as for the mean, of
 * the rows' second moments.
 */
export function clusterErrors(statistics: Statistics, signal?: AbortSignal): SamplingError[] {
  const { table, total } = statistics;
  const { channels } = table;
  const sums = Array.from({ length: channels }, emptySums);
  const blocks = blockCount(table);
  const band = Math.max(1, Math.floor(BAND_BYTES / (channels * ROW_BYTES)));
  for (let block = 0; block < blocks; block += band) {
    throwIfAborted(signal);
    const rows = statistics.rows(block, Math.min(blocks, block + band));
    for (let at = 0; at < rows.length; at += ROW) {
      const c = (at / ROW) % channels;
      addRow(sums[c] as Sums, rows, at, total, c * ROW);
    }
  }
  return sums.map(errorOf);
}

/** Running sums over the rows of a channel, in the names of the formulas above. */
type Sums = ReturnType<typeof emptySums>;

const emptySums = () => ({ units: 0, mean: 0, delta: 0, w2: 0, u: 0, u2: 0, bias: 0, p2: 0, p: 0, odds: 0 });

function addRow(sums: Sums, rows: Float64Array, at: number, total: Float64Array, of: number): void {
  const count = rows[at + COUNT] as number;
  if (count === 0) return;
  const all = total[of + COUNT] as number;
  const variance = (total[of + M2] as number) / all;
  const w = count / all;
  const odds = w / (1 - w);
  const u = w * odds;
  sums.units++;
  sums.w2 += w * w;
  sums.u += u;
  sums.u2 += u * u;
  if (variance === 0) return;
  const away = ((rows[at + MEAN] as number) - (total[of + MEAN] as number)) / Math.sqrt(variance);
  const within = (rows[at + M2] as number) / count / variance;
  const spread = within + away * away - 1;
  sums.mean += u * away * away;
  sums.delta += u * spread * spread;
  const theta = Math.log1p(-w * (within + (away * away) / (1 - w))) - Math.log1p(-w);
  const p = -theta / odds;
  sums.bias -= (1 - w) * theta;
  sums.p2 += p * p * odds;
  sums.p += p * odds;
  sums.odds += odds;
}

function errorOf({ units, mean, delta, w2, u, u2, bias, p2, p, odds }: Sums): SamplingError {
  if (units < 2) return unknownError(units);
  const degreesOfFreedom = 1 / (w2 + u * u - u2);
  const jackknife = (p2 - 2 * p * bias + odds * bias * bias) / units;
  return Number.isFinite(jackknife)
    ? { units, mean, logVariance: jackknife, logVarianceBias: bias, degreesOfFreedom }
    : { units, mean, logVariance: delta, logVarianceBias: mean, degreesOfFreedom };
}

/**
 * The same from counts alone: each value is drawn on its own, σ² / (n − 1); and where the variance's error is asked for, from a normal
 * distribution, 2 / (n − 1), with the bias of ln σ² that follows.
 * @param total `[C, 8]`
 */
export const countErrors = (total: Float64Array): SamplingError[] =>
  Array.from({ length: total.length / ROW }, (_, c) => {
    const units = total[c * ROW + COUNT] as number;
    const df = units - 1;
    if (df < 1) return unknownError(units);
    const logVarianceBias = Math.log1p(1 / df) + 1 / df;
    return { units, mean: 1 / df, logVariance: 2 / df, logVarianceBias, degreesOfFreedom: df };
  });

/** Of fewer than two units: nothing says how they differ. */
export const unknownError = (units: number): SamplingError => ({
  units,
  mean: Number.NaN,
  logVariance: Number.NaN,
  logVarianceBias: Number.NaN,
  degreesOfFreedom: Number.NaN,
});
