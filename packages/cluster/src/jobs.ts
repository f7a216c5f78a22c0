import type { Rect } from "@normstream/pipeline";
import type { PlainError } from "@normstream/tensor";
import type { JobsOptions } from "bullmq";
import type { Leaf } from "./flow-cut.js";

/** What a job of a leaf says: which shards, and where the rest of their tasks is. Never data, nor what opens a door. */
export interface LeafJob extends Leaf {
  /** Of a single shard that was not announced: which part of the tensor it is. */
  readonly rect?: Rect;
  /** An object of the store with the tasks, where they carry more than a rectangle. */
  readonly tasks?: string;
}

/** What a leaf comes to: where its results are, and what they digest to. */
export interface LeafValue extends Leaf {
  /** The object of the store that holds the results. */
  readonly key: string;
  readonly digest: string;
  /** Bytes that its shards read. */
  readonly bytes: number;
  /** Time that threads worked on its shards, together. */
  readonly ms: number;
  readonly worker: string;
  /** The first shard that failed, if one did: those before it have results, those after it have none. */
  readonly failed?: { readonly index: number; readonly error: PlainError };
}

/** What a fan-in node comes to: the results of its leaves in one object. */
export interface NodeValue {
  readonly key: string;
  readonly digest: string;
  readonly shards: number;
}

/** Names of jobs. */
export const JOB = { leaf: "leaf", node: "node", root: "root" } as const;

/** How often a shard is tried in all where reading or writing fails, or our own code does. */
export const ATTEMPTS = 3;
/** How often a job begins: also where a worker broke it off since its queue was gone, which a restarted Redis may say for a second. */
const MOST_BEGUN = 50;
/** How often a job may lose its worker. */
export const MOST_STALLED = 4;

export const leafId = ({ from, to }: Leaf): string => `leaf-${from}-${to}`;

/** Removed at once where it is done: its value stands with its parent, and its results in the store. */
export const LEAF_OPTIONS: JobsOptions = {
  attempts: MOST_BEGUN,
  backoff: { type: "fixed", delay: 500 },
  removeOnComplete: true,
  removeOnFail: false,
  failParentOnFailure: true,
};
