import { hostname } from "node:os";
import { flushRange } from "@normstream/formats";
import {
  type Engine,
  type Grid,
  outputSpan,
  PASS_FLAGS,
  type Pass,
  type ShardResult,
  type ShardTask,
} from "@normstream/pipeline";
import { type PlainError, toPlainError } from "@normstream/tensor";
import { type Job, type Telemetry, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { ATTEMPTS, JOB, type LeafJob, type LeafValue, MOST_STALLED, type NodeValue } from "./jobs.js";
import { leafName, nodeName } from "./kept-results.js";
import type { OpenQueue } from "./open-queues.js";
import { decodePass, decodeTasks } from "./pass-document.js";
import { CLOSE_MS, queueOptions, within } from "./queue-connection.js";
import { digestOf, type RunStore } from "./run-store.js";
import { encodeSegment, joinSegments, recordsOf } from "./segment.js";

/** What a worker works with. */
export interface WorkContext {
  readonly redis: Redis;
  readonly engine: Engine;
  readonly store: RunStore;
  /** The worker's id. */
  readonly id: string;
  readonly lockMs: number;
  readonly telemetry: Telemetry | undefined;
  readonly onShards: (count: number) => void;
}

/** Objects of the store that are read at once. */
const READS = 16;

/** One queue that a worker takes jobs from: the engine's threads compute, this thread keeps the locks. */
export class QueueWork {
  readonly #context: WorkContext;
  readonly #open: OpenQueue;
  readonly #pass: Pass;
  readonly #grid: Grid | null;
  #worker: Worker | undefined;

  private constructor(context: WorkContext, open: OpenQueue, pass: Pass, grid: Grid | null) {
    this.#context = context;
    this.#open = open;
    this.#pass = pass;
    this.#grid = grid;
  }

  /** Reads the pass from the store and begins to take jobs. */
  static async start(context: WorkContext, open: OpenQueue): Promise<QueueWork> {
    const bytes = await context.store.get(`${open.folder}/pass`);
    if (!bytes) throw new Error(`cannot see the pass in the store ${context.store.name}`);
    const { pass, grid } = decodePass(bytes);
    await context.engine.open(pass);
    const work = new QueueWork(context, open, pass, grid);
    work.#listen();
    return work;
  }

  /** Finishes the jobs that run, and takes no more. */
  async drain(): Promise<void> {
    await this.#worker?.close();
    await this.#context.engine.close(this.#pass);
  }

  /** Breaks off: the run is over. */
  async stop(): Promise<void> {
    Atomics.store(this.#pass.flags, PASS_FLAGS.cancelled, 1);
    await within(CLOSE_MS, this.#worker?.close() ?? Promise.resolve());
    await this.#context.engine.close(this.#pass);
  }

  #listen(): void {
    const { redis, engine, id, lockMs, telemetry } = this.#context;
    this.#worker = new Worker(this.#open.queue, (job) => this.#work(job), {
      ...queueOptions(redis, telemetry),
      name: id,
      concurrency: 2 * engine.threads,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: MOST_STALLED,
      runRetryDelay: 1000,
    });
    // A job that is not ours any more, a connection that is gone: the job is another's then, or comes again.
    this.#worker.on("error", () => {});
  }

  async #work(job: Job): Promise<LeafValue | NodeValue> {
    if (job.name !== JOB.leaf) return this.#join(job, job.name === JOB.root);
    return this.#leaf(job.data as LeafJob, job.attemptsMade + 1 >= ATTEMPTS);
  }

  /** As `#shards`; what goes wrong around them on the last try is their error. */
  async #leaf(leaf: LeafJob, isLastTry: boolean): Promise<LeafValue> {
    try {
      return await this.#shards(leaf, isLastTry);
    } catch (error) {
      if (!isLastTry || this.#isStopped) throw error;
      const { from, to } = leaf;
      const failed = { index: from, error: withPlace(toPlainError(error)) };
      return { from, to, key: "", digest: "", bytes: 0, ms: 0, worker: this.#context.id, failed };
    }
  }

  get #isStopped(): boolean {
    return Atomics.load(this.#pass.flags, PASS_FLAGS.cancelled) !== 0;
  }

  /** Runs the shards of a leaf and keeps their results. Throws what may go better on another try. */
  async #shards(leaf: LeafJob, isLastTry: boolean): Promise<LeafValue> {
    const { engine, store, id, onShards } = this.#context;
    const { from, to } = leaf;
    const tasks = await this.#tasks(leaf);
    const results = await Promise.all(
      tasks.map((task) => engine.run(task).catch((error): ShardResult => ({ ...failedOf(task), error: toPlainError(error) }))),
    );
    const at = results.findIndex(({ error }) => error !== undefined);
    const error = results[at]?.error;
    if (error && (error.kind === "aborted" || (mayGoBetter(error) && !isLastTry))) throw new Error(error.message);
    const good = at < 0 ? results : results.slice(0, at);
    await this.#flush(good);
    const bytes = encodeSegment(good);
    const digest = digestOf(bytes);
    const key = `${this.#open.folder}/${leafName(from, to, digest)}`;
    if (good.length > 0) await store.put(key, bytes);
    onShards(good.length);
    const failed = error ? { failed: { index: from + at, error: withPlace(error) } } : {};
    const ms = good.reduce((sum, { span }) => sum + (span ? span.endMs - span.startMs : 0), 0);
    const read = good.reduce((sum, { bytes }) => sum + bytes, 0);
    return { from, to, key, digest, bytes: read, ms: Math.round(1000 * ms) / 1000, worker: id, ...failed };
  }

  /** What was written must be there for all, and stay, before it counts: this machine may be gone in a moment. */
  async #flush(results: readonly ShardResult[]): Promise<void> {
    const pass = this.#pass;
    if (pass.kind !== "normalize" || pass.target.kind !== "file" || results.length === 0) return;
    const rects = results.map(({ rect }) => rect);
    const { from, to } = outputSpan(pass, rects);
    await flushRange(pass.target.range, from, to);
  }

  async #tasks({ from, to, rect, tasks }: LeafJob): Promise<readonly ShardTask[]> {
    const { store } = this.#context;
    const bytes = tasks === undefined ? undefined : await store.get(tasks);
    if (tasks !== undefined && !bytes) throw new Error(`${store.name}: the tasks of shard ${from} are not there`);
    const extras = bytes ? decodeTasks(bytes) : [];
    return Array.from({ length: to - from }, (_, i) => {
      const own = rect ?? this.#grid?.at(from + i);
      if (!own) throw new Error(`shard ${from + i} has no place`);
      return { pass: this.#pass.id, index: from + i, rect: own, ...extras[i] };
    });
  }

  /** Puts the results of what stands below a node into one object, and takes theirs away. */
  async #join(job: Job, isRoot: boolean): Promise<NodeValue> {
    const { store } = this.#context;
    const values = Object.values((await job.getChildrenValues()) as Record<string, LeafValue | NodeValue>);
    if (isRoot) {
      // Nodes stay as they are: a run's results need not fit one object. What the root says is that all are there.
      const nodes = (values as NodeValue[]).map(({ key }) => key).sort();
      const shards = (values as NodeValue[]).reduce((sum, { shards }) => sum + shards, 0);
      return { key: this.#open.folder, digest: digestOf(new TextEncoder().encode(nodes.join("\n"))), shards };
    }
    const leaves = (values as LeafValue[]).filter(({ failed }) => failed === undefined).sort((a, b) => a.from - b.from);
    const segments: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < leaves.length; at += READS) {
      const read = await Promise.all(leaves.slice(at, at + READS).map(({ key }) => store.get(key)));
      for (const [i, bytes] of read.entries()) {
        const { key = "", digest } = leaves[at + i] ?? {};
        if (bytes && digestOf(bytes) === digest) segments.push(bytes);
        // A second try of a node whose first one took the leaves away: what it made is there.
        else if (bytes) throw new Error(`${store.name}/${key}: a partial result is damaged`);
      }
    }
    if (segments.length < leaves.length || segments.length === 0) return { key: "", digest: "", shards: 0 };
    const name = this.#open.folder;
    const joined = new Uint8Array(joinSegments(segments, name));
    const digest = digestOf(joined);
    const key = `${name}/${nodeName(leaves[0]?.from ?? 0, leaves.at(-1)?.to ?? 0, digest)}`;
    await store.put(key, joined);
    for (let at = 0; at < leaves.length; at += READS) {
      await Promise.all(leaves.slice(at, at + READS).map(({ key }) => store.remove(key)));
    }
    return { key, digest, shards: recordsOf(joined, key).size };
  }
}

const failedOf = ({ index, rect }: ShardTask): ShardResult => ({ index, rect, bytes: 0 });

/** What another try, or another machine, may do away with; bytes that are wrong stay wrong. */
const mayGoBetter = ({ kind }: PlainError): boolean => kind === "io" || kind === "internal";

/** Says of an error that may be a machine's own which machine that is. */
const withPlace = (error: PlainError): PlainError =>
  mayGoBetter(error) ? { ...error, message: `${error.message} (on ${hostname()}, after ${ATTEMPTS} tries)` } : error;
