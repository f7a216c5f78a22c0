import type { Moments, Norm } from "@normstream/moments";
import { BatchNorm, GroupNorm, InstanceNorm, LayerNorm, type StatisticsFacts } from "@normstream/pipeline";
import { type DType, dataError, geometryOf, type Layout, usageError } from "@normstream/tensor";

/** Statistics of a data set, as far as a conversion needs them: what `computeStatistics` gives, or a summary that was read back. */
export interface ConvertibleStatistics {
  /** Of what data. */
  readonly facts: Pick<StatisticsFacts, "input" | "shape" | "dtype" | "layout" | "totalSamples" | "channelNames">;
  /** Samples that the numbers are of. */
  readonly samples: number;
  /** `[C]` arrays over all samples. */
  readonly moments: Moments;
  /** Null where they were merged from summaries. */
  readonly digest: string | null;
}

/** What can be converted. */
export type ConvertSource = BatchNorm | InstanceNorm | GroupNorm | LayerNorm | ConvertibleStatistics;

/** What statistics do not say of the layer that they become. A layer says all of it itself, but the layout. */
export interface ConvertOptions {
  /** How the inputs of what is written lie. Default that of the layer or of the data; NCHW where a layer has none, and for NHW. */
  readonly layout?: Layout | undefined;
  /** Default batch: the only one that takes the numbers of the statistics. */
  readonly norm?: Norm | undefined;
  /** Groups of channels, for group norm. */
  readonly groups?: number | undefined;
  /** Added to the variance, inside the square root; default 1e-5. */
  readonly eps?: number | undefined;
  /** Weight of the new value in running averages, as PyTorch counts it; null: the cumulative average. Default 0.1. */
  readonly momentum?: number | null | undefined;
  /** `[C]` scale; default ones. */
  readonly weight?: ArrayLike<number> | undefined;
  /** `[C]` shift; default zeros. */
  readonly bias?: ArrayLike<number> | undefined;
}

/** What normalizes in inference: the averages of a layer, or the statistics of a data set. `[C]` float64 arrays. */
export interface RunningModel {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** 1: m2 / (n − 1), 0: m2 / n. */
  readonly correction: 0 | 1;
  /** Values behind each; null for running averages, where it is not known. */
  readonly count: Float64Array | null;
  readonly momentum: number | null;
  readonly batches: number;
}

/** A normalization as plain data: what every conversion starts from. */
export interface NormModel {
  readonly norm: Norm;
  /** C; the elements of a row for layer norm over the last axes. */
  readonly channels: number;
  /** C for batch and instance norm, G for group norm, 1 for layer norm. */
  readonly groups: number;
  /** The last axes, for layer norm over them; null where channels are what parameters belong to. */
  readonly normalizedShape: readonly number[] | null;
  readonly eps: number;
  /** `[channels]` each, both or neither. */
  readonly weight: Float64Array | null;
  readonly bias: Float64Array | null;
  /** Whether the bias is the layer's own: layer norm may have a weight alone, beside which zeros stand here. */
  readonly hasBias: boolean;
  /** Null where every input is normalized by its own statistics. */
  readonly running: RunningModel | null;
  readonly layout: Layout;
  /** Of the data that statistics were taken of; null for a layer. */
  readonly data: DataFacts | null;
}

/** What is known of the data behind the numbers. */
export interface DataFacts {
  readonly input: string;
  readonly dtype: DType;
  readonly layout: Layout;
  readonly samples: number;
  readonly totalSamples: number;
  readonly channelNames: readonly string[] | undefined;
  readonly digest: string | null;
  /** `[C]` values that were left out of each channel: not finite. */
  readonly omitted: Float64Array;
  /** `[C]` of them, the infinite ones. */
  readonly infinite: Float64Array;
}

/**
 * Reads a layer or statistics as plain data.
 * @throws NormstreamError: `usage` for options that a layer decides itself, or that do not fit; `data` for a mean, variance, weight or bias
 *   that is not a finite number
 */
export function normModel(source: ConvertSource, options: ConvertOptions = {}): NormModel {
  if (typeof source !== "object" || source === null) throw notConvertible();
  const model = "moments" in source ? ofStatistics(source, options) : ofLayer(source, options);
  if (model.running) checkRunning(model.running, model.data);
  for (const [what, values] of [
    ["weight", model.weight],
    ["bias", model.bias],
  ] as const) {
    const channel = values?.findIndex((value) => !Number.isFinite(value)) ?? -1;
    if (channel >= 0) throw dataError(`${what} is ${values?.[channel]}`, { channel, expected: "a finite number" });
  }
  return model;
}

const notConvertible = () => usageError("this cannot be converted", { expected: "a normalization layer, or statistics" });

type Layer = BatchNorm | InstanceNorm | GroupNorm | LayerNorm;

const DECIDED_BY_LAYER = ["norm", "groups", "eps", "momentum", "weight", "bias"] as const;

function ofLayer(layer: Layer, options: ConvertOptions): NormModel {
  const extra = DECIDED_BY_LAYER.find((name) => options[name] !== undefined);
  if (extra !== undefined) throw usageError(`${extra} does not go with a layer`, { hint: "The layer has its own." });
  const { eps } = layer;
  const layout = channelLayout(options.layout ?? layer.layout ?? "NCHW");
  const { weight, bias } = layer;
  const base = {
    eps,
    weight: weight?.slice() ?? null,
    bias: bias?.slice() ?? (weight ? new Float64Array(weight.length) : null),
    hasBias: bias !== null,
    layout,
    data: null,
  };
  if (layer instanceof LayerNorm) {
    const { normalizedShape } = layer;
    const channels = normalizedShape.reduce((a, b) => a * b, 1);
    return { ...base, norm: "layer", channels, groups: 1, normalizedShape, running: null };
  }
  if (layer instanceof GroupNorm) {
    const { numChannels, numGroups } = layer;
    return { ...base, norm: "group", channels: numChannels, groups: numGroups, normalizedShape: null, running: null };
  }
  if (!(layer instanceof BatchNorm || layer instanceof InstanceNorm)) {
    throw notConvertible();
  }
  const { numFeatures, runningMean, runningVar, momentum, runningVarCorrection, numBatchesTracked } = layer;
  const running: RunningModel | null = runningMean &&
    runningVar && {
      mean: runningMean.slice(),
      variance: runningVar.slice(),
      correction: runningVarCorrection,
      count: null,
      momentum,
      batches: numBatchesTracked,
    };
  const norm = layer instanceof BatchNorm ? "batch" : "instance";
  return { ...base, norm, channels: numFeatures, groups: numFeatures, normalizedShape: null, running };
}

function ofStatistics({ facts, samples, moments, digest }: ConvertibleStatistics, options: ConvertOptions): NormModel {
  const { norm = "batch", eps = 1e-5, momentum = 0.1 } = options;
  const channels = moments.mean.length;
  if (!(eps >= 0 && Number.isFinite(eps))) throw usageError(`eps ${eps}`, { expected: "a finite number of 0 or more" });
  if (momentum !== null && !(momentum >= 0 && momentum <= 1)) {
    throw usageError(`momentum ${momentum}`, { expected: "a number from 0 to 1, or null for the cumulative average" });
  }
  const layout = channelLayout(options.layout ?? facts.layout);
  if (channels !== 1 && geometryOf(facts.shape, facts.layout).channels !== channels) {
    throw usageError("the statistics do not fit their shape", { file: facts.input });
  }
  const weight = vector("weight", options.weight, channels);
  const bias = vector("bias", options.bias, channels);
  // Batch norm layers have a weight and a bias in every framework; the others have them where they are asked for.
  const affine = norm === "batch" || weight !== undefined || bias !== undefined;
  return {
    norm,
    channels,
    groups: groupsOf(norm, options.groups, channels),
    normalizedShape: null,
    eps,
    weight: affine ? (weight ?? new Float64Array(channels).fill(1)) : null,
    bias: affine ? (bias ?? new Float64Array(channels)) : null,
    hasBias: affine,
    running:
      norm === "batch"
        ? {
            mean: moments.mean.slice(),
            variance: moments.variance.slice(),
            correction: 0,
            count: moments.count,
            momentum,
            batches: 1,
          }
        : null,
    layout,
    data: {
      input: facts.input,
      dtype: facts.dtype,
      layout: facts.layout,
      samples,
      totalSamples: facts.totalSamples,
      channelNames: facts.channelNames,
      digest,
      omitted: moments.nan.map((count, c) => count + (moments.posInf[c] as number) + (moments.negInf[c] as number)),
      infinite: moments.posInf.map((count, c) => count + (moments.negInf[c] as number)),
    },
  };
}

function groupsOf(norm: Norm, groups: number | undefined, channels: number): number {
  if (norm !== "group" && groups !== undefined) throw usageError(`groups do not go with ${norm} norm`);
  if (norm === "layer") return 1;
  if (norm !== "group") return channels;
  if (groups === undefined)
    throw usageError("group norm needs a number of groups", { hint: "Name it with --groups (groups: G)." });
  if (!Number.isSafeInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw usageError(`${groups} groups do not divide ${channels} channels`, { expected: "a divisor of the number of channels" });
  }
  return groups;
}

/** Frameworks have no layout without channels: one channel stands second. */
const channelLayout = (layout: Layout): Layout => (layout === "NHW" ? "NCHW" : layout);

function vector(what: string, values: ArrayLike<number> | undefined, channels: number): Float64Array | undefined {
  if (values === undefined || values.length === channels) return values && Float64Array.from(values);
  throw usageError(`${what} holds ${values.length} values`, { expected: `${channels}, one a channel` });
}

function checkRunning({ mean, variance, count }: RunningModel, data: DataFacts | null): void {
  const file = data?.input;
  for (let channel = 0; channel < mean.length; channel++) {
    const [m, v] = [mean[channel] as number, variance[channel] as number];
    if (count?.[channel] === 0) {
      throw dataError("a channel without values has no mean", { file, channel });
    }
    if (!Number.isFinite(m) || !Number.isFinite(v)) {
      const others = data?.omitted[channel] ?? 0;
      const hint = others > 0 ? "Compute the statistics with --nan omit to leave them out." : undefined;
      const why = others > 0 ? `: ${others} of its values are not finite` : "";
      throw dataError(`the mean is ${m} and the variance ${v}${why}`, { file, channel, expected: "finite numbers", hint });
    }
    if (v < 0) throw dataError(`the variance is ${v}`, { file, channel, expected: "0 or more" });
  }
}
