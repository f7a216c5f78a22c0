import { usageError } from "@normstream/tensor";
import type { Heap } from "./heap.js";
import type { Pass, ShardResult, ShardTask } from "./pass.js";
import type { Grid } from "./steps.js";

/**
 * What runs shards. A pass is opened, its shards are run in any order and any number at a time, and it is closed. Results
 * depend on the shard alone, never on which thread ran it or when.
 */
export interface Engine extends AsyncDisposable {
  readonly name: "inline" | "threads" | "cluster";
  /** How many shards it computes at once. */
  readonly threads: number;
  /** Bytes that the buffers of a pass may take, all threads together. */
  readonly memoryBytes: number;
  /** Where its tensors live. */
  readonly heap: Heap;
  /** Makes a pass known, before its first shard. */
  open(pass: Pass): Promise<void>;
  /**
   * Told of all shards of an open pass before the first one is run, where the engine hands out many at once. What it is told of
   * is run with `run` all the same, which waits for the result.
   */
  announce?(pass: Pass, shards: AnnouncedShards): Promise<void>;
  /** Runs one shard. Rejects only where the engine itself fails; a shard's own error stands in its result. */
  run(task: ShardTask): Promise<ShardResult>;
  /** Waits for the shards of a pass that still run, and closes what it held open. */
  close(pass: Pass): Promise<void>;
  /** Cancels the passes that are open, and waits for the shards that still run; nothing opens after it. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The shards of a pass, by index. */
export interface AnnouncedShards {
  readonly grid: Grid;
  /** Whether a shard need not run. */
  isFinished(index: number): boolean;
  taskAt(index: number): ShardTask;
}

/** The memory that an engine's buffers may take where nobody says otherwise. */
export const DEFAULT_MEMORY_BYTES = 512e6;

/** What opening a pass on a disposed engine throws. */
export const disposedError = () => usageError("the pool was disposed of", { hint: "Make another one with createPool." });

/** How shards are handed out. */
export interface Dispatch {
  /** Shards on their way at once. */
  readonly inFlight: number;
  /** Bytes of a shard of what threads read by themselves: small enough to be done again, large enough that handing it out costs nothing. */
  readonly shardBytes: number;
  /** Shards that data are cut into at least, where they are not small. */
  readonly leastShards: number;
  /** Whether results stand in the engine's memory: those of a cluster bring theirs along. */
  readonly inHeap: boolean;
}

export const dispatchOf = ({ name, threads }: Pick<Engine, "threads" | "name">): Dispatch =>
  name === "cluster"
    ? { inFlight: 32, shardBytes: 32 << 20, leastShards: 128, inHeap: false }
    : // Two a thread, so that a thread finds its next one waiting.
      { inFlight: name === "inline" ? 1 : 2 * threads, shardBytes: 16 << 20, leastShards: 8 * threads, inHeap: true };
