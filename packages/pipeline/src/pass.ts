import type {
  ChecksumPiece,
  MissingChunks,
  Part,
  ReadableStorage,
  ReadObject,
  SinkRange,
  SkippedImage,
} from "@normstream/formats";
import type { GradientDType, NanPolicy, Norm, OutputDType, TableShape } from "@normstream/moments";
import type { Geometry, MemoryStorage, PlainError, StoredTensor } from "@normstream/tensor";

/** A rectangle of a tensor: blocks of samples × channels × leaves of a plane; `end` is one past the last. */
export interface Rect {
  readonly block: number;
  readonly blockEnd: number;
  readonly channel: number;
  readonly channelEnd: number;
  /** In leaves of 8192 positions; whole planes are 0 … leavesPerPlane. */
  readonly leaf: number;
  readonly leafEnd: number;
}

/** How far a rectangle reaches along each axis before the next one starts. `leaves` is a power of two, or all of a plane. */
export interface Steps {
  readonly blocks: number;
  readonly channels: number;
  readonly leaves: number;
}

/** A tensor whose elements a thread can reach: what it reads by itself, or the engine's memory. Plain data. */
export type ReachableTensor = StoredTensor<ReadableStorage | MemoryStorage>;

interface PassBase {
  /** Unique among the passes of a process. */
  readonly id: number;
  readonly source: ReachableTensor;
  readonly geometry: Geometry;
  /** Bytes of a thread's workspace. */
  readonly buffers: Buffers;
  /** Flags shared with the caller, see `PASS_FLAGS`. */
  readonly flags: Int32Array;
  /** Whether a shard that was begun may be run again: not where it changes its own input. */
  readonly repeatable: boolean;
}

/** A pass that goes over the blocks of a table, step by step. */
interface BlockPass extends PassBase {
  /** Which samples a block holds; for a pass that only normalizes, a grid of its own. */
  readonly table: TableShape;
  /** Reads of one step, inside a shard. */
  readonly step: Steps;
  /** What becomes of values that are not finite; `error` makes shards say where the first one stands. */
  readonly nan: NanPolicy;
}

/** Bytes of each buffer that a thread computes in; all are 0 or more and rounded up to 64 when laid out. */
export interface Buffers {
  /** Elements as they were read; 0 where the tensor is in the engine's memory. */
  readonly input: number;
  /** Normalized elements on their way to a file; 0 where they go in place or into memory. */
  readonly output: number;
  /** Rows of one step. */
  readonly rows: number;
  /** Affines that repeat with the channels (or elements). */
  readonly prepared: number;
}

/** What to compute, as plain data: handed to every thread once, before its first shard. */
export type Pass = StatisticsPass | NormalizePass | GradientPass;

/** Whether a thread computes in the engine's heap, because that is where the tensor is or where normalized values go. */
export const isInHeap = (pass: Pass): boolean =>
  pass.source.storage.kind === "memory" || (pass.kind === "normalize" && pass.target.kind === "memory");

export interface StatisticsPass extends BlockPass {
  readonly kind: "statistics";
  /** Whether samples are images that may differ in size, or be left out: each is a block of its own. */
  readonly ofImages: boolean;
}

export interface NormalizePass extends BlockPass {
  readonly kind: "normalize";
  readonly target: NormalizeTarget;
  readonly outDType: OutputDType;
  /** Which channels share a statistic: C groups for batch and instance, G for group, 1 for layer. */
  readonly groups: number;
  /** Statistics of the pass, of the task, or taken from the values while they are at hand. */
  readonly statistics:
    | { readonly from: "pass"; readonly values: AffineStatistics }
    | { readonly from: "task" }
    | {
        readonly from: "values";
        readonly norm: Norm;
        readonly eps: number;
        /** Where in the engine's memory the statistics' rows go, `[sets, groups, 8]`, where they are asked for. */
        readonly rows: number | null;
      };
  /** `[C]` or `[C · S]` float64 (elementwise, in C order of the channels-first layout), null = 1. */
  readonly weight: Float64Array | null;
  /** As weight, null = 0. */
  readonly bias: Float64Array | null;
  readonly checksum: boolean;
}

/**
 * A part of the backward pass, over tensors in the engine's memory. A task's rectangle counts in what the work is cut into:
 * see there.
 */
export interface GradientPass extends PassBase {
  readonly kind: "gradient";
  readonly dy: { readonly byteOffset: number; readonly dtype: GradientDType };
  /** Where dx goes, of dy's type. */
  readonly dx: number;
  /** Where the statistics stand: pairs {mean, rstd}, `[C]`, `[N, C]` or, of rows, `[rows]`. */
  readonly statistics: number;
  /** Where the pairs of sums {Σ dy, Σ dy·x̂} go. */
  readonly sums: number;
  readonly work: GradientWork;
}

/** Coefficients of dx = a · dy + b · (x − mean) + c, `[C]` float64 each. */
export interface ChannelGradients {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly mean: Float64Array;
  readonly c: Float64Array;
}

export type GradientWork =
  /** Pairs of each channel and vector: a sample, or 8192 positions where channels vary fastest. Blocks are vectors. */
  | { readonly of: "sums" }
  /** dx of samples (or 8192 positions). `isConstant`: a · dy alone, since the statistics do not depend on x. */
  | { readonly of: "input"; readonly coefficients: ChannelGradients; readonly isConstant: boolean }
  /** Pairs `[C]` of whole channels over all samples, and dx of them, while they are in the cache. */
  | { readonly of: "channels"; readonly weight: Float64Array | null }
  /** Pairs `[N, C]` of samples, and dx by the statistics of each sample's groups of channels. Blocks are samples. */
  | { readonly of: "samples"; readonly groups: number; readonly weight: Float64Array | null }
  /** dx of the rows of layer norm, with a weight for each element of a row. Blocks are rows. */
  | { readonly of: "rows"; readonly weight: Float64Array | null }
  /** Pairs of each element of a row, over blocks of so many rows. Channels are elements. */
  | { readonly of: "columns"; readonly rowsPerBlock: number };

/** Where normalized values go: a file's range, or the engine's memory. */
export type NormalizeTarget =
  | { readonly kind: "file"; readonly range: SinkRange }
  | { readonly kind: "memory"; readonly byteOffset: number };

/** Means and reciprocal stds for sets of samples: set k holds samples `firstSample + k · samplesPerSet` and so on. */
export interface AffineStatistics {
  readonly firstSample: number;
  /** Infinity: one set for all samples. */
  readonly samplesPerSet: number;
  /** `[sets, groups]` float64 */
  readonly mean: Float64Array;
  /** `[sets, groups]` float64: 1 / sqrt(variance + eps) */
  readonly rstd: Float64Array;
}

/** One unit of work, by name: a dead thread's shard is run again from this alone. */
export interface ShardTask {
  readonly pass: number;
  readonly index: number;
  readonly rect: Rect;
  /** Where the shard's bytes stand in the engine's memory, for tensors that are there; else the thread reads them. */
  readonly pointer?: number;
  /** The files that hold the shard's samples, where the tensor is in many. */
  readonly parts?: readonly Part[];
  readonly statistics?: AffineStatistics;
  /** Where in the engine's memory the rows of whole planes go; else they come back in the result. */
  readonly rows?: number;
}

/** What a shard comes to. */
export interface ShardResult {
  readonly index: number;
  readonly rect: Rect;
  /** `[blocks, channels, 8]` rows where the shard holds whole planes: valid until the next result where the task says where they go. */
  readonly rows?: Float64Array;
  /** Aligned nodes of `[channels, 8]` rows, ascending, where it holds a part of the planes of one block (rule 11). */
  readonly nodes?: readonly { readonly level: number; readonly rows: Float64Array }[];
  readonly bytes: number;
  /** CRC-32 of each written range, where the output's container needs it. */
  readonly written?: readonly ChecksumPiece[];
  /** The first value that is not finite, where the pass ends at one. */
  readonly nonFinite?: Place;
  /** Blocks that `rows` holds, where some of the rectangle's were left out. */
  readonly blocks?: number;
  /** What the images were found to be, in a pass over images. */
  readonly images?: ImagesFound;
  /** Stored chunks that were not there, and read as the fill value. */
  readonly missing?: MissingChunks;
  /** Objects of a far place that it read, each in its state. */
  readonly objects?: readonly ReadObject[];
  readonly error?: PlainError;
  /** When it was worked on, and where. */
  readonly span?: ShardSpan;
}

/** When a thread worked on a shard. */
export interface ShardSpan {
  /** The thread's number in its process; 0 is the calling thread. */
  readonly thread: number;
  /** Ms since the epoch, with fractions: threads do not share a clock that starts at 0. */
  readonly startMs: number;
  readonly endMs: number;
}

/** What a shard of images found. */
export interface ImagesFound {
  /** The size of all of them; `varying` where they differ, null where all were left out. */
  readonly size: ImageSize | "varying" | null;
  /** Those that were left out, in order. */
  readonly skipped: readonly SkippedImage[];
}

/** In pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** One value and where it stands. */
export interface Place {
  readonly sample: number;
  readonly channel: number;
  /** In the plane, row-major. */
  readonly position: number;
  readonly value: number;
}

/** Places in a pass's flags. */
export const PASS_FLAGS = {
  /** Not 0: stop at the next block. */
  cancelled: 0,
  /** KiB done so far, by all threads. */
  kibibytes: 1,
  length: 2,
} as const;

let lastPass = 0;
export const nextPassId = (): number => ++lastPass;

export const createFlags = (): Int32Array => new Int32Array(new SharedArrayBuffer(4 * PASS_FLAGS.length));
