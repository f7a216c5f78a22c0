import type { Engine } from "./engine.js";
import { createInlineEngine } from "./inline-engine.js";

/** Where shards run, and the memory that tensors live in. Make it with `createPool`, end it with `await using` or `asyncDispose`. */
export interface Pool extends AsyncDisposable {
  /** `inline`: shards run on the calling thread. */
  readonly name: "inline" | "threads";
  /** How many shards it computes at once. */
  readonly threads: number;
  /** What the buffers of a pass may take, all threads together. */
  readonly memoryBytes: number;
}

/** The engine behind a pool: every pool is one, which its public face does not show. */
export const engineOf = (pool: Pool | undefined): Engine => (pool ?? defaultPool()) as Engine;

let shared: Engine | undefined;

/** The engine of calls that name no pool: the calling thread, with one memory for all its tensors. */
function defaultPool(): Engine {
  shared ??= createInlineEngine();
  return shared;
}
