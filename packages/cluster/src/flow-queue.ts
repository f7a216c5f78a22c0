import { type FlowJob, type FlowJobNode, FlowProducer, Queue, QueueEvents, type Telemetry } from "bullmq";
import type { Redis } from "ioredis";
import { cutNodes, type Leaf } from "./flow-cut.js";
import { ATTEMPTS, JOB, LEAF_OPTIONS, type LeafJob, type LeafValue, leafId } from "./jobs.js";
import { QUEUE_PREFIX } from "./names.js";
import { openQueues, withdrawQueue } from "./open-queues.js";
import { CLOSE_MS, queueOptions, within } from "./queue-connection.js";

/** A leaf of which nothing came back. */
export interface LostLeaf {
  readonly id: string;
  readonly reason: string;
}

/** Told of what becomes of leaves. */
export interface FlowListener {
  onLeaf(id: string, value: LeafValue): void;
  onLost(leaf: LostLeaf): void;
}

/** The queue of one pass in Redis: leaves, the fan-in nodes above them, and the root. */
export class FlowQueue {
  readonly name: string;
  readonly #redis: Redis;
  readonly #queue: Queue;
  readonly #flows: FlowProducer;
  readonly #events: QueueEvents;

  constructor(redis: Redis, name: string, listener: FlowListener, telemetry?: Telemetry) {
    this.name = name;
    this.#redis = redis;
    const options = queueOptions(redis, telemetry);
    // What goes wrong with a connection shows in the coordinator's heartbeat.
    const quiet = () => {};
    this.#queue = new Queue(name, options).on("error", quiet);
    this.#flows = new FlowProducer(options).on("error", quiet);
    // From the first event on: this queue is a new one.
    this.#events = new QueueEvents(name, { ...queueOptions(redis), lastEventId: "0-0" }).on("error", quiet);
    this.#events.on("completed", ({ jobId, returnvalue }) => {
      if (jobId.startsWith(`${JOB.leaf}-`)) listener.onLeaf(jobId, returnvalue as LeafValue);
    });
    this.#events.on("failed", ({ jobId, failedReason }) => {
      if (jobId.startsWith(`${JOB.leaf}-`)) listener.onLost({ id: jobId, reason: failedReason });
    });
  }

  /** Adds leaves with their fan-in nodes and the root, all or none. */
  async addFlow(leaves: readonly LeafJob[]): Promise<void> {
    if (leaves.length === 0) return;
    const node = {
      attempts: ATTEMPTS,
      backoff: { type: "fixed", delay: 500 },
      removeOnComplete: true,
      failParentOnFailure: true,
    };
    const nodes = cutNodes(leaves.length).map(({ first, end }): FlowJobNode => {
      const children = leaves.slice(first, end).map((leaf) => this.#leaf(leaf));
      return {
        ...{ name: JOB.node, queueName: this.name, data: {}, prefix: QUEUE_PREFIX },
        opts: { ...node, jobId: `${JOB.node}-${first}-${end}` },
        children,
      };
    });
    const root: FlowJob = {
      ...{ name: JOB.root, queueName: this.name, data: {}, prefix: QUEUE_PREFIX },
      opts: { ...node, failParentOnFailure: false, jobId: JOB.root },
      children: nodes,
    };
    await this.#flows.add(root);
  }

  /** Adds single leaves that stand below no node. */
  async addLeaves(leaves: readonly LeafJob[]): Promise<void> {
    await this.#queue.addBulk(
      leaves.map((data) => ({
        name: JOB.leaf,
        data,
        opts: { ...LEAF_OPTIONS, failParentOnFailure: false, jobId: leafId(data) },
      })),
    );
  }

  /** Of some leaves, those that are not in the queue (any more), and those that failed there. */
  async missing(leaves: readonly Leaf[]): Promise<{ readonly absent: readonly Leaf[]; readonly lost: readonly LostLeaf[] }> {
    const asked = this.#redis.pipeline();
    for (const leaf of leaves) asked.exists(this.#queue.toKey(leafId(leaf)));
    const answers = (await asked.exec()) ?? [];
    const failed = await this.#queue.getFailed(0, 99);
    return {
      absent: leaves.filter((_, i) => answers[i]?.[1] === 0),
      lost: failed.flatMap(({ id = "", failedReason }) => (id.startsWith(`${JOB.leaf}-`) ? [{ id, reason: failedReason }] : [])),
    };
  }

  /** Removes it with all its jobs. */
  async remove(): Promise<void> {
    await removeQueue(this.#redis, this.#queue);
    await within(CLOSE_MS, this.#events.close());
    await within(CLOSE_MS, this.#flows.close());
  }

  #leaf(data: LeafJob): FlowJobNode {
    return {
      ...{ name: JOB.leaf, queueName: this.name, data, prefix: QUEUE_PREFIX },
      opts: { ...LEAF_OPTIONS, jobId: leafId(data) },
    };
  }
}

/** What a queue leaves behind that is no job. */
const LEFTOVERS = [
  "events",
  "meta",
  "id",
  "marker",
  "stalled",
  "stalled-check",
  "active",
  "wait",
  "failed",
  "completed",
  "delayed",
];

async function removeQueue(redis: Redis, queue: Queue): Promise<void> {
  await within(CLOSE_MS, queue.obliterate({ force: true }));
  await within(CLOSE_MS, redis.unlink(LEFTOVERS.map((key) => `${QUEUE_PREFIX}:${queue.name}:${key}`)));
  await within(CLOSE_MS, queue.close());
}

/** Removes the queues of a run whose coordinator is gone. */
export async function removeQueuesOf(redis: Redis, run: string): Promise<void> {
  for (const open of await openQueues(redis)) {
    if (open.run !== run) continue;
    await withdrawQueue(redis, open.queue);
    await removeQueue(
      redis,
      new Queue(open.queue, queueOptions(redis)).on("error", () => {}),
    );
  }
}
