import { cutLeaves, cutNodes, leafEnds } from "./flow-cut.js";
import type { ShardTimes } from "./shard-times.js";

/** What a run on a cluster costs beside its shards: measured, see docs/cluster.md. */
export interface ClusterCosts {
  /** From the command to the first job. */
  readonly startMs: number;
  /** What a worker's process takes once, for a run: opening its queue, code that runs for the first time. */
  readonly workerMs: number;
  /** To add a job. */
  readonly addMs: number;
  /** A worker's event loop for a job: fetching, keeping the result, saying so. */
  readonly leafMs: number;
  /** The same for a shard: handing it to a thread and taking its result. The thread waits meanwhile. */
  readonly handMs: number;
  /** The coordinator's for a shard: reading its result and merging it. */
  readonly mergeMs: number;
  /** Redis's memory without any job, and for each. */
  readonly redisBytes: number;
  readonly redisBytesOfLeaf: number;
  /** Commands of a job, and of a worker in a second. */
  readonly commandsOfLeaf: number;
  readonly commandsOfSecond: number;
}

const MEASURED_COSTS: ClusterCosts = {
  startMs: 100,
  workerMs: 180,
  addMs: 0.2,
  leafMs: 1.5,
  handMs: 0.3,
  mergeMs: 0.15,
  redisBytes: 2e6,
  redisBytesOfLeaf: 1600,
  commandsOfLeaf: 12,
  commandsOfSecond: 6,
};

/** A run that is to be planned. */
export interface PlannedRun {
  readonly shards: number;
  /** Ms of each shard on one thread, in order. */
  shardMs(index: number): number;
  readonly workers: number;
  /** Of each worker. */
  readonly threads: number;
  /** Cores of the machine that all of them share; default: each worker has cores of its own. */
  readonly cores?: number;
  /** How many times as long a shard takes where all those cores work on shards, since they share a memory; default 1. */
  readonly contention?: number;
}

/** What a run will take. */
export interface ClusterPlan {
  readonly workers: number;
  readonly makespanMs: number;
  /** Of all threads, how much of the makespan they work on shards: 0 to 1. */
  readonly utilization: number;
  readonly redisBytes: number;
  readonly redisCommands: number;
  /** Objects written to and read from the store. */
  readonly storeRequests: number;
}

/**
 * Plays a run: each leaf goes to the worker that is free first, as a queue hands them out; the coordinator merges in order, and cannot be
 * faster than its own work. Where all share a machine, no more than its cores can work at once.
 */
export function simulateRun(run: PlannedRun, costs: ClusterCosts = MEASURED_COSTS): ClusterPlan {
  const { shards, workers, threads, cores = Number.POSITIVE_INFINITY, contention = 1 } = run;
  const leaves = cutLeaves(leafEnds(shards, workers * threads), () => false);
  // Threads beyond the cores share them.
  const slowdown = Math.max(1, (workers * threads) / cores);
  const working = Math.min(workers * threads, cores);
  const longer = working > 1 ? 1 + ((contention - 1) * (working - 1)) / (cores - 1) : 1;
  const begin = costs.startMs + costs.addMs * leaves.length;
  const free = new FreeTimes(workers);
  let busyMs = 0;
  let endMs = begin;
  for (const { from, to } of leaves) {
    let ms = costs.handMs * (to - from);
    for (let i = from; i < to; i++) ms += longer * run.shardMs(i);
    busyMs += ms;
    endMs = Math.max(endMs, begin + free.take(Math.max((ms * slowdown) / threads, costs.leafMs)));
  }
  const mergeMs = costs.mergeMs * shards;
  const cpuMs = busyMs + costs.leafMs * leaves.length + mergeMs + costs.workerMs * workers;
  const last = leaves.at(-1) ?? { from: 0, to: 0 };
  const makespanMs = Math.max(endMs, begin + mergeMs, begin + cpuMs / cores) + costs.mergeMs * (last.to - last.from);
  return {
    workers,
    makespanMs,
    utilization: busyMs / (makespanMs * Math.min(cores, workers * threads)),
    redisBytes: costs.redisBytes + costs.redisBytesOfLeaf * leaves.length,
    redisCommands: Math.round(costs.commandsOfLeaf * leaves.length + (costs.commandsOfSecond * workers * makespanMs) / 1000),
    // A leaf is written, read by the coordinator and by its node, and removed; a node is written.
    storeRequests: 4 * leaves.length + cutNodes(leaves.length).length,
  };
}

/** The same kind of shards in another number: times are drawn from those that were measured, the same ones each time. */
export function sampledMs({ ms, meanMs }: ShardTimes): (index: number) => number {
  // Between tenths lies a straight line, and above the last one hardly anything: what is drawn keeps the measured mean.
  const line = ms.reduce((sum, each, i) => sum + (i === 0 || i === ms.length - 1 ? each / 2 : each), 0) / (ms.length - 1);
  const scale = line > 0 ? meanMs / line : 1;
  return (index) => {
    // Golden-ratio steps: any number of them is spread evenly.
    const at = ((index * 0.6180339887498949) % 1) * (ms.length - 1);
    const low = Math.floor(at);
    const [a = 0, b = a] = [ms[low], ms[low + 1]];
    return scale * (a + (b - a) * (at - low));
  };
}

/** Plans data of some size on 1, 2, 4 … 256 workers. */
export function planClusters(
  bytes: number,
  times: ShardTimes,
  { threads, costs }: { readonly threads: number; readonly costs?: ClusterCosts },
): readonly ClusterPlan[] {
  const shards = Math.max(1, Math.ceil(bytes / (times.bytes / times.shards)));
  const shardMs = sampledMs(times);
  return Array.from({ length: 9 }, (_, i) => simulateRun({ shards, shardMs, workers: 2 ** i, threads }, costs));
}

/** When each of several workers is free, the earliest first: a binary heap. */
class FreeTimes {
  readonly #times: Float64Array;

  constructor(workers: number) {
    this.#times = new Float64Array(workers);
  }

  /** Gives work to the worker that is free first. @returns when it is done */
  take(ms: number): number {
    const times = this.#times;
    const done = (times[0] as number) + ms;
    let at = 0;
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = right < times.length && (times[right] as number) < (times[left] as number) ? right : left;
      if (child >= times.length || (times[child] as number) >= done) break;
      times[at] = times[child] as number;
      at = child;
    }
    times[at] = done;
    return done;
  }
}
