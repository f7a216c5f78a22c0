import { usageError } from "@normstream/tensor";
import type { Redis } from "ioredis";
import type { ClusterPlace } from "./cluster-place.js";
import { removeQueuesOf } from "./flow-queue.js";
import { KEYS } from "./names.js";
import { connectRedis } from "./redis-connection.js";
import { redisError } from "./redis-error.js";
import { type KnownRun, listRuns, readRecord, writeRecord } from "./run-record.js";
import { openRunStore } from "./run-store-opening.js";
import { livingWorkers, type WorkerEntry } from "./workers.js";

const CANCEL_SECONDS = 3600;

/** Looks at the runs of a cluster, and ends them. Disposing closes the connection. */
export interface RunControl extends AsyncDisposable {
  /** All runs, the latest first. */
  runs(): Promise<readonly KnownRun[]>;
  /** @throws NormstreamError of kind `usage` for a run that is not known */
  run(id: string): Promise<KnownRun>;
  workers(): Promise<readonly WorkerEntry[]>;
  /**
   * Ends a run and removes what it kept: by its coordinator where one is at work, else at once.
   * @returns whether a coordinator was told
   */
  cancel(id: string): Promise<boolean>;
}

/** Connects to a cluster. @throws NormstreamError as `ClusterEngine.connect` */
export async function openRunControl(place: ClusterPlace): Promise<RunControl> {
  const redis = await connectRedis(place);
  const asked = async <T>(work: (redis: Redis) => Promise<T>): Promise<T> => {
    try {
      return await work(redis);
    } catch (error) {
      throw redisError(error, place);
    }
  };
  const run = async (id: string): Promise<KnownRun> => {
    const found = await readRecord(redis, id);
    if (found) return found;
    throw usageError(`no run is called ${id}`, { file: place.name, hint: "normstream runs lists them." });
  };
  return {
    runs: () => asked(listRuns),
    run: (id) => asked(() => run(id)),
    workers: () => asked(livingWorkers),
    cancel: (id) =>
      asked(async () => {
        const found = await run(id);
        if (found.coordinator !== null) {
          await redis.set(KEYS.cancel(id), "1", "EX", CANCEL_SECONDS);
          return true;
        }
        await removeQueuesOf(redis, id);
        await (await openRunStore(found.store)).remove(id);
        const { coordinator: _, ...record } = found;
        await writeRecord(redis, { ...record, state: "cancelled", updatedMs: Date.now() });
        return false;
      }),
    async [Symbol.asyncDispose]() {
      redis.disconnect();
    },
  };
}
