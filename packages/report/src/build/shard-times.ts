import type { ShardSpan } from "@normstream/pipeline";
import type { Absent, Timeline } from "../report.js";

/** Shards that a timeline tells of. */
const MOST_SHARDS = 256;

/** Takes the times of a pass's shards in order of index, and keeps those of at most 256 of them, evenly spaced. */
export class ShardTimes {
  #spans: ShardSpan[] = [];
  #stride = 1;
  #shards = 0;
  #startMs = Number.POSITIVE_INFINITY;
  readonly #threads = new Map<number, number>();

  push(span: ShardSpan): void {
    this.#startMs = Math.min(this.#startMs, span.startMs);
    if (!this.#threads.has(span.thread)) this.#threads.set(span.thread, this.#threads.size);
    if (this.#shards++ % this.#stride !== 0) return;
    this.#spans.push(span);
    if (this.#spans.length <= MOST_SHARDS) return;
    this.#stride *= 2;
    this.#spans = this.#spans.filter((_, i) => i % 2 === 0);
  }

  /** Threads in the order in which they first finished something, ms since the first shard began. */
  finish(): Timeline | Absent {
    if (this.#shards === 0) return { absent: "The times of shards were not recorded." };
    return {
      shards: this.#shards,
      thread: Uint8Array.from(this.#spans, ({ thread }) => Math.min(255, this.#threads.get(thread) as number)),
      startMs: Float32Array.from(this.#spans, ({ startMs }) => startMs - this.#startMs),
      endMs: Float32Array.from(this.#spans, ({ endMs }) => endMs - this.#startMs),
    };
  }
}
