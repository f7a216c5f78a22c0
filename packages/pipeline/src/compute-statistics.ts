import { createHash } from "node:crypto";
import { addMissing, type MissingChunks } from "@normstream/formats";
import { blockCount, blockStart, finishRows, type Moments, type NanPolicy, ROW_BYTES, TableBuilder } from "@normstream/moments";
import { type StoredTensor, throwIfAborted } from "@normstream/tensor";
import { Observable, tap } from "rxjs";
import { assertNanPolicy, assertOptions, assertSignal, assertTensor } from "./arguments.js";
import { assertResumable, Checkpoint } from "./checkpoint/checkpoint.js";
import type { Engine } from "./engine.js";
import {
  assertHoldsValues,
  assertReachable,
  assertUnchanged,
  defaultNanPolicy,
  isReadByThreads,
  partsOf,
  passSource,
} from "./engine-tensor.js";
import { ImageFindings } from "./image-findings.js";
import { createFlags, nextPassId, PASS_FLAGS, type ShardResult, type ShardSpan, type StatisticsPass } from "./pass.js";
import { isSequential, type Plan, type PlanOptions, planPass } from "./plan.js";
import { planImages } from "./plan-images.js";
import { type Progress, watchProgress } from "./progress.js";
import { RowAssembler } from "./row-assembler.js";
import { RowRing } from "./row-ring.js";
import { runPass } from "./run-pass.js";
import { spooled } from "./spool.js";
import { Statistics, type StatisticsFacts } from "./statistics.js";
import { TableStore } from "./table-store.js";
import { whilePinned } from "./tensor.js";

/** What a checkpoint calls the pass. */
const PASS = "statistics";
/** The second one over images of one size, whose rows hold several of them. */
const BLOCKED_PASS = "statistics-of-blocks";

/** How a statistics pass runs. */
export interface StatisticsOptions extends PlanOptions {
  /** What becomes of values that are not finite; default `propagate`. */
  readonly nan?: NanPolicy | undefined;
  /** Keep the table, for norms other than that of all samples; default true. */
  readonly keepTable?: boolean;
  /**
   * A folder that keeps what is finished: a run that was killed goes on there when it is started again, and ends with the same bits. It is
   * gone when the run is done.
   */
  readonly checkpoint?: string | undefined;
  /** Stops the pass with an error of kind `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called ten times a second, and at the end. */
  readonly onProgress?: ((progress: StatisticsProgress) => void) | undefined;
}

/** The same, with a checkpoint that another pass of the run may have opened already. */
export interface StatisticsRun extends Omit<StatisticsOptions, "checkpoint"> {
  readonly checkpoint?: string | Checkpoint | undefined;
}

/** How far a pass over statistics has come. */
export interface StatisticsProgress extends Progress {
  /** Statistics of the samples merged so far; made only when it is asked for. */
  estimate(): Moments;
}

/** Watches a statistics pass from within. What it is given is the pass's own: not mutated, not kept. */
export interface StatisticsObserver {
  /** The table's rows in order of block as they are merged, `[blocks, C, 8]` float64. */
  readonly onRows?: (rows: Float64Array) => void;
  /** When a shard was worked on, in order of index. */
  readonly onShard?: (span: ShardSpan) => void;
}

/** What `computeStatistics$` emits: progress while it runs, the statistics at the end. */
export type StatisticsEvent =
  | {
      /** Ten times a second while the pass runs. */
      readonly kind: "progress";
      /** How far it has come. */
      readonly progress: StatisticsProgress;
    }
  | {
      /** Once, at the end. */
      readonly kind: "done";
      /** The receiver's, who disposes of them. */
      readonly statistics: Statistics;
    };

/**
 * Computes a tensor's statistics in one pass, as a stream of progress that ends with the statistics. Unsubscribing stops it.
 */
export function statistics$(source: StoredTensor, engine: Engine, options: StatisticsOptions = {}): Observable<StatisticsEvent> {
  return new Observable((subscriber) => {
    assertOptions(options);
    assertSignal(options.signal);
    const stop = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
    const onProgress = (progress: StatisticsProgress) => {
      options.onProgress?.(progress);
      subscriber.next({ kind: "progress", progress });
    };
    statisticsOf(source, engine, { ...options, signal, onProgress }).then(
      (statistics) => {
        if (subscriber.closed) statistics[Symbol.dispose]();
        subscriber.next({ kind: "done", statistics });
        subscriber.complete();
      },
      (error) => subscriber.error(error),
    );
    return () => stop.abort();
  });
}

/**
 * Computes a tensor's statistics in one pass.
 * @throws NormstreamError: `data` for 0 samples, bad bytes, or a value that is not finite under the policy `error`;
 *   `usage` for options that do not fit; `io`; `aborted` by the signal.
 */
export async function statisticsOf(
  source: StoredTensor,
  engine: Engine,
  options: StatisticsRun = {},
  observer: StatisticsObserver = {},
): Promise<Statistics> {
  assertTensor(source);
  assertOptions(options);
  assertSignal(options.signal);
  throwIfAborted(options.signal);
  return await whilePinned([source], () => statisticsPass(source, engine, options, observer));
}

async function statisticsPass(
  source: StoredTensor,
  engine: Engine,
  options: StatisticsRun,
  observer: StatisticsObserver,
): Promise<Statistics> {
  if (options.nan !== undefined) assertNanPolicy(options.nan);
  assertReachable(source, engine);
  if (typeof options.checkpoint === "string") {
    assertResumable(source);
    await using checkpoint = new Checkpoint(options.checkpoint);
    const statistics = await statisticsPass(source, engine, { ...options, checkpoint }, observer);
    await checkpoint.finish();
    return statistics;
  }
  const shardBytes = options.checkpoint?.shardBytes(PASS) ?? options.shardBytes;
  const images = source.storage.kind === "images" ? new ImageFindings() : null;
  return runStatistics(source, engine, options, planStatistics(source, engine, { ...options, shardBytes }), observer, images);
}

/**
 * @param images takes what is found of images, each of which is a block then; null for samples of one size
 * @param left what was left out of the source already
 */
async function runStatistics(
  source: StoredTensor,
  engine: Engine,
  options: StatisticsRun,
  plan: Plan,
  observer: StatisticsObserver,
  images: ImageFindings | null,
  left?: StatisticsFacts["skipped"],
): Promise<Statistics> {
  const started = performance.now();
  if (source.storage.kind === "stream" && !isSequential(source, plan)) {
    using file = await spooled(source, source.storage, options.signal);
    return await statisticsPass(file.tensor, engine, options, observer);
  }
  const nan = options.nan ?? defaultNanPolicy(source);
  const log =
    typeof options.checkpoint === "object"
      ? await options.checkpoint.log(left ? BLOCKED_PASS : PASS, source, plan, { nan }, options.signal)
      : undefined;
  // A part is a table of its own: its first sample is sample 0 of it.
  const firstSample = blockStart(plan.table, plan.whole.block);
  const table = { ...plan.table, samples: blockStart(plan.table, plan.whole.blockEnd) - firstSample };
  const pass: StatisticsPass = {
    kind: "statistics",
    id: nextPassId(),
    ofImages: images !== null,
    source: passSource(source, engine),
    geometry: plan.geometry,
    table: plan.table,
    step: plan.step,
    buffers: plan.buffers,
    flags: createFlags(),
    nan,
    // A stream's bytes are swapped where they stand.
    repeatable: isReadByThreads(source) || !source.bigEndian,
  };
  const builder = new TableBuilder(table, () => createHash("sha256"));
  const store = (options.keepTable ?? true) ? new TableStore(table.channels, blockCount(table), tableShare(engine)) : null;
  const assembler = new RowAssembler(plan, source.name, (rows) => {
    builder.push(rows);
    store?.push(rows);
    observer.onRows?.(rows);
  });
  const { onProgress } = options;
  const stopWatching = watchProgress(
    pass.flags,
    plan.byteLength,
    onProgress && ((at) => onProgress({ ...at, estimate: () => finishRows(builder.estimate(), nan) })),
  );
  let bytes = 0;
  let resumedBytes = 0;
  let missing: MissingChunks | null = null;
  const rowRing = new RowRing(engine, plan);
  try {
    await engine.open(pass);
    await new Promise<void>((resolve, reject) => {
      const stream = source.storage.kind === "stream" ? source.storage : undefined;
      const take = (result: ShardResult) => {
        const whole = rowRing.read(result);
        bytes += result.bytes;
        if (result.span) observer.onShard?.(result.span);
        missing = addMissing(missing, result.missing ?? null);
        images?.add(result);
        if (log?.has(result.index)) {
          resumedBytes += result.bytes;
          Atomics.add(pass.flags, PASS_FLAGS.kibibytes, Math.round(result.bytes / 1024));
        } else log?.put(whole);
        assembler.add(whole);
      };
      // In an operator, since what a subscriber's `next` throws does not come to its `error`.
      const results = runPass(engine, pass, plan.grid, {
        stream,
        partsOf: partsOf(source),
        signal: options.signal,
        finished: log,
        extra: ({ index, rect }) => rowRing.place(index, rect),
      });
      results.pipe(tap(take)).subscribe({ error: reject, complete: resolve });
    });
    assembler.end();
    assertUnchanged(source);
    images?.assertSome(source.name);
    const blocked = images?.blocked(source, options.perInstance);
    if (images && blocked) {
      store?.[Symbol.dispose]();
      const shardBytes =
        (typeof options.checkpoint === "object" ? options.checkpoint.shardBytes(BLOCKED_PASS) : undefined) ?? options.shardBytes;
      const again = blockedPlan(blocked, engine, { ...options, shardBytes });
      return await runStatistics(blocked, engine, options, again, observer, null, images.skipped);
    }
    const found = images ? images.tableOf(table) : table;
    const isPart = plan.whole.blockEnd - plan.whole.block < blockCount(plan.table);
    const facts: StatisticsFacts = {
      input: source.name,
      shape: images ? images.shapeOf(source) : source.shape,
      firstSample,
      totalSamples: isPart ? plan.geometry.samples : found.samples,
      dtype: source.dtype,
      layout: source.layout,
      nan,
      engine: engine.name,
      threads: engine.threads,
      bytes,
      resumedBytes,
      seconds: (performance.now() - started) / 1000,
      channelNames: source.channelNames,
      readers: source.readers,
      skipped: left ?? images?.skipped,
      missing: missing ?? undefined,
    };
    return new Statistics(facts, found, builder.finish(found), store);
  } catch (error) {
    store?.[Symbol.dispose]();
    throw error;
  } finally {
    stopWatching();
    await engine.close(pass);
    rowRing[Symbol.dispose]();
  }
}

/** The plan of a statistics pass, as `statisticsOf` will run it. */
export function planStatistics(
  source: StoredTensor,
  engine: Pick<Engine, "threads" | "memoryBytes" | "name">,
  options: PlanOptions & { readonly keepTable?: boolean | undefined },
): Plan {
  assertHoldsValues(source);
  const plan =
    source.storage.kind === "images"
      ? planImages(source, engine, options)
      : (planPass(source, engine, { kind: "statistics" }, options) as Plan);
  if (options.keepTable === false) return plan;
  const tableBytes = (plan.whole.blockEnd - plan.whole.block) * plan.geometry.channels * ROW_BYTES;
  return { ...plan, projectedBytes: plan.projectedBytes + Math.min(tableBytes, tableShare(engine)) };
}

/** The plan of images of one size whose rows hold several of them. */
const blockedPlan = (source: StoredTensor, engine: Engine, options: PlanOptions): Plan =>
  planPass(source, engine, { kind: "statistics" }, options) as Plan;

/** Bytes of a kept table beyond which it goes to disk. */
const tableShare = ({ memoryBytes }: Pick<Engine, "memoryBytes">): number => memoryBytes * 0.15;
