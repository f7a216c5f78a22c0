import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Engine } from "@normstream/pipeline";
import type { Telemetry } from "bullmq";
import type { Redis } from "ioredis";
import type { ClusterPlace } from "./cluster-place.js";
import { type Health, startHealth } from "./health.js";
import { KEYS } from "./names.js";
import { type OpenQueue, openQueues } from "./open-queues.js";
import { CLOSE_MS, within } from "./queue-connection.js";
import { QueueWork } from "./queue-work.js";
import { connectRedis, WORK_MS } from "./redis-connection.js";
import type { RunStore } from "./run-store.js";
import { openRunStore } from "./run-store-opening.js";
import { BEAT_MS, registerWorker, removeWorker, type WorkerEntry } from "./workers.js";

/** How a worker works. */
export interface ClusterWorkerOptions {
  readonly place: ClusterPlace;
  /** What computes: a pool of threads. */
  readonly engine: Engine;
  readonly version: string;
  /** What it reads, with the version of what decodes it. */
  readonly formats: readonly string[];
  /** The store, where this machine sees it elsewhere than the coordinator does. */
  readonly store?: string | undefined;
  /** Stops it: jobs that run are finished first. */
  readonly signal: AbortSignal;
  readonly note?: ((text: string) => void) | undefined;
  /** How long a job stays a worker's that does not answer; default 30 s. */
  readonly lockMs?: number | undefined;
  /** Port of the health endpoint; none where it is left out. */
  readonly healthPort?: number | undefined;
  readonly telemetry?: Telemetry | undefined;
}

const LOCK_MS = 30_000;
const LOOK_MS = 250;
const SILENCE_MS = 5000;
/** How long a refusal stands before the queue is looked at again: a folder may be mounted meanwhile. */
const AGAIN_MS = 2000;

interface Refusal {
  readonly reason: string;
  readonly atMs: number;
}

/**
 * Takes shards from the queues of all runs until the signal comes.
 * @throws NormstreamError where Redis cannot be reached at the start, or is not fit for it
 */
export async function runClusterWorker(options: ClusterWorkerOptions): Promise<void> {
  const { place, engine, signal, note = () => {} } = options;
  const redis = await connectRedis(place, note, WORK_MS);
  // Two connections for each queue come on top: a word that a listener is added to each is not needed.
  redis.setMaxListeners(0);
  const worker = new ClusterWorker(options, redis);
  const health = await startHealth(options.healthPort, () => worker.health).catch((error) => {
    redis.disconnect();
    throw error;
  });
  try {
    note(`takes shards from ${place.name}: ${engine.threads} ${engine.threads === 1 ? "thread" : "threads"}`);
    await worker.work();
  } finally {
    note(signal.aborted ? "stopped: its shards are finished" : "stopped");
    await within(CLOSE_MS, removeWorker(redis, worker.id));
    health?.close();
    redis.disconnect();
  }
}

class ClusterWorker {
  readonly id = `${hostname()}-${process.pid}-${randomBytes(3).toString("hex")}`;
  readonly #options: ClusterWorkerOptions;
  readonly #redis: Redis;
  readonly #startedMs = Date.now();
  readonly #working = new Map<string, QueueWork>();
  readonly #refused = new Map<string, Refusal>();
  readonly #stores = new Map<string, Promise<RunStore>>();
  #wake = () => {};
  #shards = 0;
  #seenMs = Date.now();

  constructor(options: ClusterWorkerOptions, redis: Redis) {
    this.#options = options;
    this.#redis = redis;
  }

  get health(): Health {
    const { signal, engine, version } = this.#options;
    const isUp = this.#redis.status === "ready" && Date.now() - this.#seenMs < 10 * BEAT_MS;
    return {
      ok: isUp && !signal.aborted,
      ...{ worker: this.id, version, threads: engine.threads, redis: isUp, draining: signal.aborted, shards: this.#shards },
      queues: this.#working.size,
    };
  }

  async work(): Promise<void> {
    const { signal } = this.#options;
    // Word of changes saves the time until the next look, and no more: it may be lost.
    const words = this.#redis.duplicate();
    words.on("error", () => {});
    words.on("message", () => this.#wake());
    words.subscribe(KEYS.changed).catch(() => {});
    try {
      await this.#lookForWork(signal);
    } finally {
      words.disconnect();
    }
    await Promise.all([...this.#working.values()].map((work) => work.drain()));
  }

  async #lookForWork(signal: AbortSignal): Promise<void> {
    let saidMs = 0;
    while (!signal.aborted) {
      const open = await untilAborted(within(SILENCE_MS, openQueues(this.#redis)), signal);
      if (!open) {
        // Nothing comes back although it is connected: a cable was pulled. A server that is away is waited for.
        if (this.#redis.status === "ready" && !signal.aborted) this.#redis.disconnect(true);
        continue;
      }
      this.#seenMs = Date.now();
      await this.#follow(open);
      if (Date.now() - saidMs >= BEAT_MS) {
        saidMs = Date.now();
        await untilAborted(within(SILENCE_MS, registerWorker(this.#redis, this.#entry())), signal);
      }
      await untilAborted(this.#news(), signal);
    }
  }

  /** Waits until queues have changed, or it is time to look anyway. */
  #news(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #follow(open: readonly OpenQueue[]): Promise<void> {
    const names = new Set(open.map(({ queue }) => queue));
    for (const [queue, work] of this.#working) {
      if (names.has(queue)) continue;
      this.#working.delete(queue);
      void work.stop().catch(() => {});
    }
    for (const queue of this.#refused.keys()) if (!names.has(queue)) this.#refused.delete(queue);
    for (const each of open) {
      if (this.#working.has(each.queue)) continue;
      const refusal = this.#refused.get(each.queue);
      if (refusal && Date.now() - refusal.atMs < AGAIN_MS) continue;
      const reason = await this.#take(each);
      if (reason === undefined) this.#refused.delete(each.queue);
      else {
        if (refusal?.reason !== reason) this.#options.note?.(`takes nothing of run ${each.run}: it ${reason}`);
        this.#refused.set(each.queue, { reason, atMs: Date.now() });
      }
    }
  }

  /** Begins with a queue. @returns why it does not, where it does not */
  async #take(open: OpenQueue): Promise<string | undefined> {
    const { engine, version, formats, telemetry, lockMs = LOCK_MS } = this.#options;
    if (open.version !== version) return `is Normstream ${version}, and the run is one of ${open.version}: bits might differ`;
    const missing = open.readers.filter((reader) => !formats.includes(reader));
    if (missing.length > 0) return `has no ${missing.join(", ")}`;
    const share = Math.floor((engine.memoryBytes * 0.75) / engine.threads);
    if (open.threadBytes > share) {
      return `gives a thread ${share} bytes of its --memory, and the run needs ${open.threadBytes}`;
    }
    try {
      const store = await this.#storeOf(open);
      const token = await store.get(`${open.run}/token`);
      if (!token || new TextDecoder().decode(token) !== open.token) return `cannot see the store of the run: ${store.name}`;
      const onShards = (count: number) => {
        this.#shards += count;
      };
      const context = { redis: this.#redis, engine, store, id: this.id, lockMs, telemetry, onShards };
      this.#working.set(open.queue, await QueueWork.start(context, open));
      return undefined;
    } catch (error) {
      return `cannot begin: ${error instanceof Error ? error.message : error}`;
    }
  }

  #storeOf({ store }: OpenQueue): Promise<RunStore> {
    const place = this.#options.store ?? store;
    let opened = this.#stores.get(place);
    if (!opened) {
      opened = openRunStore(place);
      this.#stores.set(place, opened);
    }
    return opened;
  }

  #entry(): WorkerEntry {
    const { engine, version, formats } = this.#options;
    return {
      ...{ id: this.id, host: hostname(), process: process.pid, version, threads: engine.threads },
      ...{ memoryBytes: engine.memoryBytes, formats, shards: this.#shards, startedMs: this.#startedMs },
      refusals: Object.fromEntries([...this.#refused].map(([queue, { reason }]) => [queue, reason])),
    };
  }
}

/** What a promise comes to, or undefined as soon as the signal comes. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  let stop = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
    work.catch(() => {});
  }
}
