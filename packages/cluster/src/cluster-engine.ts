import { randomBytes } from "node:crypto";
import {
  type AnnouncedShards,
  createInlineEngine,
  DEFAULT_MEMORY_BYTES,
  disposedError,
  type Engine,
  type Heap,
  isInHeap,
  PASS_FLAGS,
  type Pass,
  type ShardResult,
  type ShardTask,
} from "@normstream/pipeline";
import { internalError, NormstreamError, usageError } from "@normstream/tensor";
import type { Telemetry } from "bullmq";
import type { Redis } from "ioredis";
import type { ClusterPlace } from "./cluster-place.js";
import { type CoordinatorLock, lockRun } from "./coordinator-lock.js";
import { removeQueuesOf } from "./flow-queue.js";
import { KEYS } from "./names.js";
import { announceQueue } from "./open-queues.js";
import { PassFlow } from "./pass-flow.js";
import { CLOSE_MS, within } from "./queue-connection.js";
import { whileDisconnected } from "./reconnection.js";
import { connectRedis, WORK_MS } from "./redis-connection.js";
import { redisError } from "./redis-error.js";
import { isRunId, RUN_ID } from "./run-id.js";
import { type RunRecord, type RunState, readRecord, writeRecord } from "./run-record.js";
import type { RunStore } from "./run-store.js";
import { openRunStore } from "./run-store-opening.js";
import { ShardClock, type ShardTimes } from "./shard-times.js";
import { keepOn, removeExpired } from "./store-expiry.js";
import { livingWorkers, type WorkerEntry } from "./workers.js";

/** How a run on a cluster is coordinated. */
export interface ClusterEngineOptions {
  readonly place: ClusterPlace;
  /** A folder that all workers see, or `s3://bucket/prefix`. */
  readonly store: string;
  /** The run's name: the same one goes on where it stopped. Default: one of its own, which nobody goes on with. */
  readonly run?: string | undefined;
  /** Which Normstream this is: only workers of the same version take its shards. */
  readonly version: string;
  /** What a worker's thread may take for buffers. */
  readonly memoryBytes?: number | undefined;
  /** How long it goes on without any worker, or without Redis; default 60 s. */
  readonly patienceMs?: number | undefined;
  /** The command line that began the run, for `resume`, and where it was given. */
  readonly command?: readonly string[] | undefined;
  readonly folder?: string | undefined;
  /** Told what is worth knowing and no error. */
  readonly note?: ((text: string) => void) | undefined;
  readonly telemetry?: Telemetry | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether disposing leaves the run's end to `end`. */
  readonly endsLater?: boolean | undefined;
}

/** How far a run has come, as its passes say. */
export interface RunProgress {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly estimate?: (() => RunRecord["estimate"]) | undefined;
}

const BEAT_MS = 1000;
const PATIENCE_MS = 60_000;
/** How long nothing comes back before it is looked at whether something can. */
const SILENT_MS = 5000;

/** An engine whose shards run on the workers of a cluster; tensors in memory and streams stay on the calling thread. */
export class ClusterEngine implements Engine {
  readonly name = "cluster";
  /** What plans count with: each thread of a worker takes shards by itself. */
  readonly threads = 1;
  readonly memoryBytes: number;
  readonly heap: Heap;
  readonly runId: string;
  readonly #options: ClusterEngineOptions;
  readonly #local: Engine;
  readonly #localPasses = new Set<number>();
  readonly #flows = new Map<number, PassFlow>();
  readonly #removals: Promise<void>[] = [];
  readonly #notes = new Set<string>();
  readonly #clock = new ShardClock();
  readonly #token = randomBytes(16).toString("hex");
  #connected: Promise<Connected> | undefined;
  #beating: Promise<void> | undefined;
  #stopBeating: (() => void) | undefined;
  #lastContactMs = Date.now();
  #lastWorkerMs = Date.now();
  #progress: RunProgress | undefined;
  #startedMs = Date.now();
  #failure: Error | undefined;
  #disposed = false;

  /** Connects when it is first used, or with `connect`. @throws NormstreamError of kind `usage` for a name that is none */
  constructor(options: ClusterEngineOptions) {
    this.runId = options.run ?? `run-${randomBytes(6).toString("hex")}`;
    if (!isRunId(this.runId)) {
      throw usageError(`a run cannot be called "${this.runId}"`, {
        expected: RUN_ID,
      });
    }
    this.#options = options;
    this.#local = createInlineEngine(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes });
    this.heap = this.#local.heap;
    this.memoryBytes = options.memoryBytes ?? DEFAULT_MEMORY_BYTES;
  }

  /**
   * Connects, looks at the server, and takes the run.
   * @throws NormstreamError: `io` where Redis or the store cannot be reached, `usage` where the server is not fit for it, or another
   * coordinator works on the run.
   */
  async connect(): Promise<void> {
    await this.#connect();
  }

  /** Says how far the run has come: what `status` shows. */
  report(progress: RunProgress): void {
    this.#progress = progress;
  }

  /** How long threads worked on the shards of this run so far; null where none came back yet. */
  get shardTimes(): ShardTimes | null {
    return this.#clock.times();
  }

  async open(pass: Pass): Promise<void> {
    if (this.#disposed) throw disposedError();
    // What lies in this process's memory no worker sees.
    if (pass.kind === "gradient" || isInHeap(pass)) {
      this.#localPasses.add(pass.id);
      await this.#local.open(pass);
      return;
    }
    const { redis, store } = await this.#connect();
    const { version, telemetry } = this.#options;
    const threads = async () => (await livingWorkers(redis)).reduce((sum, worker) => sum + worker.threads, 0);
    this.#flows.set(
      pass.id,
      new PassFlow(pass, {
        redis,
        store,
        run: this.runId,
        token: this.#token,
        version,
        telemetry,
        clock: this.#clock,
        threads,
        patienceMs: this.#patienceMs,
      }),
    );
    this.#lastWorkerMs = Date.now();
  }

  async announce(pass: Pass, shards: AnnouncedShards): Promise<void> {
    await this.#flows
      .get(pass.id)
      ?.announce(shards)
      .catch((error) => {
        throw redisError(error, this.#options.place);
      });
  }

  async run(task: ShardTask): Promise<ShardResult> {
    if (this.#localPasses.has(task.pass)) return this.#local.run(task);
    const flow = this.#flows.get(task.pass);
    if (!flow) throw internalError(`shard ${task.index} belongs to a pass that was not opened`);
    if (this.#failure) throw this.#failure;
    return flow.run(task).catch((error) => {
      throw redisError(error, this.#options.place);
    });
  }

  async close(pass: Pass): Promise<void> {
    if (this.#localPasses.delete(pass.id)) return this.#local.close(pass);
    const flow = this.#flows.get(pass.id);
    if (!flow) return;
    await flow.close();
    this.#flows.delete(pass.id);
    this.#removals.push(flow.removed);
  }

  /** Ends the run as one that may go on, unless it was ended already. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#options.endsLater) await this.end("stopped");
  }

  /**
   * Ends the run: what it kept goes where it is done or cancelled, and stays where it may be resumed.
   * @param reason in one line, where it did not end well
   */
  async end(state: RunState, reason: string | null = null): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const { pass } of this.#flows.values()) Atomics.store(pass.flags, PASS_FLAGS.cancelled, 1);
    await Promise.all([...this.#flows.values()].map((flow) => flow.close()));
    await Promise.all([...this.#removals, ...[...this.#flows.values()].map(({ removed }) => removed)]);
    await this.#local[Symbol.asyncDispose]();
    if (!this.#connected) return;
    const connected = await this.#connected.catch(() => undefined);
    if (!connected) return;
    const { redis, store, lock } = connected;
    this.#stopBeating?.();
    await this.#beating;
    const isOver = state === "done" || state === "cancelled" || this.#options.run === undefined;
    await (isOver ? store.remove(this.runId) : keepOn(store, this.runId)).catch(() => {});
    const mine = (await within(CLOSE_MS, lock.renew())) ?? false;
    if (mine) await within(CLOSE_MS, writeRecord(redis, this.#record(state, reason)));
    if (mine) await within(CLOSE_MS, redis.del(KEYS.cancel(this.runId)));
    await within(CLOSE_MS, Promise.resolve(lock[Symbol.asyncDispose]()));
    redis.disconnect();
  }

  #connect(): Promise<Connected> {
    if (this.#disposed) throw disposedError();
    this.#connected ??= this.#begin();
    return this.#connected;
  }

  async #begin(): Promise<Connected> {
    const { place, note = () => {}, signal } = this.#options;
    const redis = await connectRedis(place, note, WORK_MS);
    try {
      const store = await openRunStore(this.#options.store);
      const lock = await lockRun(redis, this.runId, signal);
      await store.put(`${this.runId}/token`, new TextEncoder().encode(this.#token));
      await keepOn(store, this.runId);
      for (const run of await removeExpired(store)) note(`removed what run ${run} had kept: nobody came back to it for a week`);
      // What an earlier coordinator of the run left behind; what its workers have done is in the store.
      await removeQueuesOf(redis, this.runId);
      await redis.del(KEYS.cancel(this.runId));
      const before = await readRecord(redis, this.runId);
      if (before?.state === "running") this.#startedMs = before.startedMs;
      await whileDisconnected(this.#patienceMs, () => writeRecord(redis, this.#record("running", null)));
      this.#lastContactMs = this.#lastWorkerMs = Date.now();
      this.#beating = this.#beat(redis, lock);
      return { redis, store, lock };
    } catch (error) {
      redis.disconnect();
      throw redisError(error, place);
    }
  }

  /** Once a second: holds the run, says how it stands, looks at who works on it, and at what became of it in Redis. */
  async #beat(redis: Redis, lock: CoordinatorLock): Promise<void> {
    let stopped = false;
    let wake = () => {};
    this.#stopBeating = () => {
      stopped = true;
      wake();
    };
    while (!stopped) {
      const looked = await within(
        SILENT_MS,
        this.#look(redis, lock).then(
          () => "looked" as const,
          (error) => redisError(error, this.#options.place),
        ),
      );
      if (stopped) return;
      if (looked === "looked") this.#lastContactMs = Date.now();
      else if (looked && (looked.kind === "usage" || /Redis is full|was cancelled/.test(looked.message))) this.#fail(looked);
      else if (Date.now() - this.#lastContactMs > this.#patienceMs) this.#fail(this.#unreachable());
      // Nothing comes back although it is connected: a cable was pulled.
      if (looked === undefined && redis.status === "ready") redis.disconnect(true);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, BEAT_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #look(redis: Redis, lock: CoordinatorLock): Promise<void> {
    if (!(await lock.renew())) {
      throw usageError(`another coordinator has taken over run ${this.runId}`, {
        hint: "This one was out of reach for too long.",
      });
    }
    await writeRecord(redis, this.#record("running", null));
    if ((await redis.exists(KEYS.cancel(this.runId))) === 1) {
      throw new NormstreamError("io", `run ${this.runId} was cancelled`, { hint: "Start it again with the same command." });
    }
    for (const flow of this.#flows.values()) {
      if (flow.open) await announceQueue(redis, flow.open);
      if (flow.isWaiting && flow.silentMs > SILENT_MS) await flow.reconcile();
    }
    this.#lookAtWorkers(await livingWorkers(redis));
  }

  #lookAtWorkers(workers: readonly WorkerEntry[]): void {
    const waiting = [...this.#flows.values()].filter(({ isWaiting }) => isWaiting);
    if (waiting.length === 0) {
      this.#lastWorkerMs = Date.now();
      return;
    }
    const refused = new Map<string, string>();
    for (const { open } of waiting) {
      for (const { refusals, host, process: id } of workers) {
        const reason = open && refusals[open.queue];
        if (reason) refused.set(`${host}:${id}`, `worker ${id} on ${host} ${reason}`);
      }
    }
    for (const reason of refused.values()) this.#note(reason);
    if (workers.length > refused.size) {
      this.#lastWorkerMs = Date.now();
      return;
    }
    const { place } = this.#options;
    // All of them say no, and will go on to.
    const [reason] = refused.values();
    if (reason !== undefined && Date.now() - this.#lastWorkerMs > 3 * BEAT_MS) {
      this.#fail(usageError("no worker takes the shards of this run", { file: place.name, found: reason }));
    } else if (Date.now() - this.#lastWorkerMs > this.#patienceMs) {
      this.#fail(
        new NormstreamError("io", `no worker is there, and ${this.#left(waiting)}`, {
          file: place.name,
          hint: `Start normstream worker --engine ${place.name}, and give the same command again to go on.`,
        }),
      );
    } else if (reason === undefined && Date.now() - this.#lastWorkerMs > 2 * BEAT_MS) {
      this.#note(`waiting for workers: normstream worker --engine ${place.name}`);
    }
  }

  #left(flows: readonly PassFlow[]): string {
    const [done, all] = flows.reduce(([d, s], { shardsDone, shards }) => [d + shardsDone, s + shards], [0, 0] as [
      number,
      number,
    ]);
    return `${done} of ${all} shards are done`;
  }

  get #patienceMs(): number {
    return this.#options.patienceMs ?? PATIENCE_MS;
  }

  #unreachable(): NormstreamError {
    const { place } = this.#options;
    return new NormstreamError("io", `Redis has been out of reach for ${Math.round(this.#patienceMs / 1000)} s`, {
      file: place.name,
      hint: "Give the same command again to go on when it is back.",
    });
  }

  #note(text: string): void {
    if (this.#notes.has(text)) return;
    this.#notes.add(text);
    this.#options.note?.(text);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const flow of this.#flows.values()) flow.end({ failure: error });
  }

  #record(state: RunState, reason: string | null): RunRecord {
    const { command = [], folder = "", store, version } = this.#options;
    const flows = [...this.#flows.values()];
    const { bytes = 0, totalBytes = 0, estimate } = this.#progress ?? {};
    return {
      ...{ id: this.runId, state, command, folder, store, version, startedMs: this.#startedMs, updatedMs: Date.now() },
      shards: flows.reduce((sum, { shards }) => sum + shards, 0),
      shardsDone: flows.reduce((sum, { shardsDone }) => sum + shardsDone, 0),
      ...{ bytes, totalBytes, estimate: estimate?.() ?? null, times: this.#clock.times(), reason },
    };
  }
}

interface Connected {
  readonly redis: Redis;
  readonly store: RunStore;
  readonly lock: CoordinatorLock;
}
