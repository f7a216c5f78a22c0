import { SCRATCH_BYTES } from "@normstream/kernel";
import { DEFAULT_MEMORY_BYTES, disposedError, type Engine } from "./engine.js";
import { Heap } from "./heap.js";
import { isInHeap, type Pass, type ShardResult, type ShardTask } from "./pass.js";
import { ShardExecutor } from "./shard-executor.js";
import { workspaceBytes } from "./workspace.js";

/**
 * The engine without threads: shards run where the caller is, one at a time. For small data, where starting threads costs more
 * than they save, and as the plainest engine that the others are held to.
 */
export function createInlineEngine(options: { memoryBytes?: number } = {}): Engine {
  const heap = new Heap();
  const executor = new ShardExecutor({ memory: heap.memory, scratch: heap.allocate(SCRATCH_BYTES) });
  const workspaces = new Map<number, number>();
  let last: Promise<unknown> = Promise.resolve();
  let isDisposed = false;
  return {
    name: "inline",
    threads: 1,
    memoryBytes: options.memoryBytes ?? DEFAULT_MEMORY_BYTES,
    heap,
    async open(pass: Pass) {
      if (isDisposed) throw disposedError();
      const pointer = isInHeap(pass) ? heap.allocate(workspaceBytes(pass.buffers)) : null;
      if (pointer !== null) workspaces.set(pass.id, pointer);
      executor.prepare(pass, pointer);
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
      const pointer = workspaces.get(pass.id);
      if (pointer !== undefined) heap.free(pointer);
      workspaces.delete(pass.id);
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      await last;
      executor[Symbol.dispose]();
    },
  };
}
