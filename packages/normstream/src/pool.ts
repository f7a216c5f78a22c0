import { createInlineEngine, host, type Pool } from "@normstream/pipeline";
import { createThreadEngine } from "@normstream/pool";
import { usageError } from "@normstream/tensor";
import { parseMemory } from "./memory.js";

/** Threads and memory of a pool. */
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
  const threads = options.threads ?? host()?.threads;
  const memory = options.memory ?? host()?.memory;
  if (threads !== undefined && (!Number.isSafeInteger(threads) || threads < 0 || threads > 512)) {
    throw usageError(`${threads} threads`, { expected: "a whole number from 0 to 512" });
  }
  const memoryBytes = memory === undefined ? undefined : parseMemory(memory);
  if ("Deno" in globalThis && threads !== undefined && threads > 0) {
    throw usageError(`a pool of ${threads} threads in Deno, whose threads are others than Node's`, {
      expected: "no threads there",
      hint: "Leave `threads` out, or run it with Node.",
    });
  }
  if (threads === 0 || "Deno" in globalThis) return createInlineEngine(memoryBytes === undefined ? {} : { memoryBytes });
  return createThreadEngine({ workerUrl: workerUrl(), threads, memoryBytes });
}

/** The built worker: beside the built package, or in its dist folder when this runs from source. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "../dist/worker.js" : "./worker.js", import.meta.url);
}
