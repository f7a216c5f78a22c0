/** How long threads worked on shards, in eleven numbers: the least, the tenths, the largest. Plain data. */
export interface ShardTimes {
  /** Shards that were measured. */
  readonly shards: number;
  /** Bytes of them, together. */
  readonly bytes: number;
  /** Ms of one shard on one thread: their mean. */
  readonly meanMs: number;
  /** The same, tenths, ascending. */
  readonly ms: readonly number[];
}

/** Leaves whose times are kept; of more, every second one is left out, and so on. */
const MOST = 4096;

/** Collects the times of leaves as they come in, in bounded memory. */
export class ShardClock {
  #kept: number[] = [];
  #step = 1;
  #seen = 0;
  #shards = 0;
  #bytes = 0;
  #ms = 0;

  /** @param ms of all shards of a leaf, together */
  add(shards: number, bytes: number, ms: number): void {
    if (shards === 0) return;
    this.#shards += shards;
    this.#bytes += bytes;
    this.#ms += ms;
    if (this.#seen++ % this.#step !== 0) return;
    this.#kept.push(ms / shards);
    if (this.#kept.length <= MOST) return;
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
    this.#step *= 2;
  }

  /** What was measured; null where nothing was. */
  times(): ShardTimes | null {
    if (this.#kept.length === 0) return null;
    const sorted = [...this.#kept].sort((a, b) => a - b);
    const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))] as number;
    return {
      shards: this.#shards,
      bytes: this.#bytes,
      meanMs: Number((this.#ms / this.#shards).toPrecision(4)),
      ms: Array.from({ length: 11 }, (_, i) => Number(at(i / 10).toPrecision(4))),
    };
  }
}
