import type { Part } from "@normstream/formats";
import {
  abortedError,
  firstElement,
  fromPlainError,
  itemSize,
  regionSize,
  type StreamStorage,
  stridesOf,
} from "@normstream/tensor";
import { defer, finalize, map, type Observable } from "rxjs";
import { dispatchOf, type Engine } from "./engine.js";
import { host } from "./host.js";
import {
  type GradientPass,
  type NormalizePass,
  PASS_FLAGS,
  type Pass,
  type Rect,
  type ShardResult,
  type ShardTask,
  type StatisticsPass,
} from "./pass.js";
import { pullInOrder } from "./pull.js";
import { regionOf } from "./region.js";
import type { Grid } from "./steps.js";
import { type StreamPart, streamShards } from "./stream-shards.js";

/**
 * Runs a pass's shards on an engine and emits their results in order of index. The first error in that order ends it.
 * Unsubscribing or the signal stops threads at their next block; `engine.close(pass)` waits for that.
 * @param extra what a task carries beside its rectangle
 */
export function runPass(
  engine: Engine,
  pass: StatisticsPass | NormalizePass,
  grid: Grid,
  options: {
    stream?: StreamStorage | undefined;
    /** Files that hold samples `from` to `to`, of a tensor that is in many. */
    partsOf?: ((from: number, to: number) => readonly Part[]) | undefined;
    signal?: AbortSignal | undefined;
    /** Results of shards that are finished already, and need not run. */
    finished?: { has(index: number): boolean; take(index: number): ShardResult } | undefined;
    extra?: (task: ShardTask) => Partial<ShardTask>;
  } = {},
): Observable<ShardResult> {
  const { signal, stream, partsOf, finished, extra } = options;
  return cancellable(engine, pass, signal, (run) => {
    const strides = stridesOf(pass.geometry);
    const size = itemSize(pass.source.dtype);
    const taskAt = (index: number): ShardTask => {
      const rect = grid.at(index);
      const { storage } = pass.source;
      const region = regionOf(rect, pass.geometry, pass.table);
      const pointer =
        storage.kind === "memory" && !stream ? { pointer: storage.byteOffset + firstElement(region, strides) * size } : {};
      const parts = partsOf ? { parts: partsOf(region.sample, region.sampleEnd) } : {};
      const task = { pass: pass.id, index, rect, ...pointer, ...parts };
      return { ...task, ...extra?.(task) };
    };
    const { inFlight } = dispatchOf(engine);
    const isFinished = (index: number) => finished?.has(index) ?? false;
    let announced: Promise<void> | undefined;
    const runAnnounced = async (index: number): Promise<ShardResult> => {
      announced ??= engine.announce?.(pass, { grid, isFinished, taskAt }) ?? Promise.resolve();
      await announced;
      return run(taskAt(index));
    };
    const partOf = (whole: StreamStorage): StreamPart => {
      const last = grid.length === 0 ? null : regionOf(grid.at(grid.length - 1), pass.geometry, pass.table);
      const first = grid.length === 0 ? null : regionOf(grid.at(0), pass.geometry, pass.table);
      return {
        stream: whole,
        name: pass.source.name,
        skipBytes: first ? firstElement(first, strides) * size : 0,
        toEnd: last !== null && last.sampleEnd === pass.geometry.samples,
      };
    };
    return stream
      ? streamShards(
          engine.heap,
          partOf(stream),
          grid.length,
          (index) => regionSize(regionOf(grid.at(index), pass.geometry, pass.table)) * size,
          (index, pointer) => run({ ...taskAt(index), pointer }),
          inFlight,
          signal,
        )
      : pullInOrder(
          indices(grid.length),
          async (index) => (finished?.has(index) ? finished.take(index) : runAnnounced(index)),
          inFlight,
        );
  });
}

/** As `runPass`, of a backward pass: its shards are the rectangles. */
export function runGradientPass(
  engine: Engine,
  pass: GradientPass,
  rects: readonly Rect[],
  signal?: AbortSignal,
): Observable<ShardResult> {
  return cancellable(engine, pass, signal, (run) =>
    pullInOrder(rects.entries(), ([index, rect]) => run({ pass: pass.id, index, rect }), dispatchOf(engine).inFlight),
  );
}

/** What the signal, or unsubscribing, stops; the error of a result becomes its own. */
function cancellable(
  engine: Engine,
  pass: Pass,
  ownSignal: AbortSignal | undefined,
  results: (run: (task: ShardTask) => Promise<ShardResult>) => Observable<ShardResult>,
): Observable<ShardResult> {
  return defer(() => {
    const signals = [ownSignal, host()?.signal].filter((each) => each !== undefined);
    const signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
    const cancel = () => void Atomics.store(pass.flags, PASS_FLAGS.cancelled, 1);
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    const run = async (task: ShardTask): Promise<ShardResult> => {
      if (Atomics.load(pass.flags, PASS_FLAGS.cancelled) !== 0) throw abortedError(signal?.reason);
      return engine.run(task);
    };
    return results(run).pipe(
      map((result) => {
        if (result.error) throw result.error.kind === "aborted" ? abortedError(signal?.reason) : fromPlainError(result.error);
        return result;
      }),
      finalize(() => {
        cancel();
        signal?.removeEventListener("abort", cancel);
      }),
    );
  });
}

function* indices(length: number): Generator<number> {
  for (let i = 0; i < length; i++) yield i;
}
