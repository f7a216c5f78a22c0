import { NormstreamError, usageError } from "@normstream/tensor";
import { defer, Observable, type ObservableInput, type OperatorFunction, Subscription } from "rxjs";
import { assertOptions, assertSignal } from "../arguments.js";
import { ofBatch } from "../batch-error.js";
import { assertMemoryTensor, isDisposed, isMemoryTensor, type Tensor, whenDisposed } from "../tensor.js";

/** What the operators over streams of tensors share. */
export interface BatchOptions {
  /**
   * Tensors that the operator has taken and whose results are not yet disposed of, at most; default 16. A source that is pulled below that
   * (`fromTensors`) never reaches it; a hot one that overruns it ends in an error.
   */
  readonly maxInFlight?: number;
  /** Ends the stream with an error of kind `aborted`, stops the pass that runs, and frees what waits. */
  readonly signal?: AbortSignal;
}

const DEFAULT_IN_FLIGHT = 16;

/**
 * How many may be in flight, and what stops them.
 * @throws NormstreamError of kind `usage` for what cannot be
 */
export function checkedFlight(
  options: BatchOptions,
  byDefault: number,
): { maxInFlight: number; signal: AbortSignal | undefined } {
  assertOptions(options);
  const { maxInFlight = byDefault, signal } = options;
  if (!Number.isSafeInteger(maxInFlight) || maxInFlight < 1) {
    throw usageError(`maxInFlight ${maxInFlight}`, { expected: "a whole number of 1 or more" });
  }
  assertSignal(signal);
  return { maxInFlight, signal };
}

/** A tensor that its producer disposed of, as `using` in a generator does, while the stream worked on it. */
export const disposedTooEarly = (batch: number) =>
  usageError("a tensor was disposed of by who gave it to the stream", {
    batch,
    hint: "Whoever receives it disposes of it: make it without using.",
  });

/** What an operator does with the batches that come, one after the other. */
export interface BatchWork<R> {
  /**
   * Takes one batch, which is its own from then on, and gives what to emit. A tensor that is emitted is its receiver's.
   * @param batch counted from 0
   * @param signal aborted when nobody wants the result any more
   */
  take(x: Tensor, batch: number, signal: AbortSignal): ObservableInput<R>;
  /** What to emit after the last batch. */
  end?(): R[];
}

/**
 * An operator that works on one batch at a time, in order. Batches wait in a queue that is bounded: RxJS itself has no back
 * pressure, and a queue without a bound is memory without one.
 * @param start makes the work of one subscription
 */
export function batchOperator<R>(start: () => BatchWork<R>, options: BatchOptions): OperatorFunction<Tensor, R> {
  const { maxInFlight, signal } = checkedFlight(options, DEFAULT_IN_FLIGHT);
  return (source) =>
    new Observable<R>((subscriber) => {
      const work = start();
      const stop = new AbortController();
      const waiting: Tensor[] = [];
      let running: Subscription | null = null;
      let batch = 0;
      let held = 0;
      let isComplete = false;

      const fail = (error: unknown) => subscriber.error(error);
      /** Emits what a batch gives; the batch is held until all of that is disposed of. */
      const receiverOf = (index: number) => {
        let alive = 0;
        let isDone = false;
        const letGo = () => {
          if (isDone && alive === 0) held--;
        };
        return {
          next(value: R) {
            if (isMemoryTensor(value)) {
              if (isDisposed(value)) {
                fail(disposedTooEarly(index));
                return;
              }
              alive++;
              whenDisposed(value, () => {
                alive--;
                letGo();
              });
              if (subscriber.closed) value[Symbol.dispose]();
            }
            subscriber.next(value);
          },
          error: (error: unknown) => fail(ofBatch(error, index)),
          complete() {
            isDone = true;
            letGo();
            running = null;
            next();
          },
        };
      };
      /** What throws at once is the stream's error too, not one that nobody catches. */
      const taken = (x: Tensor, index: number): ObservableInput<R> => {
        try {
          return work.take(x, index, stop.signal);
        } catch (error) {
          x[Symbol.dispose]();
          throw error;
        }
      };
      const next = () => {
        if (running || subscriber.closed) return;
        const x = waiting.shift();
        if (!x) {
          if (!isComplete) return;
          for (const value of work.end?.() ?? []) subscriber.next(value);
          subscriber.complete();
          return;
        }
        held++;
        const index = batch++;
        // Known before it runs: what is synchronous is done before `subscribe` returns.
        running = new Subscription();
        const mine = running;
        mine.add(defer(() => taken(x, index)).subscribe(receiverOf(index)));
      };
      const abort = () => fail(new NormstreamError("aborted", "stopped", { cause: signal?.reason }));
      subscriber.add(() => {
        stop.abort();
        running?.unsubscribe();
        signal?.removeEventListener("abort", abort);
        for (const x of waiting.splice(0)) x[Symbol.dispose]();
      });
      if (signal?.aborted) {
        abort();
        return;
      }
      signal?.addEventListener("abort", abort, { once: true });
      subscriber.add(
        source.subscribe({
          next(x: unknown) {
            try {
              assertMemoryTensor(x, "what came");
            } catch (error) {
              fail(ofBatch(error, batch + waiting.length));
              return;
            }
            if (subscriber.closed) {
              x[Symbol.dispose]();
              return;
            }
            if (waiting.length + held >= maxInFlight) {
              x[Symbol.dispose]();
              fail(
                usageError(`a source that does not wait gave more than ${maxInFlight} tensors at once`, {
                  batch: batch + waiting.length,
                  hint: "Pull it with fromTensors, raise maxInFlight, or dispose of what came out sooner.",
                }),
              );
              return;
            }
            waiting.push(x);
            next();
          },
          error: fail,
          complete() {
            isComplete = true;
            next();
          },
        }),
      );
    });
}

/** A promise's work as an observable that disposes of its batch when it has failed or is not wanted. */
export function onBatch<R>(x: Tensor, run: () => Promise<R>): Observable<R> {
  return new Observable<R>((subscriber) => {
    run().then(
      (value) => {
        if (subscriber.closed && isMemoryTensor(value)) value[Symbol.dispose]();
        subscriber.next(value);
        subscriber.complete();
      },
      (error) => {
        x[Symbol.dispose]();
        subscriber.error(error);
      },
    );
  });
}
