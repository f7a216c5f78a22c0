import { compileKernel, createKernel, SCRATCH_BYTES } from "@normstream/kernel";
import type { Kernel } from "@normstream/moments";
import { internalError, NormstreamError, toPlainError } from "@normstream/tensor";
import { runGradientShard } from "./gradient-shard.js";
import { ensureBytes } from "./heap.js";
import type { Prepared } from "./normalize-region.js";
import { runNormalizeShard } from "./normalize-shard.js";
import type { Pass, ShardResult, ShardTask } from "./pass.js";
import { regionOf } from "./region.js";
import { ShardContext } from "./shard-context.js";
import { runStatisticsShard } from "./statistics-shard.js";
import { layOut, workspaceBytes } from "./workspace.js";

const PAGE = 65536;

/** The engine's heap as one thread sees it. */
export interface HeapAccess {
  readonly memory: WebAssembly.Memory;
  /** Kernel scratch in the heap that is this thread's own. */
  readonly scratch: number;
}

interface OpenPass {
  readonly context: ShardContext;
  readonly state: Prepared;
}

/**
 * Runs shards, one at a time, in whatever thread it lives in: the same code behind every engine. Tensors in files are read into
 * a memory of its own; tensors in the engine's heap are computed on where they are.
 */
export class ShardExecutor implements Disposable {
  #memory: WebAssembly.Memory | null = null;
  #kernel: Kernel | null = null;
  #heapKernel: Kernel | null = null;
  readonly #heap: HeapAccess;
  readonly #module: WebAssembly.Module;
  readonly #thread: number;
  readonly #passes = new Map<number, OpenPass>();
  #last: Promise<unknown> = Promise.resolve();
  #current = 0;

  /**
   * @param module the compiled kernels, where another thread has compiled them already
   * @param thread this thread's number, for `ShardSpan`
   */
  constructor(heap: HeapAccess, module: WebAssembly.Module = compileKernel(), thread = 0) {
    this.#heap = heap;
    this.#module = module;
    this.#thread = thread;
  }

  /** Takes a pass in. @param heapWorkspace where this thread's buffers are in the heap, for a pass over tensors there */
  prepare(pass: Pass, heapWorkspace: number | null): void {
    if (this.#passes.has(pass.id)) return;
    const workspace =
      heapWorkspace === null
        ? layOut(this.#ownKernel(workspaceBytes(pass.buffers)), OWN_BASE, pass.buffers)
        : layOut(this.#kernelOfHeap(), heapWorkspace, pass.buffers);
    this.#passes.set(pass.id, { context: new ShardContext(pass, workspace, () => this.#heap.memory.buffer), state: { key: "" } });
  }

  /** Runs a shard after those before it. Its error comes back inside the result: it has to cross a thread. */
  run(task: ShardTask): Promise<ShardResult> {
    const next = this.#passes.get(task.pass)?.context;
    if (next && next.pass.kind !== "gradient") next.expect(regionOf(task.rect, next.pass.geometry, next.pass.table));
    const result = this.#last.then(async () => {
      const startMs = epochMs();
      const done = await this.#run(task);
      return { ...done, span: { thread: this.#thread, startMs, endMs: epochMs() } };
    });
    this.#last = result;
    return result;
  }

  /** Closes what a pass held open. */
  release(pass: number): void {
    this.#passes.get(pass)?.context[Symbol.dispose]();
    this.#passes.delete(pass);
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#passes.keys()]) this.release(id);
  }

  async #run(task: ShardTask): Promise<ShardResult> {
    try {
      const open = this.#passes.get(task.pass);
      if (!open) throw internalError(`shard ${task.index} belongs to a pass that this thread does not know`);
      // The engine may have grown its memory since: a thread sees that only when it asks.
      this.#heap.memory.grow(0);
      // Passes share this thread's buffers: what another one prepared there is not this one's.
      if (this.#current !== task.pass) open.state.key = "";
      this.#current = task.pass;
      const { kind } = open.context.pass;
      if (kind === "gradient") return runGradientShard(open.context, task, open.state);
      const result =
        kind === "statistics"
          ? await runStatisticsShard(open.context, task)
          : await runNormalizeShard(open.context, task, open.state);
      const objects = open.context.takeObjects();
      return objects.length > 0 ? { ...result, objects } : result;
    } catch (error) {
      const known =
        error instanceof NormstreamError ? error : internalError(`shard ${task.index} failed: ${error}`, { cause: error });
      return { index: task.index, rect: task.rect, bytes: 0, error: toPlainError(known) };
    }
  }

  #ownKernel(bytes: number): Kernel {
    this.#memory ??= new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    ensureBytes(this.#memory, OWN_BASE + bytes);
    this.#kernel ??= createKernel(this.#memory, PAGE, this.#module);
    return this.#kernel;
  }

  #kernelOfHeap(): Kernel {
    this.#heapKernel ??= createKernel(this.#heap.memory, this.#heap.scratch, this.#module);
    return this.#heapKernel;
  }
}

const epochMs = (): number => performance.timeOrigin + performance.now();

/** Bytes that an executor's own memory takes beside the buffers of its pass. */
export const EXECUTOR_BYTES = PAGE + Math.ceil(SCRATCH_BYTES / PAGE) * PAGE;
const OWN_BASE = EXECUTOR_BYTES;
