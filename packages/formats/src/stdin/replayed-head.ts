/** Bytes that come once, from first to last, whose first ones can be looked at before. */
export interface ReplayedHead {
  /** The first bytes: fewer than asked only where there are no more. May be asked again, for more. */
  head(byteLength: number): Promise<Uint8Array>;
  /** All bytes but the first `skip`, those that were looked at too. Once. */
  rest(skip: number): AsyncGenerator<Uint8Array>;
}

/** @param chunks read as far as it is asked for; a chunk is copied before the next one */
export function replayedHead(chunks: AsyncIterator<Uint8Array>): ReplayedHead {
  let held = new Uint8Array(0);
  const readTo = async (byteLength: number) => {
    while (held.length < byteLength) {
      const step = await chunks.next();
      if (step.done) return;
      const longer = new Uint8Array(held.length + step.value.length);
      longer.set(held);
      longer.set(step.value, held.length);
      held = longer;
    }
  };
  return {
    async head(byteLength) {
      await readTo(byteLength);
      return held.subarray(0, byteLength);
    },
    async *rest(skip) {
      await readTo(skip);
      if (held.length > skip) yield held.subarray(skip);
      held = new Uint8Array(0);
      for (let step = await chunks.next(); !step.done; step = await chunks.next()) yield step.value;
    },
  };
}
