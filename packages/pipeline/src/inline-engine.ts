import { SCRATCH_BYTES } from "@normstream/kernel";
import { DEFAULT_MEMORY_BYTES, disposedError, type Engine } from "./engine.js";
import { Heap } from "./heap.js";
import { isInHeap, PASS_FLAGS, type Pass, type ShardResult, type ShardTask } from "./pass.js";
import { ShardExecutor } from "./shard-executor.js";
import { workspaceBytes } from "./workspace.js";

/**
 * The engine without threads: shards run where the caller is, one at a time. For small data, where starting threads costs more
 * than they save, and as the plainest engine that the others are held to.
 */
export function createInlineEngine(options: { memoryBytes?: number } = {}): Engine {
  const heap = new Heap();
  const executor = new ShardExecutor({ memory: heap.memory, scratch: heap.allocate(SCRATCH_BYTES) });
  const open = new Map<number, { readonly pass: Pass; readonly workspace: number | null }>();
  let last: Promise<unknown> = Promise.resolve();
  let isDisposed = false;
  return {
    name: "inline",
    threads: 1,
    memoryBytes: options.memoryBytes ?? DEFAULT_MEMORY_BYTES,
    heap,
    async open(pass: Pass) {
      if (isDisposed) throw disposedError();
      const workspace = isInHeap(pass) ? heap.allocate(workspaceBytes(pass.buffers)) : null;
      open.set(pass.id, { pass, workspace });
      executor.prepare(pass, workspace);
    },
    run(task: ShardTask): Promise<ShardResult> {
      // A turn of the event loop between shards: timers, signals and progress go on.
      const result = new Promise<void>((resolve) => setImmediate(resolve)).then(() => executor.run(task));
      last = result;
      return result;
    },
    async close(pass: Pass) {
      await last;
      executor.release(pass.id);
      const workspace = open.get(pass.id)?.workspace ?? null;
      if (workspace !== null) heap.free(workspace);
      open.delete(pass.id);
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      for (const { pass } of open.values()) Atomics.store(pass.flags, PASS_FLAGS.cancelled, 1);
      await last;
      executor[Symbol.dispose]();
    },
  };
}
