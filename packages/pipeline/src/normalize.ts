import { createHash } from "node:crypto";
import { addMissing, createSink, type MissingChunks } from "@normstream/formats";
import { finishRows, type Moments, type NanPolicy, type Norm, type OutputDType, ROW, ROW_BYTES } from "@normstream/moments";
import { type Geometry, geometryOf, type StoredTensor, throwIfAborted, usageError } from "@normstream/tensor";
import { tap } from "rxjs";
import {
  assertCount,
  assertEps,
  assertNanPolicy,
  assertNormalizeBy,
  assertNumbers,
  assertOptions,
  assertSignal,
  assertTensor,
} from "./arguments.js";
import { bootId } from "./checkpoint/boot.js";
import { assertResumable, Checkpoint } from "./checkpoint/checkpoint.js";
import { statisticsOf } from "./compute-statistics.js";
import type { Engine } from "./engine.js";
import {
  assertHoldsValues,
  assertNoPart,
  assertReachable,
  assertUnchanged,
  defaultNanPolicy,
  isReadByThreads,
  partsOf,
  passSource,
} from "./engine-tensor.js";
import { nonFiniteError } from "./non-finite.js";
import {
  checkAffine,
  checkEnoughValues,
  groupsOf,
  type NormalizeBy,
  type ResolvedStatistics,
  resolveStatistics,
} from "./normalize-by.js";
import { createFlags, type NormalizePass, type NormalizeTarget, nextPassId, PASS_FLAGS, type ShardResult } from "./pass.js";
import { isSequential, type Plan, planPass } from "./plan.js";
import { float64Of, outDTypeOf, planNormalize } from "./plan-normalize.js";
import { type Progress, watchProgress } from "./progress.js";
import { runPass } from "./run-pass.js";
import { spooled } from "./spool.js";
import { assertMemoryTensor, type Tensor, tensorIn, whilePinned } from "./tensor.js";

/** What to normalize with, and how. */
export interface NormalizeOptions {
  /**
   * Statistics, or the norm whose statistics are computed first: `batch` takes a pass of its own over the data, the others are
   * taken from the values while they are at hand. Given running averages: inference.
   */
  readonly by: NormalizeBy;
  /** Groups of `by: "group"`. */
  readonly groups?: number | undefined;
  /** Batches of `by: "batch"`; default: all samples are one batch. */
  readonly batchSize?: number | undefined;
  /** Added to the variance, inside the square root; default 1e-5. */
  readonly eps?: number | undefined;
  /** `[C]`, or an entry for each element of a sample (`[C · S]`, channels first) with layer norm; default 1. */
  readonly weight?: ArrayLike<number> | undefined;
  /** As weight; default 0. */
  readonly bias?: ArrayLike<number> | undefined;
  /** Default float32; float64 where the input is float64 or int32. */
  readonly outDType?: OutputDType | undefined;
  /** What becomes of values that are not finite; default `propagate`. */
  readonly nan?: NanPolicy | undefined;
}

/** How a normalizing pass runs. */
export interface NormalizeRun {
  /** Whether an existing file may be replaced; default false. */
  readonly overwrite?: boolean | undefined;
  /** Bytes of a shard; rounded to whole planes or leaves. Default about 16 MiB. Does not change a bit of the result. */
  readonly shardBytes?: number | undefined;
  /**
   * A folder that keeps what is finished, as that of `computeStatistics` does; what is written so far stays beside the output. For outputs
   * in files.
   */
  readonly checkpoint?: string | undefined;
  /** `safetensors`: write a folder of shards with their index, as Hugging Face's libraries lay it out. Default: one file. */
  readonly as?: "safetensors" | undefined;
  /** Bytes of elements in a file of such a folder, at most, but one sample at least; default 5e9. */
  readonly fileBytes?: number | undefined;
  /** Stops the pass with an error of kind `aborted`; no file is left. */
  readonly signal?: AbortSignal | undefined;
  /** Called ten times a second, and at the end. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** What a normalizing pass did. */
export interface NormalizeResult {
  /** The file, as it was named. */
  readonly output: string;
  /** Of the output; its axes are those of the input. */
  readonly shape: readonly number[];
  /** Of the output. */
  readonly dtype: OutputDType;
  /** What was shared: `batch` also where running averages were given. */
  readonly norm: Norm;
  /** How often the input was read: 2 where statistics were a pass of their own. */
  readonly passes: 1 | 2;
  /** Bytes of input, both passes together. */
  readonly bytes: number;
  /** Those of them that an earlier run had read, and that were not read again. */
  readonly resumedBytes: number;
  /** From the call to the file's last name. */
  readonly seconds: number;
  /** Stored chunks that were not there and count as the fill value: how many, and the first one's place. */
  readonly missing?: MissingChunks | undefined;
}

const DEFAULT_EPS = 1e-5;

/** What a checkpoint calls the pass that writes. */
const PASS = "normalize";

const OUTPUT_DTYPES: readonly string[] = ["float64", "float32", "float16", "bfloat16"] satisfies OutputDType[];

/** Normalizes a tensor into a file; the file appears when it is complete. */
export async function normalizeToFile(
  source: StoredTensor,
  engine: Engine,
  path: string,
  options: NormalizeOptions,
  run: NormalizeRun = {},
): Promise<NormalizeResult> {
  checkArguments(source, options, run);
  return await whilePinned([source], () => fileOf(source, engine, path, options, run));
}

async function fileOf(
  source: StoredTensor,
  engine: Engine,
  path: string,
  options: NormalizeOptions,
  run: NormalizeRun,
): Promise<NormalizeResult> {
  const dtype = options.outDType ?? outDTypeOf(source.dtype);
  checkOutDType(dtype);
  checkOptions(source, options);
  const { storage } = source;
  const input = storage.kind === "memory" ? undefined : storage.path;
  if (run.checkpoint !== undefined) assertResumable(source);
  if (run.overwrite) assertNoPart(path, source);
  await using checkpoint = run.checkpoint === undefined ? null : new Checkpoint(run.checkpoint);
  const output = {
    shape: source.shape,
    dtype,
    layout: source.layout,
    overwrite: run.overwrite,
    input,
    signal: run.signal,
    keepAs: checkpoint?.id,
    columnNames: source.channelNames,
    as: run.as,
    fileBytes: run.fileBytes,
  };
  await using sink = await createSink(path, output);
  if (!sink.isKept) checkpoint?.forget(PASS);
  using file =
    storage.kind === "stream" && !isSequentialSource(source, engine, run) ? await spooled(source, storage, run.signal) : null;
  const target = { kind: "file", range: sink.range } as const;
  const into = { target, outDType: dtype, checksum: sink.needsChecksums, keepMoments: false, checkpoint };
  const { pieces, moments: _, ...result } = await normalizeInto(file?.tensor ?? source, engine, into, options, run);
  await sink.commit(pieces);
  await checkpoint?.finish();
  return { output: path, ...result };
}

/** Normalizes a tensor into the engine's memory: a new tensor, or one that the caller has. */
export async function normalizeToTensor(
  source: StoredTensor,
  engine: Engine,
  options: NormalizeOptions,
  run: TensorRun = {},
): Promise<Tensor> {
  return (await normalizeWithMoments(source, engine, options, run, false)).tensor;
}

/** A run into memory. */
export interface TensorRun extends NormalizeRun {
  /** Where to write; default a new tensor, which the caller disposes of. */
  readonly into?: Tensor | undefined;
}

/**
 * As `normalizeToTensor`; where the statistics are the data's own, they come back too.
 * @param keepMoments false leaves them out, and what they cost
 * @returns `moments`: `[sets · groups]` arrays as in `NormStatistics`; null where statistics were given, or not asked for
 */
export async function normalizeWithMoments(
  source: StoredTensor,
  engine: Engine,
  options: NormalizeOptions,
  run: TensorRun,
  keepMoments: boolean,
): Promise<{ readonly tensor: Tensor; readonly moments: Moments | null }> {
  checkArguments(source, options, run);
  return await whilePinned([source, run.into], () => tensorOf(source, engine, options, run, keepMoments));
}

async function tensorOf(
  source: StoredTensor,
  engine: Engine,
  options: NormalizeOptions,
  run: TensorRun,
  keepMoments: boolean,
): Promise<{ readonly tensor: Tensor; readonly moments: Moments | null }> {
  if (source.storage.kind === "stream" && !isSequentialSource(source, engine, run)) {
    using file = await spooled(source, source.storage, run.signal);
    return await tensorOf(file.tensor, engine, options, run, keepMoments);
  }
  const dtype = options.outDType ?? (run.into?.dtype as OutputDType | undefined) ?? outDTypeOf(source.dtype);
  checkOutDType(dtype);
  checkOptions(source, options);
  const tensor = run.into ?? tensorIn(engine, source.shape, dtype, { layout: source.layout });
  try {
    checkTarget(source, engine, tensor, dtype);
    const target = { kind: "memory", byteOffset: tensor.storage.byteOffset } as const;
    const into = { target, outDType: dtype, checksum: false, keepMoments, checkpoint: null };
    const { moments } = await normalizeInto(source, engine, into, options, run);
    return { tensor, moments };
  } catch (error) {
    if (!run.into) tensor[Symbol.dispose]();
    throw error;
  }
}

type Pieces = NonNullable<ShardResult["written"]>;
type IntoResult = Omit<NormalizeResult, "output"> & { readonly pieces: Pieces; readonly moments: Moments | null };

interface Into {
  readonly target: NormalizeTarget;
  readonly outDType: OutputDType;
  readonly checksum: boolean;
  /** Whether statistics that are the data's own are given back. */
  readonly keepMoments: boolean;
  readonly checkpoint: Checkpoint | null;
}

async function normalizeInto(
  source: StoredTensor,
  engine: Engine,
  { target, outDType, checksum, keepMoments, checkpoint }: Into,
  options: NormalizeOptions,
  run: NormalizeRun,
): Promise<IntoResult> {
  const started = performance.now();
  assertReachable(source, engine);
  const { by, weight, bias } = options;
  const eps = options.eps ?? DEFAULT_EPS;
  const nan = options.nan ?? defaultNanPolicy(source);
  const geometry = geometryOf(source.shape, source.layout);
  const shardBytes = checkpoint?.shardBytes(PASS) ?? run.shardBytes;
  const planned = planNormalize(source, engine, { ...options, outDType, shardBytes }, target.kind === "memory");
  const { plan, passes, isFused, totalBytes } = planned;
  let bytes = 0;
  let resumedBytes = 0;
  let missing: MissingChunks | null = null;
  let resolved: ResolvedStatistics | null = null;
  let moments: Moments | null = null;
  if (typeof by === "string" && !isFused) assertReadTwice(source, by);
  if (typeof by !== "string") resolved = resolveStatistics(source, geometry, by, eps);
  else if (!isFused) {
    using statistics = await statisticsOf(source, engine, {
      nan,
      shardBytes: run.shardBytes,
      perInstance: by !== "batch",
      batchSize: options.batchSize,
      keepTable: by !== "batch" || options.batchSize !== undefined,
      checkpoint: checkpoint ?? undefined,
      signal: run.signal,
      onProgress: run.onProgress && (({ bytes }) => run.onProgress?.({ bytes, totalBytes })),
    });
    bytes += statistics.facts.bytes;
    resumedBytes += statistics.facts.resumedBytes;
    const own =
      by === "batch"
        ? statistics.batchNorm(options.batchSize === undefined ? {} : { batchSize: options.batchSize })
        : by === "instance"
          ? statistics.instanceNorm()
          : by === "group"
            ? statistics.groupNorm(options.groups ?? 0)
            : statistics.layerNorm();
    resolved = resolveStatistics(source, geometry, own, eps);
    if (keepMoments) moments = own.moments;
  }
  const groups = typeof by === "string" ? groupsOf(by, options.groups, geometry) : (resolved as ResolvedStatistics).groups;
  // Statistics that threads take from the values at hand.
  const sets = by === "batch" ? 1 : geometry.samples;
  const rows = !resolved && keepMoments ? engine.heap.allocate(sets * groups * ROW_BYTES) : null;
  const pass: NormalizePass = {
    kind: "normalize",
    id: nextPassId(),
    source: passSource(source, engine),
    geometry,
    table: plan.table,
    step: plan.step,
    buffers: plan.buffers,
    flags: createFlags(),
    nan,
    repeatable: isReadByThreads(source) || !(source.bigEndian || isInPlace(source, target)),
    target,
    outDType,
    groups,
    statistics: !resolved
      ? { from: "values", norm: by as Norm, eps, rows }
      : resolved.statistics.samplesPerSet === Infinity
        ? { from: "pass", values: resolved.statistics }
        : { from: "task" },
    weight: float64Of(weight),
    bias: float64Of(bias),
    checksum,
  };
  const described = {
    ...{ nan, outDType, groups, eps, boot: bootId(), norm: typeof by === "string" ? by : null },
    values: digestOf([weight, bias, resolved?.statistics.mean, resolved?.statistics.rstd]),
  };
  const log = await checkpoint?.log(PASS, source, plan, described, run.signal);
  const pieces: Pieces[number][] = [];
  const stopWatching = watchProgress(pass.flags, totalBytes, run.onProgress, bytes);
  try {
    await engine.open(pass);
    await new Promise<void>((resolve, reject) => {
      const stream = source.storage.kind === "stream" ? source.storage : undefined;
      const ofTask = resolved && pass.statistics.from === "task" ? resolved.ofSamples : undefined;
      const take = (result: ShardResult) => {
        if (result.nonFinite) throw nonFiniteError(source.name, result.nonFinite);
        bytes += result.bytes;
        if (log?.has(result.index)) {
          resumedBytes += result.bytes;
          Atomics.add(pass.flags, PASS_FLAGS.kibibytes, Math.round(result.bytes / 1024));
        } else log?.put(result);
        missing = addMissing(missing, result.missing ?? null);
        if (result.written) for (const piece of result.written) pieces.push(piece);
      };
      // In an operator, since what a subscriber's `next` throws does not come to its `error`.
      runPass(engine, pass, plan.grid, {
        stream,
        partsOf: partsOf(source),
        signal: run.signal,
        finished: log,
        ...(ofTask ? { extra: ({ rect }) => ({ statistics: ofTask(rect.block, rect.blockEnd) }) } : {}),
      })
        .pipe(tap(take))
        .subscribe({ error: reject, complete: resolve });
    });
    assertUnchanged(source);
    if (rows !== null) moments = finishRows(new Float64Array(engine.heap.memory.buffer, rows, sets * groups * ROW), nan);
  } finally {
    stopWatching();
    await engine.close(pass);
    if (rows !== null) engine.heap.free(rows);
  }
  const norm = typeof by === "string" ? by : (resolved as ResolvedStatistics).norm;
  const seconds = (performance.now() - started) / 1000;
  return {
    shape: source.shape,
    dtype: outDType,
    norm,
    passes,
    bytes,
    resumedBytes,
    seconds,
    missing: missing ?? undefined,
    pieces,
    moments,
  };
}

/** What tells numbers that are normalized with from others. */
function digestOf(values: readonly (ArrayLike<number> | undefined)[]): string {
  const hash = createHash("sha256");
  for (const each of values) {
    const numbers = each === undefined ? new Float64Array(0) : Float64Array.from(each);
    hash.update(`${each === undefined ? "none" : numbers.length};`).update(numbers);
  }
  return hash.digest("hex");
}

function isSequentialSource(source: StoredTensor, engine: Engine, run: NormalizeRun): boolean {
  const work = { kind: "normalize", outItemSize: 4, period: 0, unit: "any", toMemory: false } as const;
  return isSequential(source, planPass(source, engine, work, { shardBytes: run.shardBytes }) as Plan);
}

/** What is wrong whatever the tensor, and whether it is to start at all. */
function checkArguments(source: StoredTensor, options: NormalizeOptions, run: TensorRun): void {
  assertTensor(source);
  assertOptions(options);
  assertOptions(run, "options of the run");
  assertSignal(run.signal);
  if (run.as !== undefined && run.as !== "safetensors") throw usageError(`writing as ${run.as}`, { expected: "safetensors" });
  if (run.fileBytes !== undefined) assertCount(run.fileBytes, "fileBytes");
  if (run.fileBytes !== undefined && run.as === undefined) throw usageError("a size of files goes with a folder of them");
  if (run.into !== undefined) assertMemoryTensor(run.into, "the tensor to write into");
  throwIfAborted(run.signal);
}

/** @throws NormstreamError of kind `usage` for options that do not fit each other or the tensor. */
export function checkOptions(source: StoredTensor, { by, groups, batchSize, weight, bias, eps, nan }: NormalizeOptions): void {
  assertNormalizeBy(by);
  if (eps !== undefined) assertEps(eps);
  if (nan !== undefined) assertNanPolicy(nan);
  if (source.storage.kind === "images" && source.storage.decoding.skipBad) {
    throw usageError("--skip-bad does not go with normalizing: how many samples there are has to be known before", {
      file: source.name,
      hint: "Take away the images that stats --skip-bad names.",
    });
  }
  // Whatever its size: whether a command works should not depend on that.
  if (by === "batch") assertReadTwice(source, by);
  const geometry: Geometry = geometryOf(source.shape, source.layout);
  const norm = typeof by === "string" ? by : "norm" in by ? by.norm : "batch";
  assertHoldsValues(source);
  if (weight !== undefined) assertNumbers(weight, "weight");
  if (bias !== undefined) assertNumbers(bias, "bias");
  checkAffine("weight", weight, norm, geometry);
  checkAffine("bias", bias, norm, geometry);
  if (weight && bias && weight.length !== bias.length) {
    throw usageError(`weight holds ${weight.length} values and bias ${bias.length}`, { expected: "one length for both" });
  }
  if (batchSize !== undefined && by !== "batch") throw usageError("a batch size goes with batch norm");
  if (groups !== undefined && by !== "group") throw usageError("groups go with group norm");
  if (typeof by === "string") {
    groupsOf(by, groups, geometry, { file: source.name });
    checkEnoughValues(source, by, geometry, groups, batchSize);
  }
}

/** @throws NormstreamError of kind `usage` for what comes once, where statistics of all of it are needed before the first value is written. */
function assertReadTwice({ name, storage }: StoredTensor, by: string): void {
  if (storage.kind !== "stream" || !storage.isOnce) return;
  throw usageError(`cannot be read twice, as ${by} norm needs: once for the statistics, once to normalize with them`, {
    file: name,
    hint: "Save it to a file first, or give the statistics.",
  });
}

/** A caller without types, and a tensor to write into, can name any. */
function checkOutDType(dtype: string): void {
  if (!OUTPUT_DTYPES.includes(dtype)) {
    throw usageError(`normalized values in ${dtype}`, { expected: `one of ${OUTPUT_DTYPES.join(", ")}` });
  }
}

function checkTarget(source: StoredTensor, engine: Engine, into: Tensor, dtype: OutputDType): void {
  assertReachable(into, engine);
  if (into.dtype !== dtype || into.shape.join() !== source.shape.join() || into.layout !== source.layout) {
    throw usageError("the tensor to write into does not fit", {
      expected: `${dtype} of shape [${source.shape.join(", ")}] (${source.layout})`,
      found: `${into.dtype} of shape [${into.shape.join(", ")}] (${into.layout})`,
    });
  }
}

const isInPlace = ({ storage }: StoredTensor, target: NormalizeTarget): boolean =>
  storage.kind === "memory" && target.kind === "memory" && storage.byteOffset === target.byteOffset;
