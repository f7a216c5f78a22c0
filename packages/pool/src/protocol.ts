import type { MessagePort } from "node:worker_threads";
import type { HeapAccess, Pass } from "@normstream/pipeline";

/** What a worker says of itself once, when it starts: here is the port on which it takes control calls. */
export interface Hello {
  readonly kind: "normstream-hello";
  readonly threadId: number;
  readonly port: MessagePort;
}

export const isHello = (message: unknown): message is Hello =>
  typeof message === "object" && message !== null && (message as Partial<Hello>).kind === "normstream-hello";

/**
 * The control calls that a worker answers, by Comlink, between shards. Tensors never come this way: shards are piscina's
 * tasks, and cancel and progress are flags in shared memory.
 */
export interface WorkerControl {
  /** Gives the worker the engine's heap and the compiled kernels; before all else. */
  configure(heap: HeapAccess, kernels: WebAssembly.Module): void;
  /** Makes a pass known. @param workspace where in the heap this worker's buffers for it are, where it needs any there */
  prepare(pass: Pass, workspace: number | null): void;
  /** Closes what a pass held open. */
  release(passId: number): void;
}
