import { MessageChannel, type MessagePort, parentPort, threadId } from "node:worker_threads";
import { type HeapAccess, type Pass, ShardExecutor, type ShardResult, type ShardTask } from "@normstream/pipeline";
import { type PlainError, toPlainError } from "@normstream/tensor";
import { expose } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import type { Hello, WorkerControl } from "./protocol.js";

interface Known {
  readonly ready: Promise<PlainError | null>;
  readonly settle: (error: PlainError | null) => void;
}

/**
 * The worker's side of the thread engine: says hello, answers control calls, runs shards. A shard may arrive before
 * the call that makes its pass known, since the two come on different ports: it waits.
 */
export function startThreadWorker(): (task: ShardTask) => Promise<ShardResult> {
  let executor: ShardExecutor | null = null;
  const passes = new Map<number, Known>();
  const passOf = (id: number): Known => {
    let known = passes.get(id);
    if (!known) {
      let settle: Known["settle"] = () => {};
      const ready = new Promise<PlainError | null>((resolve) => {
        settle = resolve;
      });
      known = { ready, settle };
      passes.set(id, known);
    }
    return known;
  };
  const control: WorkerControl = {
    configure(heap: HeapAccess, kernels: WebAssembly.Module) {
      executor = new ShardExecutor(heap, kernels, threadId);
    },
    prepare(pass: Pass, workspace: number | null) {
      try {
        (executor as ShardExecutor).prepare(pass, workspace);
        passOf(pass.id).settle(null);
      } catch (error) {
        passOf(pass.id).settle(toPlainError(error));
      }
    },
    release(passId: number) {
      passes.delete(passId);
      executor?.release(passId);
    },
  };
  const { port1, port2 } = new MessageChannel();
  expose(control, nodeEndpoint(port1));
  const hello: Hello = { kind: "normstream-hello", threadId, port: port2 };
  (parentPort as unknown as MessagePort).postMessage(hello, [port2]);
  return async (task) => {
    const error = await passOf(task.pass).ready;
    if (error) return { index: task.index, rect: task.rect, bytes: 0, error };
    return (executor as ShardExecutor).run(task);
  };
}
