/** Chunks that are fetched before they are asked for, so that a far place answers while earlier ones are computed on. */
export interface ChunksAhead<T> {
  /** Says which chunks will be asked for next, in order; what an earlier word began and nobody took is dropped. */
  expect(indices: Iterable<readonly number[]>): void;
  /** A chunk: the one that is on its way, or a new one. */
  take(index: readonly number[]): Promise<T>;
}

/**
 * Fetches expected chunks, at most `most` of them at once and held together.
 * @param fetch brings one chunk; its errors come where the chunk is taken
 */
export function chunksAhead<T>(fetch: (index: readonly number[]) => Promise<T>, most: number): ChunksAhead<T> {
  const held = new Map<string, Promise<T>>();
  let coming: Iterator<readonly number[]> | undefined;
  const pump = () => {
    while (coming && held.size < most) {
      const step = coming.next();
      if (step.done) {
        coming = undefined;
        return;
      }
      const index = [...step.value];
      const chunk = fetch(index);
      // Who takes it hears of its error.
      chunk.catch(() => {});
      held.set(index.join(), chunk);
    }
  };
  return {
    expect(indices) {
      held.clear();
      coming = indices[Symbol.iterator]();
      pump();
    },
    take(index) {
      const key = index.join();
      const chunk = held.get(key);
      if (!chunk) return fetch([...index]);
      held.delete(key);
      pump();
      return chunk;
    },
  };
}
