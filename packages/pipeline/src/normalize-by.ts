import type { Norm } from "@normstream/moments";
import { dataError, type ErrorDetails, type Geometry, type StoredTensor, usageError } from "@normstream/tensor";
import { reciprocalStd } from "./affine.js";
import { assertNumbers, shapeText } from "./arguments.js";
import type { NormStatistics } from "./norm-statistics.js";
import type { AffineStatistics } from "./pass.js";
import { checkGroups } from "./statistics.js";

/** Running averages of a trained layer: normalizing with them is inference. */
export interface RunningStatistics {
  /** `[C]` */
  readonly runningMean: ArrayLike<number>;
  /** `[C]`, 0 or more. */
  readonly runningVar: ArrayLike<number>;
}

/** What to normalize by: a norm, whose statistics are computed first; statistics that a pass gave; running averages. */
export type NormalizeBy = Norm | NormStatistics | RunningStatistics;

/** Statistics in the form that shards take. */
export interface ResolvedStatistics {
  readonly norm: Norm;
  readonly groups: number;
  /** All sets. */
  readonly statistics: AffineStatistics;
  /** The sets of some samples alone, for one shard. */
  ofSamples(from: number, to: number): AffineStatistics;
}

/** Groups of channels that share a statistic of a sample (or batch). @throws NormstreamError where they do not divide C. */
export function groupsOf(norm: Norm, groups: number | undefined, { channels }: Geometry, where: ErrorDetails = {}): number {
  if (norm === "layer") return 1;
  if (norm !== "group") return channels;
  if (groups === undefined)
    throw usageError("group norm needs a number of groups", { hint: "Name it with --groups (groups: G)." });
  checkGroups(groups, channels, where);
  return groups;
}

/**
 * Reads what `by` gives as means and reciprocal stds.
 * @throws NormstreamError where the statistics belong to another shape, a statistic is of one value, or a variance + eps is 0.
 */
export function resolveStatistics(
  source: StoredTensor,
  geometry: Geometry,
  by: NormStatistics | RunningStatistics,
  eps: number,
): ResolvedStatistics {
  const { samples, channels } = geometry;
  if ("runningMean" in by) {
    const mean = checkedVector("runningMean", by.runningMean, channels);
    const variance = checkedVector("runningVar", by.runningVar, channels);
    for (let c = 0; c < channels; c++) {
      if ((variance[c] as number) < 0) throw dataError(`runningVar holds ${variance[c]}`, { channel: c, expected: "0 or more" });
    }
    return resolved(
      "batch",
      channels,
      Infinity,
      mean,
      reciprocalStd(variance, eps, (c) => ({ channel: c })),
    );
  }
  if (by.channels !== channels || (by.norm !== "batch" && by.samples !== samples) || (by.sets > 1 && by.samples !== samples)) {
    throw usageError("the statistics belong to a tensor of another shape", {
      file: source.name,
      expected: `${samples} samples of ${channels} channels`,
      found: `${by.samples} samples of ${by.channels} channels`,
    });
  }
  if (by.norm !== "layer") {
    for (let i = 0; i < by.moments.count.length; i++) {
      const values =
        (by.moments.count[i] as number) +
        (by.moments.nan[i] as number) +
        (by.moments.posInf[i] as number) +
        (by.moments.negInf[i] as number);
      if (values === 1) throw oneValueError(source, by.norm, by.sets > 1 ? Math.floor(i / by.groups) : undefined);
    }
  }
  const where = (i: number) => ({
    file: source.name,
    ...(by.sets > 1 ? { sample: Math.floor(i / by.groups) * by.samplesPerSet } : {}),
    channel: (i % by.groups) * (channels / by.groups),
  });
  const rstd = reciprocalStd(by.moments.variance, eps, where);
  const samplesPerSet = by.sets === 1 && by.norm === "batch" ? Infinity : by.samplesPerSet;
  return resolved(by.norm, by.groups, samplesPerSet, by.moments.mean, rstd);
}

function resolved(norm: Norm, groups: number, samplesPerSet: number, mean: Float64Array, rstd: Float64Array): ResolvedStatistics {
  const statistics = { firstSample: 0, samplesPerSet, mean, rstd };
  return {
    norm,
    groups,
    statistics,
    ofSamples(from, to) {
      if (samplesPerSet === Infinity) return statistics;
      const first = Math.floor(from / samplesPerSet);
      const end = Math.ceil(to / samplesPerSet);
      return {
        firstSample: first * samplesPerSet,
        samplesPerSet,
        mean: mean.slice(first * groups, end * groups),
        rstd: rstd.slice(first * groups, end * groups),
      };
    },
  };
}

/** @throws NormstreamError of kind `data` where a statistic would be of one value: such a norm gives the bias whatever comes in. */
export function checkEnoughValues(
  source: StoredTensor,
  norm: Norm,
  { samples, channels, planeSize }: Geometry,
  groups: number | undefined,
  batchSize: number | undefined,
): void {
  if (norm === "layer") return;
  const perSet =
    norm === "batch" ? Math.min(batchSize ?? samples, samples) : norm === "group" ? channels / (groups ?? channels) : 1;
  if (perSet * planeSize === 1) throw oneValueError(source, norm);
  const last = batchSize === undefined ? 0 : samples % batchSize;
  if (norm === "batch" && last * planeSize === 1) throw oneValueError(source, norm, Math.floor(samples / (batchSize as number)));
}

const oneValueError = (source: StoredTensor, norm: Norm, set?: number) =>
  dataError(
    `one value per ${norm === "group" ? "group" : "channel"}${set === undefined ? "" : ` in ${norm === "batch" ? "batch" : "sample"} ${set}`}`,
    {
      file: source.name,
      expected: `more than 1 value for each statistic of ${norm} norm`,
      found: shapeText(source),
      hint:
        norm === "batch"
          ? "Use larger batches, or running averages (inference)."
          : "Use layer norm, or batch norm over many samples.",
    },
  );

/** @throws NormstreamError of kind `usage` where weight or bias has a length that the norm cannot use. */
export function checkAffine(
  what: string,
  values: ArrayLike<number> | undefined,
  norm: Norm,
  { channels, planeSize }: Geometry,
): void {
  if (!values || values.length === channels) return;
  if (norm === "layer" && values.length === channels * planeSize) return;
  throw usageError(`${what} holds ${values.length} values`, {
    expected:
      norm === "layer"
        ? `${channels} (channels of the input) or ${channels * planeSize} (elements of a sample)`
        : `${channels}, one for each channel of the input`,
  });
}

function checkedVector(what: string, values: ArrayLike<number>, channels: number): Float64Array {
  assertNumbers(values, what);
  if (values.length !== channels)
    throw usageError(`${what} holds ${values.length} values`, { expected: `${channels}, one for each channel of the input` });
  return Float64Array.from(values);
}
