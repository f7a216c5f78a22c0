import type { Engine } from "@normstream/pipeline";
import { createPool, type Pool, type PoolOptions } from "normstream";
import { afterAll } from "vitest";
import { randomOf } from "./sample-data.js";

/** Pools that a test file shares, made once each and disposed of when its tests are done. */
export function sharedPools() {
  const pools = new Map<string, Pool>();
  afterAll(async () => {
    for (const pool of pools.values()) await pool[Symbol.asyncDispose]();
  });
  return (options: PoolOptions): Pool => {
    const key = JSON.stringify(options);
    const pool = pools.get(key) ?? createPool(options);
    pools.set(key, pool);
    return pool;
  };
}

/** The same engine, but results come when they like: each waits for up to `delayMs` more. */
export function shuffled(pool: Pool, seed: number, delayMs = 8): Pool {
  const engine = pool as Engine;
  const random = randomOf(seed);
  const late: Engine = {
    name: "threads", // so that several shards are on their way
    threads: engine.threads,
    memoryBytes: engine.memoryBytes,
    heap: engine.heap,
    open: (pass) => engine.open(pass),
    close: (pass) => engine.close(pass),
    async run(task) {
      const result = await engine.run(task);
      await new Promise((resolve) => setTimeout(resolve, random() * delayMs));
      return result;
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return late;
}
