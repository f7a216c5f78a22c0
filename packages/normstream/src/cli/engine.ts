import { availableParallelism } from "node:os";
import { createInlineEngine, DEFAULT_MEMORY_BYTES, type Engine, engineOf, type Progress } from "@normstream/pipeline";
import { NormstreamError, type TensorSource, usageError } from "@normstream/tensor";
import { type ClusterChoice, clusterChoice, isOnCluster } from "./cluster-choice.js";
import type { ClusterRun } from "./cluster-run.js";
import type { RunOptions } from "./options.js";

/** Below this, starting threads takes longer than they save. */
const INLINE_BYTES = 32e6;

/** What a pass will run on. */
export interface EngineChoice {
  readonly name: "inline" | "threads" | "cluster";
  readonly threads: number;
  readonly memoryBytes: number;
  readonly cluster?: ClusterChoice;
}

/** Values of images and chunks take this many times longer to decode than to read. */
const DECODING = 50;

/** What a pass over an input is worth in bytes that only have to be read. */
export const workBytes = ({ byteLength, storage }: TensorSource): number =>
  storage.kind === "images" || storage.kind === "decoded" ? byteLength * DECODING : byteLength;

/** Chooses the engine for an input of so many bytes, where the user did not. */
export function chooseEngine(byteLength: number, options: RunOptions & { readonly quiet?: boolean }): EngineChoice {
  const { engine, threads, memory } = options;
  const memoryBytes = memory ?? DEFAULT_MEMORY_BYTES;
  if (isOnCluster(options)) return { name: "cluster", threads: 1, memoryBytes, cluster: clusterChoice(options) };
  const inline =
    threads === undefined ? (engine ?? (byteLength < INLINE_BYTES ? "inline" : "threads")) === "inline" : threads === 0;
  return inline
    ? { name: "inline", threads: 1, memoryBytes }
    : { name: "threads", threads: threads ?? availableParallelism(), memoryBytes };
}

/** The cluster that the command works with: one run, whatever its passes. */
let onCluster: (typeof import("./cluster-run.js") & ClusterRun) | undefined;

/** Starts it. Threads, the cluster's library and what they need are loaded only where they are wanted. */
export async function startEngine({ name, threads, memoryBytes, cluster }: EngineChoice, signal: AbortSignal): Promise<Engine> {
  if (cluster) {
    const library = await loadCluster(() => import("./cluster-run.js"));
    onCluster ??= { ...library, ...(await library.startClusterRun(cluster, memoryBytes, signal)) };
    return onCluster.engine;
  }
  if (name === "inline") return createInlineEngine({ memoryBytes });
  const { createPool } = await import("../pool.js");
  return engineOf(createPool({ threads, memory: memoryBytes }));
}

/** @throws NormstreamError of kind `usage` where BullMQ or its Redis client is not installed */
export async function loadCluster<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw usageError("a cluster needs the packages bullmq and ioredis, which are not installed", {
      hint: "npm install bullmq@6 ioredis@5",
      cause,
    });
  }
}

/** The checkpoint that is named or, on a cluster, the coordinator's own: what it has to find again where it is started again. */
export const checkpointOf = ({ checkpoint }: RunOptions): string | undefined => checkpoint ?? onCluster?.checkpoint;

/** Who is told of progress: the caller and, on a cluster, those who ask for the run's status. To be asked when the engine is started. */
export const progressOf = <P extends Progress>(update: ((progress: P) => void) | undefined) =>
  onCluster ? onCluster.reported(onCluster.engine, update) : update;

/** Ends the run on a cluster, if the command had one. @param error why it ended, where it did not end well */
export async function endClusterRun(error?: unknown): Promise<void> {
  if (!onCluster) return;
  const isStopped = error instanceof NormstreamError && error.kind === "aborted";
  const isCancelled = error instanceof NormstreamError && /run \S+ was cancelled/.test(error.message);
  const state = error === undefined ? "done" : isStopped ? "stopped" : isCancelled ? "cancelled" : "failed";
  await onCluster.engine.end(state, error instanceof Error && !isStopped ? error.message : null);
  onCluster = undefined;
}

/** `inline`, `2 threads`, `cluster`. */
export const engineName = ({ name, threads }: Pick<EngineChoice, "name" | "threads">): string =>
  name === "threads" ? `${threads} ${threads === 1 ? "thread" : "threads"}` : name;
