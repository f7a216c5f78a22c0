import type { Redis } from "ioredis";
import { KEYS } from "./names.js";

/** What a worker says of itself. Plain data. */
export interface WorkerEntry {
  readonly id: string;
  readonly host: string;
  readonly process: number;
  readonly version: string;
  readonly threads: number;
  readonly memoryBytes: number;
  /** Formats that it reads, with the version of what decodes them. */
  readonly formats: readonly string[];
  /** Shards that it has done. */
  readonly shards: number;
  readonly startedMs: number;
  /** Queues from which it takes nothing, and why. */
  readonly refusals: Readonly<Record<string, string>>;
}

/** How often a worker says that it is there, and for how long that holds. */
export const BEAT_MS = 1000;
const ALIVE_MS = 10_000;

export async function registerWorker(redis: Redis, entry: WorkerEntry): Promise<void> {
  await redis.multi().set(KEYS.worker(entry.id), JSON.stringify(entry), "PX", ALIVE_MS).sadd(KEYS.workers, entry.id).exec();
}

export async function removeWorker(redis: Redis, id: string): Promise<void> {
  await redis.multi().del(KEYS.worker(id)).srem(KEYS.workers, id).exec();
}

/** The workers that are there; those that are gone are forgotten. */
export async function livingWorkers(redis: Redis): Promise<readonly WorkerEntry[]> {
  const ids = await redis.smembers(KEYS.workers);
  if (ids.length === 0) return [];
  const texts = await redis.mget(ids.map(KEYS.worker));
  const gone = ids.filter((_, i) => texts[i] === null);
  if (gone.length > 0) await redis.srem(KEYS.workers, gone);
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as WorkerEntry]));
}
