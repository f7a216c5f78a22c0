import type { Redis } from "ioredis";
import { KEYS } from "./names.js";

/** A queue that has work, and what a worker has to know before it takes any. Plain data, without anything secret. */
export interface OpenQueue {
  readonly queue: string;
  readonly run: string;
  /** Where the run keeps the pass and its partial results, below the store's root. */
  readonly folder: string;
  /** The store, as the coordinator names it. */
  readonly store: string;
  /** Key and content of an object in it: who reads this sees the store. */
  readonly token: string;
  /** Which Normstream: others may round in other ways. */
  readonly version: string;
  /** What decodes the input, each with its version: `sharp 0.35.5`. */
  readonly readers: readonly string[];
  /** Bytes that a thread needs for its buffers. */
  readonly threadBytes: number;
}

export async function announceQueue(redis: Redis, open: OpenQueue): Promise<void> {
  if ((await redis.hset(KEYS.open, open.queue, JSON.stringify(open))) > 0) await redis.publish(KEYS.changed, open.queue);
}

export async function withdrawQueue(redis: Redis, queue: string): Promise<void> {
  if ((await redis.hdel(KEYS.open, queue)) > 0) await redis.publish(KEYS.changed, queue);
}

/** The queues that have work. */
export async function openQueues(redis: Redis): Promise<readonly OpenQueue[]> {
  return Object.values(await redis.hgetall(KEYS.open)).map((text) => JSON.parse(text) as OpenQueue);
}
