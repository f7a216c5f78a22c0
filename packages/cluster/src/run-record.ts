import type { Redis } from "ioredis";
import { KEYS } from "./names.js";
import type { ShardTimes } from "./shard-times.js";

/** How a run stands. `running` without a coordinator means that it was killed. */
export type RunState = "running" | "done" | "failed" | "stopped" | "cancelled";

/** What Redis knows of a run. Plain data. */
export interface RunRecord {
  readonly id: string;
  readonly state: RunState;
  /** The command line without its engine, and where it was given. */
  readonly command: readonly string[];
  readonly folder: string;
  readonly store: string;
  readonly version: string;
  readonly startedMs: number;
  readonly updatedMs: number;
  /** Shards of the pass that runs, and those of them that are done. */
  readonly shards: number;
  readonly shardsDone: number;
  /** Bytes read by all passes, and those that there are to read. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Statistics of what was merged so far, of the first channels. */
  readonly estimate: { readonly mean: readonly (number | string)[]; readonly std: readonly (number | string)[] } | null;
  /** How long its shards took, for plans. */
  readonly times: ShardTimes | null;
  /** Why it ended, where it did not end well. */
  readonly reason: string | null;
}

/** A run, and whether a coordinator is at work on it. */
export interface KnownRun extends RunRecord {
  readonly coordinator: string | null;
}

/** A record, and what `resume` needs, are kept for so long after a run was last worked on: a week. */
export const KEEP_SECONDS = 7 * 24 * 3600;

export async function writeRecord(redis: Redis, record: RunRecord): Promise<void> {
  await redis
    .multi()
    .set(KEYS.run(record.id), JSON.stringify(record), "EX", KEEP_SECONDS)
    .zadd(KEYS.runs, record.startedMs, record.id)
    .exec();
}

export async function readRecord(redis: Redis, id: string): Promise<KnownRun | undefined> {
  const [text, coordinator] = await redis.mget(KEYS.run(id), KEYS.coordinator(id));
  return text ? { ...(JSON.parse(text) as RunRecord), coordinator: coordinator ?? null } : undefined;
}

/** All runs, the latest first; those whose records expired are forgotten. */
export async function listRuns(redis: Redis): Promise<readonly KnownRun[]> {
  const ids = await redis.zrevrange(KEYS.runs, 0, -1);
  const runs: KnownRun[] = [];
  for (const id of ids) {
    const run = await readRecord(redis, id);
    if (run) runs.push(run);
    else await redis.zrem(KEYS.runs, id);
  }
  return runs;
}
