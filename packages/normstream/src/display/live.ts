import { abortedError } from "@normstream/tensor";

/** What of an Observable is used here; RxJS's, whichever copy of it, and others'. */
export interface Subscribable {
  subscribe(observer: { next(value: unknown): void; error(error: unknown): void; complete(): void }): {
    unsubscribe(): void;
  };
}

export const isSubscribable = (value: unknown): value is Subscribable =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Partial<Subscribable>).subscribe === "function" &&
  typeof (value as { pipe?: unknown }).pipe === "function";

export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";

/** An output takes its next state at most this often: four times a second. */
const INTERVAL_MS = 250;

/**
 * Shows what a source emits as it comes, the newest at most four times a second, and the last for certain.
 * @param show shows one state; the next waits for it
 * @returns resolves when the source has completed and its last state is shown
 * @throws what the source ends with; NormstreamError of kind `aborted` by the signal, which unsubscribes
 */
export function showLive(
  source: Subscribable,
  show: (value: unknown) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let waiting: { value: unknown } | null = null;
    let isShowing = false;
    let completed = false;
    let nextAt = Number.NEGATIVE_INFINITY;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let subscription: { unsubscribe(): void } | undefined;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      subscription?.unsubscribe();
      settle();
    };
    const stop = (): void => end(() => reject(abortedError(signal?.reason)));
    const step = (): void => {
      if (isShowing) return;
      clearTimeout(timer);
      if (!waiting) {
        if (completed) end(resolve);
        return;
      }
      const waitMs = completed ? 0 : nextAt - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(step, waitMs);
        return;
      }
      const { value } = waiting;
      waiting = null;
      isShowing = true;
      nextAt = performance.now() + INTERVAL_MS;
      show(value).then(
        () => {
          isShowing = false;
          step();
        },
        (error) => end(() => reject(error)),
      );
    };
    if (signal?.aborted) {
      stop();
      return;
    }
    signal?.addEventListener("abort", stop, { once: true });
    subscription = source.subscribe({
      next(value) {
        waiting = { value };
        step();
      },
      error: (error) => end(() => reject(error)),
      complete() {
        completed = true;
        step();
      },
    });
  });
}
