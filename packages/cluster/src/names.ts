/** Before every key. */
const PREFIX = "normstream";

/** Keys in Redis. */
export const KEYS = {
  /** Sorted set of runs by the time at which they began. */
  runs: `${PREFIX}:runs`,
  /** Hash: what is known of a run. */
  run: (id: string) => `${PREFIX}:run:${id}`,
  /** Who coordinates a run; gone some seconds after it is. */
  coordinator: (id: string) => `${PREFIX}:run:${id}:coordinator`,
  /** There where somebody has cancelled a run that is coordinated. */
  cancel: (id: string) => `${PREFIX}:run:${id}:cancel`,
  /** Hash of queues that have work, each with what a worker has to know of it. */
  open: `${PREFIX}:open`,
  /** Channel: that the hash has changed. */
  changed: `${PREFIX}:changed`,
  /** Set of workers. */
  workers: `${PREFIX}:workers`,
  /** What a worker says of itself; gone some seconds after it is. */
  worker: (id: string) => `${PREFIX}:worker:${id}`,
} as const;

/** BullMQ puts it before the keys of its queues. */
export const QUEUE_PREFIX = `${PREFIX}-queue`;
