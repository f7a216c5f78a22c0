import { Observable } from "rxjs";

/**
 * Projects what a source holds to promises and emits their values in the source's order. The source is pulled only while fewer
 * than `maxInFlight` values are on their way, those that wait for an earlier one included: this is the back pressure that
 * `from(source).pipe(mergeMap(…))` lacks, which pulls all of the source into its buffer.
 * On unsubscribe or error the source's iterator is returned and nothing more is pulled.
 */
export function pullInOrder<T, R>(
  source: Iterable<T> | AsyncIterable<T>,
  project: (value: T) => Promise<R>,
  maxInFlight: number,
): Observable<R> {
  return new Observable<R>((subscriber) => {
    const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    let first = 0; // index of the next value to emit
    let next = 0; // index of the next value to pull
    let exhausted = false;
    let pulling = false;
    const settled = new Map<number, R>();

    const emit = () => {
      while (settled.has(first) && !subscriber.closed) {
        const value = settled.get(first) as R;
        settled.delete(first++);
        subscriber.next(value);
      }
      if (exhausted && first === next) subscriber.complete();
    };
    const fail = (error: unknown) => subscriber.error(error);
    const start = (value: T) => {
      const index = next++;
      project(value).then((result) => {
        settled.set(index, result);
        emit();
        pull();
      }, fail);
    };
    /** Takes what one step of the iterator gave; false when there is nothing left to pull. */
    const take = (step: IteratorResult<T>): boolean => {
      if (step.done) {
        exhausted = true;
        emit();
        return false;
      }
      start(step.value);
      return true;
    };
    const pull = () => {
      while (!pulling && !exhausted && !subscriber.closed && next - first < maxInFlight) {
        try {
          const step = iterator.next();
          if (step instanceof Promise) {
            pulling = true;
            step
              .then((result) => {
                pulling = false;
                if (!subscriber.closed && take(result)) pull();
              })
              .catch(fail);
          } else if (!take(step as IteratorResult<T>)) return;
        } catch (error) {
          fail(error);
          return;
        }
      }
    };
    subscriber.add(() => {
      settled.clear();
      if (exhausted) return;
      exhausted = true;
      const returned = iterator.return?.();
      if (returned instanceof Promise) returned.catch(() => {});
    });
    pull();
  });
}
