import { createHash } from "node:crypto";
import { mkdirSync, realpathSync, rmdirSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { assertObjectsUnchanged, fileState, type Part, storedState } from "@normstream/formats";
import { TABLE_FORMAT } from "@normstream/moments";
import { ioError, type StoredTensor, usageError } from "@normstream/tensor";
import type { Plan } from "../plan.js";
import { lockCheckpoint } from "./checkpoint-lock.js";
import { ShardLog, shardBytesOf } from "./shard-log.js";

/** A folder that keeps the finished shards of a run, so that the same run can go on after it was killed. Held by one process at a time. */
export class Checkpoint implements AsyncDisposable {
  readonly folder: string;
  readonly #lock: Disposable;
  readonly #logs = new Map<string, ShardLog>();

  /**
   * Opens or makes it.
   * @throws NormstreamError of kind `usage` where another run holds it, `io` where the folder cannot be made.
   */
  constructor(folder: string) {
    this.folder = folder;
    try {
      mkdirSync(folder, { recursive: true });
    } catch (cause) {
      throw ioError("cannot make the folder", cause, { file: folder });
    }
    this.#lock = lockCheckpoint(folder);
  }

  /** Bytes of a shard in the pass that was begun here: another cut would not fit what is kept. */
  shardBytes(pass: string): number | undefined {
    return shardBytesOf(this.#pathOf(pass));
  }

  /** Names what the run writes elsewhere: the same for each run on this folder. */
  get id(): string {
    return createHash("sha256").update(realpathSync(this.folder)).digest("hex").slice(0, 12);
  }

  /** Begins a pass anew, where what it wrote is not there any more. */
  forget(pass: string): void {
    rmSync(this.#pathOf(pass), { force: true });
  }

  /**
   * The log of one pass of the run.
   * @throws NormstreamError of kind `usage` where it is of another pass, or the input has changed since.
   */
  async log(
    pass: string,
    source: StoredTensor,
    plan: Plan,
    options: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<ShardLog> {
    const log = new ShardLog(this.#pathOf(pass), JSON.stringify(describe(source, plan, options)));
    this.#logs.set(pass, log);
    // A far place does not list its objects: those that were read are asked for.
    await assertObjectsUnchanged(source, log.objects(), { signal });
    return log;
  }

  /** After the run: nothing is to go on any more. */
  async finish(): Promise<void> {
    for (const [pass, log] of this.#logs) {
      await log[Symbol.asyncDispose]();
      unlinkSync(this.#pathOf(pass));
    }
    this.#logs.clear();
    this.#lock[Symbol.dispose]();
    try {
      rmdirSync(this.folder);
    } catch {
      // It holds what is not ours.
    }
  }

  /** Keeps what is finished, for the next run. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const log of this.#logs.values()) await log[Symbol.asyncDispose]();
    this.#lock[Symbol.dispose]();
  }

  #pathOf(pass: string): string {
    return join(this.folder, `${pass}.shards`);
  }
}

/** What has to be the same when a run goes on. */
function describe(source: StoredTensor, plan: Plan, options: Record<string, unknown>): Record<string, unknown> {
  const { grid, table, whole } = plan;
  return {
    input: source.name,
    state: stateOf(source),
    shape: source.shape,
    dtype: source.dtype,
    layout: source.layout,
    table: { format: TABLE_FORMAT, ...table },
    ...options,
    samples: whole,
    shardBytes: plan.shardBytes,
    shards: grid.length,
    firstShard: grid.length === 0 ? null : grid.at(0),
  };
}

/** @throws NormstreamError of kind `usage` for an input that cannot be read from where a run stopped. */
export function assertResumable({ name, storage }: StoredTensor): void {
  if (storage.kind !== "stream" && storage.kind !== "memory") return;
  throw usageError("a checkpoint does not go with an input that is read from first to last", {
    file: name,
    expected: "a file that is read by position",
    hint:
      storage.kind === "stream"
        ? storage.isOnce
          ? "Save it to a file first."
          : "Unpack it first."
        : "A tensor in memory is gone with its process.",
  });
}

/** What an image's file is now, where its listing does not say; of an array's file its storage says it. */
const stateOfPart = (part: Part): unknown => ("path" in part && !part.identity ? fileState(part.path) : null);

/** Samples whose files are looked at together. */
const BAND = 1024;

/** What tells this state of the input from another. */
function stateOf({ storage, shape }: StoredTensor): unknown {
  switch (storage.kind) {
    case "file":
      return storage.identity;
    case "decoded":
      return storage.identity ?? storedState(storage);
    case "parts":
    case "images": {
      const hash = createHash("sha256");
      const samples = shape[0] ?? 0;
      for (let from = 0; from < samples; from += BAND) {
        for (const part of storage.slice(from, Math.min(samples, from + BAND)))
          hash.update(JSON.stringify([part, stateOfPart(part)]));
      }
      return hash.digest("hex");
    }
    default:
      return null;
  }
}
