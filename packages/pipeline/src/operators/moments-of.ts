import type { NanPolicy } from "@normstream/moments";
import { geometryOf, usageError } from "@normstream/tensor";
import { interval, Observable, type OperatorFunction, type SchedulerLike, tap } from "rxjs";
import { assertNanPolicy, assertOptions } from "../arguments.js";
import { statisticsOf } from "../compute-statistics.js";
import { engineOf, type Pool } from "../pool.js";
import type { Tensor } from "../tensor.js";
import { type BatchOptions, batchOperator, onBatch } from "./batches.js";
import { BatchFold, checkSameChannels, type StreamMoments } from "./stream-moments.js";

/** How a batch's moments are taken. */
export interface MeasureOptions extends BatchOptions {
  /** The pool that the tensors live in; default that of calls that name none. */
  readonly pool?: Pool;
  /** What becomes of values that are not finite; default `propagate`. */
  readonly nan?: NanPolicy;
}

/** When `momentsOf` emits. */
export interface MomentsOfOptions extends MeasureOptions {
  /** Emit after so many batches, each time. Without it and `everyMs` there is one value, at the end. */
  readonly everyBatches?: number;
  /** Emit after so many milliseconds, where a batch has come since. */
  readonly everyMs?: number;
}

/** One batch's rows. */
interface Measured {
  readonly rows: Float64Array;
  readonly samples: number;
}

/** Takes the rows `[C, 8]` of each batch, and disposes of it. */
function measured(options: MeasureOptions): OperatorFunction<Tensor, Measured> {
  const engine = engineOf(options.pool);
  return batchOperator(() => {
    let width: number | null = null;
    return {
      take: (x: Tensor, _: number, signal: AbortSignal) =>
        onBatch(x, async () => {
          const { samples, channels } = geometryOf(x.shape, x.layout);
          checkSameChannels(channels, width ?? channels);
          width = channels;
          using statistics = await statisticsOf(x, engine, { nan: options.nan, keepTable: false, signal });
          x[Symbol.dispose]();
          return { rows: statistics.total, samples };
        }),
    };
  }, options);
}

/**
 * The moments of a stream so far: emitted every k batches or t ms, and once more at the end. Tensors are taken over and disposed of.
 * A batch is a leaf of the canonical tree, so the bits depend on how the stream was cut into batches, and on nothing else.
 * @throws NormstreamError of kind `usage` for numbers that cannot be; as the stream's error, with `details.batch`, what `computeStatistics` throws
 */
export function momentsOf(options: MomentsOfOptions = {}): OperatorFunction<Tensor, StreamMoments> {
  checkMeasure(options);
  const { everyBatches, everyMs } = options;
  checkPositive("everyBatches", everyBatches, true);
  checkPositive("everyMs", everyMs, false);
  return (source) => accumulated(source.pipe(measured(options)), options);
}

/** `momentsOf` behind the taking of moments. @param scheduler of `everyMs` */
export function accumulated(
  source: Observable<Measured>,
  { everyBatches, everyMs, nan = "propagate" }: MomentsOfOptions,
  scheduler?: SchedulerLike,
): Observable<StreamMoments> {
  return new Observable((subscriber) => {
    const fold = new BatchFold();
    let index = 0;
    let emitted = 0;
    const emitNews = () => {
      if (fold.batches === emitted) return;
      emitted = fold.batches;
      subscriber.next(fold.moments(index++, nan));
    };
    if (everyMs !== undefined) subscriber.add(interval(everyMs, scheduler).subscribe(emitNews));
    const push = ({ rows, samples }: Measured) => {
      fold.push(rows, samples);
      if (everyBatches !== undefined && fold.batches % everyBatches === 0) emitNews();
    };
    // In an operator, so that what it throws is the stream's error.
    subscriber.add(
      source.pipe(tap(push)).subscribe({
        error: (error) => subscriber.error(error),
        complete() {
          emitNews();
          subscriber.complete();
        },
      }),
    );
  });
}

/**
 * The moments of a window of batches: of the last `size` of them, after every `every` ones. `every: size` (the default) makes windows
 * that follow one another; 1 makes a window that slides. A last, shorter window is emitted where windows do not overlap.
 * @param options `size` and `every` in batches
 * @throws as `momentsOf`
 */
export function windowed(
  options: MeasureOptions & { readonly size: number; readonly every?: number },
): OperatorFunction<Tensor, StreamMoments> {
  checkMeasure(options);
  if (options.size === undefined) throw usageError("windowed without a size", { expected: "size: a number of batches" });
  checkPositive("size", options.size, true);
  checkPositive("every", options.every, true);
  return (source) => overWindows(source.pipe(measured(options)), options);
}

/** `windowed` behind the taking of moments. */
export function overWindows(
  source: Observable<Measured>,
  { size, every = size, nan = "propagate" }: { readonly size: number; readonly every?: number; readonly nan?: NanPolicy },
): Observable<StreamMoments> {
  return new Observable((subscriber) => {
    const last: Measured[] = [];
    let since = 0;
    let index = 0;
    const emit = () => {
      const fold = new BatchFold();
      for (const { rows, samples } of last) fold.push(rows, samples);
      since = 0;
      subscriber.next(fold.moments(index++, nan));
    };
    const push = (batch: Measured) => {
      if (last.length === size) last.shift();
      if (since === 0 && every >= size) last.length = 0;
      last.push(batch);
      if (++since === every) emit();
    };
    return source.pipe(tap(push)).subscribe({
      error: (error) => subscriber.error(error),
      complete() {
        if (since > 0 && every >= size) emit();
        subscriber.complete();
      },
    });
  });
}

function checkMeasure(options: MeasureOptions): void {
  assertOptions(options);
  if (options.nan !== undefined) assertNanPolicy(options.nan);
}

function checkPositive(name: string, value: number | undefined, whole: boolean): void {
  if (value === undefined) return;
  if (!(value > 0) || !Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) {
    throw usageError(`${name} ${value}`, { expected: whole ? "a whole number of 1 or more" : "a number above 0" });
  }
}
