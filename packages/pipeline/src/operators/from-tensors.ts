import type { Readable } from "node:stream";
import { NormstreamError, usageError } from "@normstream/tensor";
import { Observable } from "rxjs";
import { type Tensor, whenDisposed } from "../tensor.js";

/** Whatever gives values one by one when it is asked: iterables, async iterables, Web and Node streams. */
export type Pulled<T> = Iterable<T> | AsyncIterable<T> | ReadableStream<T> | Readable;

/** How a source is pulled. */
export interface PullOptions {
  /** Tensors that have been given and are not yet disposed of, at most; default 4. */
  readonly maxInFlight?: number;
  /** Ends the stream with an error of kind `aborted`, and stops the source. */
  readonly signal?: AbortSignal;
}

const DEFAULT_IN_FLIGHT = 4;

/**
 * A stream of tensors that is pulled: the source is asked for the next one only while fewer than `maxInFlight` tensors are in flight, and a
 * tensor is in flight until it is disposed of, whatever operators it goes through on its way. So a slow consumer slows the
 * producer, and memory stays bounded.
 *
 * Unsubscribing or the signal returns an iterator, cancels a Web stream and destroys a Node stream. Each subscription pulls on its own.
 *
 * Whoever receives a tensor disposes of it. A consumer that never does stops the stream without a word once `maxInFlight` tensors are out.
 * @throws NormstreamError of kind `usage` for a `maxInFlight` that cannot be; what the source throws is the stream's error
 */
export function fromTensors(source: Pulled<Tensor>, options: PullOptions = {}): Observable<Tensor> {
  const { maxInFlight = DEFAULT_IN_FLIGHT, signal } = options;
  if (!Number.isSafeInteger(maxInFlight) || maxInFlight < 1) {
    throw usageError(`maxInFlight ${maxInFlight}`, { expected: "a whole number of 1 or more" });
  }
  return new Observable<Tensor>((subscriber) => {
    const abort = () => subscriber.error(new NormstreamError("aborted", "stopped", { cause: signal?.reason }));
    if (signal?.aborted) {
      abort();
      return;
    }
    signal?.addEventListener("abort", abort, { once: true });
    const puller = pullerOf(source);
    let inFlight = 0;
    let isPulling = false;
    let isDone = false;
    const pull = async (): Promise<void> => {
      if (isPulling) return;
      isPulling = true;
      try {
        while (!isDone && !subscriber.closed && inFlight < maxInFlight) {
          const step = await puller.next();
          if (step.done) {
            isDone = true;
            subscriber.complete();
          } else if (subscriber.closed) step.value[Symbol.dispose]();
          else {
            inFlight++;
            whenDisposed(step.value, () => {
              inFlight--;
              void pull();
            });
            subscriber.next(step.value);
          }
        }
      } catch (error) {
        isDone = true;
        subscriber.error(error);
      } finally {
        isPulling = false;
      }
    };
    subscriber.add(() => {
      signal?.removeEventListener("abort", abort);
      if (!isDone) puller.stop();
      isDone = true;
    });
    void pull();
  });
}

interface Puller<T> {
  next(): Promise<IteratorResult<T, unknown>>;
  /** Tells the source that nothing more is wanted; not awaited, since it may wait for what it is doing. */
  stop(): void;
}

function pullerOf<T>(source: Pulled<T>): Puller<T> {
  if ("getReader" in source) {
    const reader = source.getReader();
    return {
      next: async () => {
        const { done, value } = await reader.read();
        return done ? { done: true, value: undefined } : { done: false, value };
      },
      stop: () => void reader.cancel().catch(() => {}),
    };
  }
  const iterator: Iterator<T> | AsyncIterator<T> =
    Symbol.asyncIterator in source
      ? (source as AsyncIterable<T>)[Symbol.asyncIterator]()
      : (source as Iterable<T>)[Symbol.iterator]();
  return {
    next: async () => iterator.next(),
    stop() {
      if ("destroy" in source) source.destroy();
      Promise.resolve(iterator.return?.()).catch(() => {});
    },
  };
}
