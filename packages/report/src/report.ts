/**
 * What a report holds, decoded. A report is complete in itself: it renders with no kernel, no file and no network. It takes at
 * most 256 KiB as JSON whatever the data; `encodeReport` and `decodeReport` stand between these types and that JSON.
 *
 * Numbers of columns are float32 (the API keeps float64); σ is a channel's pooled std, correction 0. Strings are plain text, never markup.
 */
export const REPORT_SCHEMA = "normstream/report/1";
/** The media type of a report in a notebook's output. */
export const REPORT_MIME = "application/vnd.normstream.report.v1+json";
/** Bytes of UTF-8 that an encoded report takes at most. */
export const REPORT_BYTES = 256 * 1024;
/** Channels that a report holds at most; of more channels it holds those that `ChannelColumns.index` names. */
export const REPORT_CHANNELS = 4096;

/** All that is to be seen of a data set: what `createReport` makes, and what pages and notebooks show. */
export interface Report {
  /** Names this form of a report. */
  readonly schema: typeof REPORT_SCHEMA;
  /** Hex; the same for the same data and options. A viewer keys its state by it. */
  readonly id: string;
  /** File name or what the caller called it. */
  readonly title: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** Null when all data was read; else the part read so far, and every number is an estimate. */
  readonly progress: ReportProgress | null;
  /** Shape, dtype and layout of what was measured. */
  readonly tensor: TensorFacts;
  /** Where the figures come from: input, digest, versions, engine. */
  readonly lineage: Lineage;
  /** Means, stds, extremes and flags of each channel. */
  readonly channels: ChannelColumns;
  /** Values of some channels as they are, after batch norm and after instance norm. */
  readonly histograms: Histograms | Absent;
  /** Small pictures of some planes. */
  readonly maps: Maps | Absent;
  /** Means and stds of whole instances. */
  readonly instances: Instances | Absent;
  /** How far a value moves with its batch-mates, over the batch size. */
  readonly noise: Noise | Absent;
  /** How far inference stands from training, over the batches seen. */
  readonly gap: Gap | Absent;
  /** The running mean as samples were read. */
  readonly convergence: Convergence | Absent;
  /** When which thread worked on which shard. */
  readonly timeline: Timeline | Absent;
  /** Bytes that each norm needs. */
  readonly memory: NormMemory;
  /** Null below 64 samples of a report that is still in progress. */
  readonly verdict: Verdict | null;
  /** The linter's findings, the gravest first; at most 16. */
  readonly findings: readonly Finding[];
  /** A second data set for ghost marks; null where there is none. */
  readonly baseline: Baseline | null;
  /** What is shown where nothing can be drawn. */
  readonly text: StaticText;
}

/** In place of a view that the data does not allow: why, in one sentence for the reader. */
export interface Absent {
  readonly absent: string;
}

export interface ReportProgress {
  /** Samples read so far. */
  readonly samples: number;
  /** Of the bytes, 0 to 1. */
  readonly fraction: number;
}

export interface TensorFacts {
  /** In the order of the layout. */
  readonly shape: readonly number[];
  /** As in `DType`: "uint8", "float32", … */
  readonly dtype: string;
  /** "NCHW", "NHWC", "NC", … */
  readonly layout: string;
  /** N */
  readonly samples: number;
  /** C */
  readonly channels: number;
  /** m: values of a plane (1 for a table); 0 where sizes vary. */
  readonly planeSize: number;
  /** Extents of a plane, row-major: [H, W], [L], [D, H, W]; empty for a table. */
  readonly planeShape: readonly number[];
  /** Of the elements, uncompressed. */
  readonly bytes: number;
}

export interface Lineage {
  /** Path or name of the input, as the caller gave it. */
  readonly input: string;
  /** Hex SHA-256 of the table of moments; null where there is none (merged summaries, reports in progress). */
  readonly digest: string | null;
  /** Version of Normstream that made the report. */
  readonly normstream: string;
  /** "v20.19.5"; empty where it was not Node. */
  readonly node: string;
  /** "threads", "inline", or "table" for a report from a table alone. */
  readonly engine: string;
  readonly threads: number;
  /** Seconds of the passes over the data; 0 for a table alone. */
  readonly seconds: number;
  /** "propagate", "omit" or "error": what the statistics did with values that are not finite. */
  readonly nan: string;
}

/** Flags of a channel, one bit each. */
export const CHANNEL_FLAGS = {
  /** All finite values are equal: σ = 0. Kept out of medians. */
  constant: 1,
  /** σ is no more than the rounding of its dtype at this size, or next to nothing beside the other channels'. */
  nearConstant: 2,
  /** Has NaN or an infinity. Drawn hatched. */
  notFinite: 4,
  /** Has no finite value at all: mean and std are NaN. */
  empty: 8,
  /** Has a finite value beyond ±65504. */
  overflowsHalf: 16,
} as const;

/** Per channel, of its finite values. Every array has one entry for each entry of `index`. */
export interface ChannelColumns {
  /** The channels' numbers, ascending: 0 … C − 1 where C ≤ 4096; else up to 3072 of them: flagged and evenly spaced ones. `[K]` */
  readonly index: Uint32Array;
  /** Their names, where the data have them (columns of a table, bands): plain text of at most 40 characters, cut where there are many. `[K]` */
  readonly names?: readonly string[] | undefined;
  /** In units of the data. `[K]` */
  readonly mean: Float32Array;
  /** Pooled std σ over all samples, correction 0, in units of the data. `[K]` */
  readonly std: Float32Array;
  /** Of finite values; NaN where there are none. Beyond 2048 channels to 3 digits of (min − mean)/σ. `[K]` */
  readonly min: Float32Array;
  readonly max: Float32Array;
  /** Mean of the instances' stds over σ, 0 to 1: the tick in the channels view is at this × std. NaN where it is not known. `[K]` */
  readonly instanceStd: Float32Array;
  /** √ρ: std of the instances' means over σ, 0 to 1; its square is the share of variance between instances. NaN: not known. `[K]` */
  readonly between: Float32Array;
  /** √v2 / σ²: std of the instances' variances, in σ². NaN: not known. `[K]` */
  readonly varianceSpread: Float32Array;
  /** √b4 / σ², b4 = E(μₙ − μ)⁴. NaN: not known. `[K]` */
  readonly meanFourth: Float32Array;
  /** Correlation over instances of vₙ and (μₙ − μ)², −1 to 1; 0 where one of them does not vary. NaN: not known. `[K]` */
  readonly meanVarianceCorrelation: Float32Array;
  /** Bits of `CHANNEL_FLAGS`. `[K]` */
  readonly flags: Uint8Array;
}

/** Histograms of some channels: all where there are few, else extreme and evenly spaced ones. */
export interface Histograms {
  /** Part of the values that was counted, 0 to 1: a deterministic sample of planes where a full count would cost too much. */
  readonly fraction: number;
  /** Values counted per channel, all channels alike. */
  readonly values: number;
  /** z-histograms cover ±`zRange` (6) in `zBins` (48) equal bins, with one end bin more on each side. */
  readonly zRange: number;
  readonly zBins: number;
  /** At most 48. */
  readonly channels: readonly ChannelHistogram[];
}

export interface ChannelHistogram {
  /** The channel's number (not its place in `index`). */
  readonly channel: number;
  /** Values as they are, in dyadic bins: bin i is [(first + i) · 2^exponent, (first + i + 1) · 2^exponent). */
  readonly exponent: number;
  readonly first: number;
  /** Shares of the counted finite values, each 0 to 1, sum 1 (to 16 bits of the largest). At most 512 bins. */
  readonly input: Float32Array;
  /**
   * Shares per z-bin after batch norm, z = (x − μ)/σ. `[zBins + 2]`: [0] is z < −zRange, [i] is
   * [−zRange + (i − 1) · w, … + w) with w = 2 · zRange / zBins, the last is z ≥ zRange. Empty where σ = 0.
   */
  readonly batch: Float32Array;
  /** Same after instance norm, z = (x − μₙ)/σₙ; planes with σₙ = 0 are left out. Empty where there are none others (tables). */
  readonly instance: Float32Array;
}

/** Small pictures of input planes. BN and IN of them are the viewer's to compute, with the channel's and the tile's mean and std. */
export interface Maps {
  /** Rows of the view, as instances: sample number and why it was chosen. At most 9. */
  readonly instances: readonly MapInstance[];
  /** Channels that tiles were taken of; at most 4. */
  readonly channels: readonly number[];
  /** Extents of the source plane that a tile shows: of [D, H, W] its middle slice; of [L] height is 1. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  /** Extents of each tile: the source's, or box means of it where that is larger. */
  readonly width: number;
  readonly height: number;
  /** One for each instance × channel, instance by instance. At most 36. */
  readonly tiles: readonly MapTile[];
}

/** Extremes and median of the planes' means and stds in the first of the map's channels; `sample` is another one. */
export type MapRole = "median" | "lowMean" | "highMean" | "lowStd" | "highStd" | "sample";

export interface MapInstance {
  readonly sample: number;
  readonly role: MapRole;
}

export interface MapTile {
  readonly sample: number;
  readonly channel: number;
  /** Mean and std (correction 0) of the whole source plane's finite values, in units of the data. NaN where there are none. */
  readonly mean: number;
  readonly std: number;
  /** Values of `pixels` 1 and 255: x = low + (p − 1)/254 · (high − low). */
  readonly low: number;
  readonly high: number;
  /** Row-major `[height · width]`; 0 is a place without a finite value. */
  readonly pixels: Uint8Array;
}

/** The values of one plane. */
export interface PlaneValues {
  readonly sample: number;
  readonly channel: number;
  /** Values of the plane. */
  readonly count: number;
  /** Extent of the axis that varies fastest. */
  readonly width: number;
  /** Of all finite values, correction 0, in units of the data. NaN where there are none. */
  readonly mean: number;
  readonly std: number;
  /** In row-major order: the first 16,384 where there are more. */
  readonly values: Float32Array;
}

/** Whole instances: one point a sample and channel, x = (μₙ − μ)/σ, y = σₙ/σ. Channels with σ = 0 are left out. */
export interface Instances {
  /** Part of all instances that the sample holds, 0 to 1; chosen by the hash of their index. */
  readonly fraction: number;
  /** Instances in the sample. */
  readonly sampled: number;
  /** All points of the sample and all channels, log-scaled counts: row-major `[rows · columns]`, row 0 is the lowest y. */
  readonly density: InstanceDensity;
  /** Some of the points: the same instances of up to 8 channels; at most 2048. */
  readonly points: InstancePoints;
  /** The points farthest out, the farthest first; at most 128. */
  readonly outliers: InstancePoints;
}

export interface InstanceDensity {
  readonly columns: number;
  readonly rows: number;
  /** Domain of x and y that the cells divide evenly; points beyond stand in the outermost cells. */
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  /** 255 · log(1 + count) / log(1 + largest count). */
  readonly cells: Uint8Array;
  /** Points in the fullest cell. */
  readonly largest: number;
}

export interface InstancePoints {
  /** Sample number. `[P]` */
  readonly sample: Uint32Array;
  /** Channel number. `[P]` */
  readonly channel: Uint32Array;
  /** (μₙ − μ)/σ of that channel. `[P]` */
  readonly x: Float32Array;
  /** σₙ/σ of that channel. `[P]` */
  readonly y: Float32Array;
}

/**
 * J(B): how far a value moves with its batch-mates, in σ. Over channels with σ > 0. A viewer computes J at any other B from the
 * columns with `noiseOf`.
 */
export interface Noise {
  /** Part of all instances that it was computed from, 0 to 1. */
  readonly fraction: number;
  /** B, ascending: powers of two to N, and N. `[P]`, P ≤ 33. */
  readonly batchSizes: Uint32Array;
  /** Median, 10th and 90th percentile over channels of the formula's J at each B. `[P]` */
  readonly median: Float32Array;
  readonly p10: Float32Array;
  readonly p90: Float32Array;
  /** Between what the median lies with 95 % certainty, by a jackknife; 0 and Infinity where there are too few instances. `[P]` */
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** Shuffled batches drawn from the instances: medians over channels. */
  readonly simulated: NoisePoints;
  /** Batches of consecutive samples in the order of the data; no points where rows hold several samples or a sample was drawn. */
  readonly consecutive: NoisePoints;
  /** Smallest B with median J ≤ `steady`; null where none up to N has it. */
  readonly steadyFrom: number | null;
  /** Thresholds of J: at most `steady` (0.10) is steady, above `unreliable` (0.20) unreliable, between them noisy. */
  readonly steady: number;
  readonly unreliable: number;
}

export interface NoisePoints {
  /** `[P]`, P ≤ 16 */
  readonly batchSizes: Uint32Array;
  /** Median over channels of J. `[P]` */
  readonly j: Float32Array;
}

/** G(k): how far inference with running averages stands from training after k batches, in σ. Medians over channels with σ > 0. */
export interface Gap {
  readonly batchSize: number;
  /** PyTorch's momentum α; null is the cumulative average. */
  readonly momentum: number | null;
  /** k, ascending, evenly spaced on a log scale. `[P]`, P ≤ 64. */
  readonly batches: Float32Array;
  /** G, its part from means, its part from scales: total² = mean² + scale². `[P]` */
  readonly total: Float32Array;
  readonly mean: Float32Array;
  readonly scale: Float32Array;
  /** First k with G ≤ 1.1 · G(∞); null where no k up to 10⁶ has it. */
  readonly settledAfter: number | null;
  /** G(∞) */
  readonly final: number;
  /** True where a batch's variance is so noisy (q/e > 0.5 in most channels) that the formula is off by more than 5 %: marked "≈". */
  readonly isApproximate: boolean;
}

/** The running estimate as samples are read in order, for some channels. */
export interface Convergence {
  /** Samples read at each point, ascending. `[P]`, P ≤ 48. */
  readonly samples: Float32Array;
  /** At most 8. */
  readonly channels: readonly ChannelConvergence[];
}

export interface ChannelConvergence {
  readonly channel: number;
  /** Mean of the first `samples[i]` samples, units of the data. `[P]` */
  readonly mean: Float32Array;
  /** Its standard error, from the spread of those samples' means, units of the data; NaN at one sample. `[P]` */
  readonly standardError: Float32Array;
}

/** When which thread worked on which shard. */
export interface Timeline {
  /** Shards of the pass; at most 256 stand in the arrays, evenly spaced. */
  readonly shards: number;
  /** Thread number from 0. `[P]` */
  readonly thread: Uint8Array;
  /** Since the pass began. `[P]` */
  readonly startMs: Float32Array;
  readonly endMs: Float32Array;
}

export const REPORT_NORMS = ["batch", "instance", "group", "layer"] as const;
export type ReportNorm = (typeof REPORT_NORMS)[number];

/** Bytes, of each norm; `groups` is G of group norm, `batchSize` B. */
export interface NormMemory {
  readonly batchSize: number;
  readonly groups: number;
  /** Bytes of a value of the input. */
  readonly valueBytes: number;
  /** Statistics saved for the backward pass. */
  readonly saved: Readonly<Record<ReportNorm, number>>;
  /** State that lasts beyond a batch. */
  readonly lasting: Readonly<Record<ReportNorm, number>>;
  /** Values that must be there before the first output can be made (batch norm: in training). */
  readonly beforeFirstOutput: Readonly<Record<ReportNorm, number>>;
}

export const USES: readonly Use[] = ["classification", "detection", "style", "generation"];
/** What a network is for. */
export type Use = "classification" | "detection" | "style" | "generation";
export type Certainty = "sure" | "likely" | "undecided";

/** A norm that the data does not allow. */
export interface ImpossibleNorm {
  readonly norm: ReportNorm;
  /** At most 200 characters. */
  readonly why: string;
}

/** Which norm suits the data that was measured, how sure that is, and the figures that say so. */
export interface Verdict {
  /** The recommended norms, the first before the others; two where both do. Empty where no norm is possible. */
  readonly norms: readonly ReportNorm[];
  /** Norms that this data does not allow, and why. */
  readonly impossible: readonly ImpossibleNorm[];
  /** What the network is for. */
  readonly use: Use;
  /** B, samples of a training batch. */
  readonly batchSize: number;
  /** Null is the cumulative average. */
  readonly momentum: number | null;
  /** `sure`, `likely` or `undecided`. */
  readonly certainty: Certainty;
  /** "BN for classification at batch size 32." At most 120 characters. */
  readonly headline: string;
  /** Sentences that quote the figures, for under the headline; at most 8, at most 300 characters each. */
  readonly reasons: readonly string[];
  /** "These are inputs: …": what the verdict does not say. At most 300 characters. */
  readonly caution: string;
  /** Medians over channels with σ > 0; null where they are not known. */
  readonly figures: VerdictFigures;
}

export interface VerdictFigures {
  /** J at B, its jackknife 95 % interval, and the share of channels on the median's side of the threshold (0 to 1). */
  readonly j: number | null;
  readonly jLow: number | null;
  readonly jHigh: number | null;
  readonly agreement: number | null;
  /** η and q at B, in σ and σ². */
  readonly eta: number | null;
  readonly q: number | null;
  /** ρ: share of variance between instances. */
  readonly between: number | null;
  /** G(∞) at B. */
  readonly gap: number | null;
  /** Share of the variance between instances that the labels explain; null without labels. */
  readonly classShare: number | null;
  /** J of consecutive batches over that of shuffled ones. */
  readonly order: number | null;
}

export type Severity = "error" | "warning" | "note";

/** Something that the linter found: what, how it shows, what to do. */
export interface Finding {
  /** Stable name: "constant-channels", "not-finite", … */
  readonly code: string;
  /** How grave it is: `error`, `warning` or `note`. */
  readonly severity: Severity;
  /** One line, ≤ 160 characters. */
  readonly title: string;
  /** Figures that show it, ≤ 400 characters. */
  readonly evidence: string;
  /** What to do, ≤ 300 characters. */
  readonly advice: string;
  /** Channels concerned; at most 16 stand here. */
  readonly channels: readonly number[];
  /** Samples concerned; at most 16 stand here. */
  readonly samples: readonly number[];
  /** Channels concerned in all. */
  readonly channelCount: number;
  /** Samples concerned in all. */
  readonly sampleCount: number;
}

/** Another data set for ghost marks: its channels for the same `ChannelColumns.index`, and what else of it is drawn. */
export interface Baseline {
  readonly title: string;
  readonly samples: number;
  /** In units of the data, to 3 digits of this report's σ. NaN where it has no such channel. `[K]` */
  readonly mean: Float32Array;
  readonly std: Float32Array;
  /** Null where it is not known. */
  readonly noise: GhostNoise | null;
  /** At this report's batch size and momentum; null where it is not known. */
  readonly gap: GhostGap | null;
  /** Some of its instances, about this report's μ and in its σ; null where they are not known. */
  readonly instances: GhostPoints | null;
  /** Of channels that this report has one of, each after norms with its own mean and std. Empty where its values were not at hand. */
  readonly histograms: readonly ChannelHistogram[];
}

export type GhostNoise = Pick<Noise, "batchSizes" | "median">;
export type GhostGap = Pick<Gap, "batches" | "total">;
export type GhostPoints = Pick<InstancePoints, "x" | "y">;

export interface StaticText {
  /** Describes the report to who cannot see it: the verdict and the main figures. ≤ 500 characters. */
  readonly alt: string;
  /** `text/plain`: aligned columns and sparklines, ≤ 4 KiB. */
  readonly plain: string;
}
