import { availableParallelism } from "node:os";
import { compileKernel, SCRATCH_BYTES } from "@normstream/kernel";
import {
  DEFAULT_MEMORY_BYTES,
  disposedError,
  type Engine,
  Heap,
  isInHeap,
  PASS_FLAGS,
  type Pass,
  type ShardResult,
  type ShardTask,
  workspaceBytes,
} from "@normstream/pipeline";
import { internalError, NormstreamError } from "@normstream/tensor";
import { Piscina } from "piscina";
import { isHello } from "./protocol.js";
import { ThreadControl } from "./thread-control.js";

export interface ThreadEngineOptions {
  /** The built worker, which calls `startThreadWorker`. */
  readonly workerUrl: URL;
  /** Default: as many as the machine runs at once. */
  readonly threads?: number | undefined;
  readonly memoryBytes?: number | undefined;
}

/** How often a shard whose worker died is begun in all. */
const ATTEMPTS = 3;

interface OpenPass {
  readonly pass: Pass;
  readonly running: Set<Promise<unknown>>;
  readonly workspaces: number[];
}

/**
 * The thread engine: shards on piscina's worker threads. Each thread reads and writes its own bytes; a small task goes there and rows
 * come back. A shard whose worker died is run again, twice at most.
 */
export function createThreadEngine(options: ThreadEngineOptions): ThreadEngine {
  return new ThreadEngine(options);
}

export class ThreadEngine implements Engine {
  readonly name = "threads";
  readonly threads: number;
  readonly memoryBytes: number;
  readonly heap = new Heap();
  /** For tests and diagnosis: the pool itself. */
  readonly piscina: Piscina;
  readonly #controls = new Set<ThreadControl>();
  readonly #passes = new Map<number, OpenPass>();
  #disposed = false;
  /** No shard runs any more, and none will. */
  #closed = false;

  constructor({ workerUrl, threads, memoryBytes }: ThreadEngineOptions) {
    this.threads = threads ?? availableParallelism();
    this.memoryBytes = memoryBytes ?? DEFAULT_MEMORY_BYTES;
    this.piscina = new Piscina({
      filename: workerUrl.href,
      minThreads: this.threads,
      maxThreads: this.threads,
      // Two shards at each thread, so that the next one is there when one is done; and no parked threads, so that control
      // calls are answered between shards.
      concurrentTasksPerWorker: 2,
      atomics: "disabled",
      idleTimeout: Number.POSITIVE_INFINITY,
      execArgv: [],
      // The package web-worker, which geotiff loads, takes any thread without data for one that it has started.
      workerData: {},
    });
    this.piscina.on("message", (message: unknown) => {
      if (isHello(message)) this.#admit(new ThreadControl(message.port));
    });
    // piscina replaces a thread that dies, but never again after one has died while it started: once none is left, what waits
    // for one must not wait for ever.
    const endIfNoneIsLeft = () => {
      if (!this.#closed && this.piscina.threads.length === 0) void this.piscina.destroy();
    };
    this.piscina.on("error", endIfNoneIsLeft);
    this.piscina.on("workerDestroy", () => setImmediate(endIfNoneIsLeft));
  }

  async open(pass: Pass): Promise<void> {
    if (this.#disposed) throw disposedError();
    this.#passes.set(pass.id, { pass, running: new Set(), workspaces: [] });
    for (const control of this.#controls) this.#prepare(control, pass);
  }

  async run(task: ShardTask): Promise<ShardResult> {
    const open = this.#passes.get(task.pass);
    if (!open) throw internalError(`shard ${task.index} belongs to a pass that was not opened`);
    if (this.#disposed) throw disposedError();
    const result = this.#attempt(task, open.pass.repeatable ? ATTEMPTS : 1);
    open.running.add(result);
    try {
      return await result;
    } finally {
      open.running.delete(result);
    }
  }

  async close(pass: Pass): Promise<void> {
    const open = this.#passes.get(pass.id);
    if (!open) return;
    await Promise.allSettled(open.running);
    await Promise.all([...this.#controls].map((control) => control.call((remote) => remote.release(pass.id))));
    this.#passes.delete(pass.id);
    for (const pointer of open.workspaces) this.heap.free(pointer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const { pass } of this.#passes.values()) Atomics.store(pass.flags, PASS_FLAGS.cancelled, 1);
    await Promise.allSettled([...this.#passes.values()].flatMap(({ running }) => [...running]));
    this.#closed = true;
    for (const control of this.#controls) control[Symbol.dispose]();
    this.#controls.clear();
    await this.piscina.destroy();
  }

  async #attempt(task: ShardTask, attempts: number): Promise<ShardResult> {
    let cause: unknown;
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        return (await this.piscina.run(task)) as ShardResult;
      } catch (error) {
        cause = error;
      }
    }
    const times = attempts === 1 ? "" : ` ${attempts} times`;
    throw new NormstreamError(
      "internal",
      `the worker thread of shard ${task.index} died${times}: ${(cause as Error | undefined)?.message}`,
      {
        cause,
        hint: "If the machine is short of memory, use fewer threads or a smaller --memory.",
      },
    );
  }

  #admit(control: ThreadControl): void {
    if (this.#closed) {
      control[Symbol.dispose]();
      return;
    }
    this.#controls.add(control);
    const scratch = this.heap.allocate(SCRATCH_BYTES);
    void control.gone.then(() => {
      this.#controls.delete(control);
      control[Symbol.dispose]();
      this.heap.free(scratch);
    });
    void control.call((remote) => remote.configure({ memory: this.heap.memory, scratch }, compileKernel()));
    for (const { pass } of this.#passes.values()) this.#prepare(control, pass);
  }

  #prepare(control: ThreadControl, pass: Pass): void {
    let workspace: number | null = null;
    if (isInHeap(pass)) {
      workspace = this.heap.allocate(workspaceBytes(pass.buffers));
      this.#passes.get(pass.id)?.workspaces.push(workspace);
    }
    void control.call((remote) => remote.prepare(pass, workspace));
  }
}
