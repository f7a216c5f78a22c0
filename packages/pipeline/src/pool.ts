import { usageError } from "@normstream/tensor";
import { kindOf } from "./arguments.js";
import type { Engine } from "./engine.js";
import { createInlineEngine } from "./inline-engine.js";

/** Where shards run, and the memory that tensors live in. Make it with `createPool`, end it with `await using` or `asyncDispose`. */
export interface Pool extends AsyncDisposable {
  /** `inline`: shards run on the calling thread; `cluster`: on the workers of a cluster, which the command line alone starts. */
  readonly name: "inline" | "threads" | "cluster";
  /** How many shards it computes at once. */
  readonly threads: number;
  /** What the buffers of a pass may take, all threads together. */
  readonly memoryBytes: number;
}

/** The engine behind a pool: every pool is one, which its public face does not show. @throws NormstreamError of kind `usage` for none */
export function engineOf(pool: Pool | undefined): Engine {
  const engine = (pool ?? defaultPool()) as Engine;
  if (typeof engine === "object" && "heap" in engine && typeof engine.run === "function") return engine;
  throw usageError("the pool is none", { expected: "what createPool gives", found: kindOf(pool) });
}

let shared: Engine | undefined;

/** The engine of calls that name no pool: the calling thread, with one memory for all its tensors. */
function defaultPool(): Engine {
  shared ??= createInlineEngine();
  return shared;
}
