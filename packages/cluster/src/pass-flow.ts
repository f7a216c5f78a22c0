import { randomBytes } from "node:crypto";
import { blockStart } from "@normstream/moments";
import {
  type AnnouncedShards,
  EXECUTOR_BYTES,
  type Grid,
  PASS_FLAGS,
  type Pass,
  type ShardResult,
  type ShardTask,
  workspaceBytes,
} from "@normstream/pipeline";
import { NormstreamError, type PlainError, toPlainError } from "@normstream/tensor";
import type { Telemetry } from "bullmq";
import type { Redis } from "ioredis";
import { cutLeaves, type Leaf, leafEnds } from "./flow-cut.js";
import { FlowQueue, type LostLeaf } from "./flow-queue.js";
import { type LeafJob, type LeafValue, leafId, MOST_STALLED } from "./jobs.js";
import { KeptResults } from "./kept-results.js";
import { announceQueue, type OpenQueue, withdrawQueue } from "./open-queues.js";
import { encodePass, hasExtras, putTasks } from "./pass-document.js";
import { CLOSE_MS, within } from "./queue-connection.js";
import { whileDisconnected } from "./reconnection.js";
import type { RunStore } from "./run-store.js";
import type { ShardClock } from "./shard-times.js";

/** What a pass needs to know of its run. */
export interface FlowContext {
  readonly redis: Redis;
  readonly store: RunStore;
  readonly run: string;
  readonly token: string;
  readonly version: string;
  readonly telemetry: Telemetry | undefined;
  readonly clock: ShardClock;
  /** How long a connection that broke is waited for. */
  readonly patienceMs: number;
  /** Threads of all workers that are there. */
  readonly threads: () => Promise<number>;
}

/** How a leaf that is awaited ends. */
type Outcome =
  | { readonly value: LeafValue }
  | { readonly error: PlainError }
  /** The engine itself failed. */
  | { readonly failure: Error };

interface Pending {
  readonly leaf: LeafJob;
  readonly done: Promise<Outcome>;
  readonly settle: (outcome: Outcome) => void;
}

/** How often the pass's flag is looked at: other threads set it. */
const CANCEL_WATCH_MS = 50;
/** Objects that are written to the store at once. */
const WRITES = 16;

/** One pass of a run on the cluster, from the coordinator's side. */
export class PassFlow {
  readonly pass: Pass;
  readonly #context: FlowContext;
  readonly #running = new Set<Promise<unknown>>();
  /** By job. A leaf that is done keeps its outcome until its shards have been taken. */
  readonly #pending = new Map<string, Pending>();
  readonly #waiting = new Set<string>();
  #grid: Grid | null = null;
  #leaves: readonly Leaf[] = [];
  #kept: ReadonlyMap<number, string> = new Map();
  #results: KeptResults | undefined;
  #queue: FlowQueue | undefined;
  #open: OpenQueue | undefined;
  #beginning: Promise<void> | undefined;
  readonly #watch: NodeJS.Timeout;
  #ended: Outcome | undefined;
  #closed = false;
  #lastEventMs = Date.now();
  /** Leaves that were in neither place at the last look: a second one makes sure. */
  #absentBefore: ReadonlySet<string> = new Set();
  shards = 0;
  shardsDone = 0;
  /** Comes when the queue is gone, after `close`. */
  removed: Promise<void> = Promise.resolve();

  /** Comes when all that is awaited is ended at once: a server that does not answer must not hold it. */
  readonly #over: Promise<void>;
  #setOver = () => {};

  constructor(pass: Pass, context: FlowContext) {
    this.pass = pass;
    this.#context = context;
    this.#over = new Promise((resolve) => {
      this.#setOver = resolve;
    });
    this.#watch = setInterval(() => {
      if (Atomics.load(pass.flags, PASS_FLAGS.cancelled) !== 0) this.end({ error: ABORTED });
    }, CANCEL_WATCH_MS);
  }

  /** The queue that workers are asked to look at; undefined where there is none. */
  get open(): OpenQueue | undefined {
    return this.#closed ? undefined : this.#open;
  }

  /** Whether shards are awaited. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Ms since something came back. */
  get silentMs(): number {
    return Date.now() - this.#lastEventMs;
  }

  /** Hands out all shards that are neither finished nor in the store. */
  async announce(shards: AnnouncedShards): Promise<void> {
    await Promise.race([this.#announce(shards), this.#over]);
  }

  async #announce({ grid, isFinished, taskAt }: AnnouncedShards): Promise<void> {
    await this.#begin(grid);
    this.#grid = grid;
    const results = this.#results as KeptResults;
    this.#kept = await results.find();
    const ends = leafEnds(grid.length, await this.#context.threads());
    const leaves = cutLeaves(ends, (index) => isFinished(index) || this.#kept.has(index));
    this.shards = grid.length;
    this.shardsDone = grid.length - leaves.reduce((sum, { from, to }) => sum + to - from, 0);
    const [first] = leaves;
    const jobs: LeafJob[] = [...leaves];
    if (first && hasExtras(taskAt(first.from))) {
      for (let at = 0; at < leaves.length; at += WRITES) {
        const keys = leaves.slice(at, at + WRITES).map(({ from, to }) => {
          const tasks = Array.from({ length: to - from }, (_, i) => taskAt(from + i));
          return putTasks(this.#context.store, this.#folder, tasks);
        });
        for (const [i, tasks] of (await Promise.all(keys)).entries()) jobs[at + i] = { ...(leaves[at + i] as Leaf), tasks };
      }
    }
    this.#leaves = leaves;
    for (const leaf of jobs) this.#await(leaf);
    // Jobs that are there already are not added again.
    await whileDisconnected(this.#context.patienceMs, async () => this.#queue?.addFlow(jobs));
  }

  /** A shard's result, when a worker has it. */
  run(task: ShardTask): Promise<ShardResult> {
    const running = this.#run(task);
    this.#running.add(running);
    const forget = () => this.#running.delete(running);
    running.then(forget, forget);
    return running;
  }

  /** Ends what is awaited: with an error of a shard, or as a failure of the engine. */
  end(outcome: { readonly error: PlainError } | { readonly failure: Error }): void {
    this.#ended ??= outcome;
    this.#setOver();
    for (const id of [...this.#waiting]) this.#settle(id, outcome);
  }

  /** Waits for the shards that were asked for. The queue goes away in its own time: see `removed`. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running);
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#watch);
    this.#setOver();
    this.removed = this.#remove();
  }

  async #remove(): Promise<void> {
    await within(CLOSE_MS, this.#beginning ?? Promise.resolve());
    if (this.#open) await within(CLOSE_MS, withdrawQueue(this.#context.redis, this.#open.queue));
    await this.#queue?.remove();
  }

  /**
   * Looks at whether what is awaited is still to be had: events are lost where a server restarts, and with its last second also jobs and
   * values. What is in the store counts as done; what is nowhere, twice in a row, is handed out again.
   */
  async reconcile(): Promise<void> {
    const queue = this.#queue;
    if (!queue || this.#closed || this.#waiting.size === 0) return;
    const leaves = [...this.#waiting].map((id) => (this.#pending.get(id) as Pending).leaf);
    const { absent, lost } = await queue.missing(leaves);
    for (const each of lost) this.#onLost(each);
    if (absent.length === 0) {
      this.#absentBefore = new Set();
      return;
    }
    const kept = (await this.#results?.locate(absent)) ?? new Map<number, string>();
    const nowhere: LeafJob[] = [];
    for (const leaf of absent) {
      const id = leafId(leaf);
      const key = kept.get(leaf.from);
      const pending = this.#pending.get(id);
      if (!pending || !this.#waiting.has(id)) continue;
      if (key !== undefined) this.#onLeaf(id, { ...leaf, key, digest: "", bytes: 0, ms: 0, worker: "" });
      else nowhere.push(pending.leaf);
    }
    const again = nowhere.filter((leaf) => this.#absentBefore.has(leafId(leaf)));
    this.#absentBefore = new Set(nowhere.map(leafId));
    if (again.length > 0) await queue.addLeaves(again);
  }

  get #folder(): string {
    return (this.#open as OpenQueue).folder;
  }

  #begin(grid: Grid | null): Promise<void> {
    this.#beginning ??= (async () => {
      const { redis, store, run, token, version, telemetry } = this.#context;
      const { bytes, key } = encodePass(this.pass, grid);
      const folder = `${run}/${key}`;
      await store.put(`${folder}/pass`, bytes);
      this.#results = new KeptResults(store, folder);
      const queue = `${run}-${key.slice(0, 8)}-${randomBytes(4).toString("hex")}`;
      this.#open = {
        ...{ queue, run, folder, token, version, store: store.name },
        readers: this.pass.source.readers ?? [],
        threadBytes: EXECUTOR_BYTES + workspaceBytes(this.pass.buffers),
      };
      const listener = {
        onLeaf: (id: string, value: LeafValue) => this.#onLeaf(id, value),
        onLost: (leaf: LostLeaf) => this.#onLost(leaf),
      };
      this.#queue = new FlowQueue(redis, queue, listener, telemetry);
      // Before there are jobs: workers read the pass while those are added.
      await announceQueue(redis, this.#open);
    })();
    return this.#beginning;
  }

  async #run(task: ShardTask): Promise<ShardResult> {
    const { index, rect } = task;
    const failed = (error: PlainError): ShardResult => ({ index, rect, bytes: 0, error });
    if (Atomics.load(this.pass.flags, PASS_FLAGS.cancelled) !== 0) return failed(ABORTED);
    const key = this.#kept.get(index);
    if (key !== undefined) return this.#take(key, index);
    const leaf = this.#leafOf(index);
    const outcome = await Promise.race([this.#outcomeOf(leaf, task), this.#over.then(() => this.#ended as Outcome)]);
    if ("failure" in outcome) throw outcome.failure;
    if ("error" in outcome) return failed(outcome.error);
    const { value } = outcome;
    if (value.failed && index >= value.failed.index) return failed(index === value.failed.index ? value.failed.error : ABORTED);
    // A single shard may be asked for again: it runs again then.
    if (!leaf || index === leaf.to - 1) this.#pending.delete(leafId(leaf ?? { from: index, to: index + 1 }));
    return this.#take(value.key, index);
  }

  async #outcomeOf(leaf: Leaf | undefined, task: ShardTask): Promise<Outcome> {
    const pending = (leaf && this.#pending.get(leafId(leaf))) ?? (await this.#handOut(task));
    return pending.done;
  }

  async #take(key: string, index: number): Promise<ShardResult> {
    const result = await (this.#results as KeptResults).take(key, index);
    Atomics.add(this.pass.flags, PASS_FLAGS.kibibytes, Math.round(result.bytes / 1024));
    return result;
  }

  /** A shard that was not announced, as a leaf of its own. */
  async #handOut(task: ShardTask): Promise<Pending> {
    await this.#begin(null);
    const { index, rect } = task;
    const extras = hasExtras(task) ? { tasks: await putTasks(this.#context.store, this.#folder, [task]) } : {};
    const leaf: LeafJob = { from: index, to: index + 1, rect, ...extras };
    const known = this.#pending.get(leafId(leaf));
    if (known) return known;
    this.shards++;
    const pending = this.#await(leaf);
    await whileDisconnected(this.#context.patienceMs, async () => this.#queue?.addLeaves([leaf]));
    return pending;
  }

  #await(leaf: LeafJob): Pending {
    const id = leafId(leaf);
    let settle: Pending["settle"] = () => {};
    const done = new Promise<Outcome>((resolve) => {
      settle = resolve;
    });
    const pending = { leaf, done, settle };
    this.#pending.set(id, pending);
    this.#waiting.add(id);
    if (this.#ended) this.#settle(id, this.#ended);
    return pending;
  }

  #settle(id: string, outcome: Outcome): void {
    if (!this.#waiting.delete(id)) return;
    this.#lastEventMs = Date.now();
    this.#pending.get(id)?.settle(outcome);
  }

  #onLeaf(id: string, value: LeafValue): void {
    if (!this.#waiting.has(id)) return;
    const shards = value.to - value.from;
    this.shardsDone += shards;
    if (value.ms > 0 && !value.failed) this.#context.clock.add(shards, value.bytes, value.ms);
    this.#settle(id, { value });
  }

  #onLost({ id, reason }: LostLeaf): void {
    const pending = this.#pending.get(id);
    if (!pending || !this.#waiting.has(id)) return;
    const { from, to } = pending.leaf;
    const what = to - from === 1 ? `shard ${from}` : `shards ${from} to ${to - 1}`;
    const times = /stalled/i.test(reason) ? `: a worker was lost with it ${MOST_STALLED + 1} times` : `: ${reason}`;
    const error = new NormstreamError("io", `${what} cannot be done${times}`, {
      file: this.pass.source.name,
      expected: `to read ${this.#touched(pending.leaf)}`,
      hint: "Look at the workers' logs and memory, then resume the run.",
    });
    this.#settle(id, { error: toPlainError(error) });
  }

  /** What a leaf reads, in words. */
  #touched({ from, to, rect }: LeafJob): string {
    const first = rect ?? this.#grid?.at(from);
    const last = rect ?? this.#grid?.at(to - 1);
    if (!first || !last || this.pass.kind === "gradient") return "its part";
    const { table } = this.pass;
    return `samples ${blockStart(table, first.block)} to ${blockStart(table, last.blockEnd) - 1}`;
  }

  #leafOf(index: number): Leaf | undefined {
    let low = 0;
    let high = this.#leaves.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#leaves[middle] as Leaf).to <= index) low = middle + 1;
      else high = middle;
    }
    const leaf = this.#leaves[low];
    return leaf && leaf.from <= index ? leaf : undefined;
  }
}

const ABORTED: PlainError = { kind: "aborted", message: "stopped", details: {} };
