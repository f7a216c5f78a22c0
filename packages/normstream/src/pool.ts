import { createInlineEngine, type Engine } from "@normstream/pipeline";
import { createThreadEngine } from "@normstream/pool";
import { usageError } from "@normstream/tensor";
import { parseMemory } from "./memory.js";

/** Where shards run, and the memory that tensors live in. Make it with `createPool`, end it with `await using` or `asyncDispose`. */
export interface Pool extends AsyncDisposable {
  /** `inline`: shards run on the calling thread. */
  readonly name: "inline" | "threads";
  readonly threads: number;
  /** What the buffers of a pass may take, all threads together. */
  readonly memoryBytes: number;
}

/** The engine behind a pool: every pool is one, which its public face does not show. */
export const engineOf = (pool: Pool | undefined): Engine => (pool ?? defaultPool()) as Engine;

export interface PoolOptions {
  /** Worker threads; default as many as the machine runs at once. 0 runs everything on the calling thread. */
  readonly threads?: number;
  /** What the buffers of a pass may take, all threads together: bytes, or a text such as "512MB" (MB = 10⁶). Default 512MB. */
  readonly memory?: number | string;
}

/**
 * Makes a pool of worker threads. Threads start at once and stay until the pool is disposed.
 * @throws NormstreamError of kind `usage` for a number of threads or a memory that cannot be.
 */
export function createPool(options: PoolOptions = {}): Pool {
  const { threads } = options;
  if (threads !== undefined && (!Number.isSafeInteger(threads) || threads < 0 || threads > 512)) {
    throw usageError(`${threads} threads`, { expected: "a whole number from 0 to 512" });
  }
  const memoryBytes = options.memory === undefined ? undefined : parseMemory(options.memory);
  if (threads === 0) return createInlineEngine(memoryBytes === undefined ? {} : { memoryBytes });
  return createThreadEngine({ workerUrl: workerUrl(), threads, memoryBytes });
}

/** The built worker: beside the built package, or in its dist folder when this runs from source. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "../dist/worker.js" : "./worker.js", import.meta.url);
}

let shared: Engine | undefined;

/** The engine of calls that name no pool: the calling thread, with one memory for all its tensors. */
function defaultPool(): Engine {
  shared ??= createInlineEngine();
  return shared;
}
