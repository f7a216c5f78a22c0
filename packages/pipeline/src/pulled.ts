import type { Readable } from "node:stream";
import { abortedError, throwIfAborted, usageError } from "@normstream/tensor";
import { kindOf } from "./arguments.js";

/** Whatever gives values one by one when it is asked: iterables, async iterables, Web and Node streams. */
export type Pulled<T> = Iterable<T> | AsyncIterable<T> | ReadableStream<T> | Readable;

/** A source that is asked for one value after the other. */
export interface Puller<T> {
  next(): Promise<IteratorResult<T, unknown>>;
  /** Tells the source that nothing more is wanted; not awaited, since it may wait for what it is doing. */
  stop(): void;
}

/**
 * Takes hold of a source: a Web stream is locked from then on.
 * @throws NormstreamError of kind `usage` for what cannot be pulled
 */
export function pullerOf<T>(source: Pulled<T>): Puller<T> {
  assertPulled(source);
  if ("getReader" in source) return readerOf(source);
  const iterator: Iterator<T> | AsyncIterator<T> =
    Symbol.asyncIterator in source
      ? (source as AsyncIterable<T>)[Symbol.asyncIterator]()
      : (source as Iterable<T>)[Symbol.iterator]();
  return {
    next: async () => iterator.next(),
    stop() {
      if ("destroy" in source) source.destroy();
      // A generator that runs does not return, it throws.
      void (async () => iterator.return?.())().catch(() => {});
    },
  };
}

function readerOf<T>(source: ReadableStream<T>): Puller<T> {
  if (source.locked) {
    throw usageError("the stream is locked to another reader", { hint: "Give each stream to one consumer, or tee() it." });
  }
  const reader = source.getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      return done ? { done: true, value: undefined } : { done: false, value };
    },
    stop: () => void reader.cancel().catch(() => {}),
  };
}

function assertPulled(source: unknown): void {
  const is = (key: string | symbol) => typeof source === "object" && source !== null && key in source;
  if (is("getReader") || is(Symbol.asyncIterator) || is(Symbol.iterator)) return;
  throw usageError("the source cannot be pulled", {
    expected: "an iterable, an async iterable, or a Web or Node stream",
    found: is("subscribe") ? "an Observable" : kindOf(source),
    hint: is("subscribe") ? "Operators take it as it is: stream.pipe(applyLayer(layer))." : undefined,
  });
}

/** The values of a source, one after the other; it is stopped where no more of them are wanted, and at once by the signal. */
export async function* eachOf<T>(source: Pulled<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  throwIfAborted(signal);
  const puller = pullerOf(source);
  let isDone = false;
  try {
    while (true) {
      const step = await unlessAborted(puller.next(), signal);
      if (step.done) {
        isDone = true;
        return;
      }
      yield step.value;
    }
  } finally {
    if (!isDone) puller.stop();
  }
}

/** What a promise gives; a signal does not wait for it. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(abortedError(signal.reason));
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
    if (signal.aborted) abort();
  });
}
