import { abortedError } from "@normstream/tensor";
import { Observable } from "rxjs";
import { ofBatch } from "../batch-error.js";
import { type Pulled, type Puller, pullerOf } from "../pulled.js";
import { assertMemoryTensor, isDisposed, type Tensor, whenDisposed } from "../tensor.js";
import { checkedFlight, disposedTooEarly } from "./batches.js";

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
 * @throws NormstreamError of kind `usage` for a `maxInFlight` that cannot be; as the stream's error what the source throws (with
 *   `details.batch` where it is a NormstreamError), and `usage` for a source that cannot be pulled or gives other things than tensors in memory
 */
export function fromTensors(source: Pulled<Tensor>, options: PullOptions = {}): Observable<Tensor> {
  return pulled(() => pullerOf(source), options);
}

/** @param start takes hold of the source, for each subscription */
export function pulled(start: () => Puller<Tensor>, options: PullOptions): Observable<Tensor> {
  const { maxInFlight, signal } = checkedFlight(options, DEFAULT_IN_FLIGHT);
  return new Observable<Tensor>((subscriber) => {
    const abort = () => subscriber.error(abortedError(signal?.reason));
    if (signal?.aborted) {
      abort();
      return;
    }
    const puller = start();
    signal?.addEventListener("abort", abort, { once: true });
    let batch = 0;
    let inFlight = 0;
    let isPulling = false;
    let isDone = false;
    const emit = (x: Tensor) => {
      assertMemoryTensor(x, "what the source gave");
      if (isDisposed(x)) throw disposedTooEarly(batch);
      inFlight++;
      batch++;
      whenDisposed(x, () => {
        inFlight--;
        void pull();
      });
      subscriber.next(x);
    };
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
          else emit(step.value);
        }
      } catch (error) {
        subscriber.error(ofBatch(error, batch));
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
