import { statSync } from "node:fs";
import { resolve } from "node:path";
import { deserialize, serialize } from "node:v8";
import {
  createFlags,
  type Grid,
  gridOf,
  nextPassId,
  type Pass,
  type Rect,
  type ShardTask,
  type Steps,
} from "@normstream/pipeline";
import { dataError } from "@normstream/tensor";
import { digestOf, type RunStore } from "./run-store.js";

const FORMAT = "normstream/pass/1";

/** A pass as it is kept for the workers: all of it but what threads of one process share. */
interface PassDocument {
  readonly format: typeof FORMAT;
  readonly pass: Omit<Pass, "id" | "flags">;
  /** How shards are cut; null where each job says it. */
  readonly grid: { readonly whole: Rect; readonly steps: Steps } | null;
  /** What tells an output that was begun from another one of the same name. */
  readonly target: unknown;
}

/** A pass in bytes: the same ones for the same pass over the same state of its input and output. */
export function encodePass(pass: Pass, grid: Grid | null): { readonly bytes: Uint8Array; readonly key: string } {
  const { id: _, flags: __, ...plain } = pass;
  const document: PassDocument = {
    format: FORMAT,
    pass: withAbsolutePath(plain as Omit<Pass, "id" | "flags">),
    grid: grid && { whole: grid.whole, steps: grid.steps },
    target: targetState(pass),
  };
  const bytes = serialize(document);
  return { bytes, key: digestOf(bytes) };
}

/** Workers have other working directories. */
function withAbsolutePath(pass: Omit<Pass, "id" | "flags">): Omit<Pass, "id" | "flags"> {
  const { storage } = pass.source;
  if (!("path" in storage) || /^[a-z][a-z0-9+.-]+:\/\//i.test(storage.path)) return pass;
  return { ...pass, source: { ...pass.source, storage: { ...storage, path: resolve(storage.path) } } };
}

function targetState(pass: Pass): unknown {
  if (pass.kind !== "normalize" || pass.target.kind !== "file") return null;
  const stats = statSync(pass.target.range.path, { throwIfNoEntry: false });
  return stats ? { inode: stats.ino, bornMs: stats.birthtimeMs } : null;
}

/** A pass out of its bytes, with an id and flags of this process. @throws NormstreamError of kind `data` */
export function decodePass(bytes: Uint8Array): { readonly pass: Pass; readonly grid: Grid | null } {
  const document = read(bytes) as PassDocument | undefined;
  if (document?.format !== FORMAT) throw dataError("the store holds no pass that this version reads");
  const { pass, grid } = document;
  return {
    pass: { ...pass, id: nextPassId(), flags: createFlags() } as Pass,
    grid: grid && gridOf(grid.whole, grid.steps),
  };
}

function read(bytes: Uint8Array): unknown {
  try {
    return deserialize(bytes);
  } catch {
    return undefined;
  }
}

/** What tasks carry beside their rectangles, where they carry something. */
export type TaskExtras = Pick<ShardTask, "parts" | "statistics">;

export const hasExtras = ({ parts, statistics }: ShardTask): boolean => parts !== undefined || statistics !== undefined;

/** Keeps what tasks carry, for the worker that runs them. @returns the object's key */
export async function putTasks(store: RunStore, folder: string, tasks: readonly ShardTask[]): Promise<string> {
  const extras = tasks.map(
    ({ parts, statistics }): TaskExtras => ({
      ...(parts ? { parts } : {}),
      ...(statistics ? { statistics } : {}),
    }),
  );
  const bytes = serialize(extras);
  const key = `${folder}/tasks-${digestOf(bytes)}`;
  await store.put(key, bytes);
  return key;
}

/** What `putTasks` kept. */
export const decodeTasks = (bytes: Uint8Array): readonly TaskExtras[] => deserialize(bytes) as readonly TaskExtras[];
