import { ROW, ROW_BYTES } from "@normstream/moments";
import { dispatchOf, type Engine } from "./engine.js";
import type { Rect, ShardResult, ShardTask } from "./pass.js";
import type { Plan } from "./plan.js";
import { leavesPerPlane } from "./steps.js";

/**
 * Room in the engine's memory for the rows of the shards on their way, used again and again: rows never cross a thread by a message, and
 * nothing is left for a garbage collector that has no reason to hurry. A shard's place is free when its result has been
 * taken, and at most `inFlight` shards are begun beyond that one.
 */
export class RowRing implements Disposable {
  readonly #engine: Engine;
  readonly #plan: Plan;
  readonly #slotBytes: number;
  readonly #slots: number;
  readonly #pointer: number | null;

  constructor(engine: Engine, plan: Plan) {
    this.#engine = engine;
    this.#plan = plan;
    const { inFlight, inHeap } = dispatchOf(engine);
    this.#slots = inHeap ? Math.min(inFlight, plan.grid.length) : 0;
    // The first shard is the largest.
    this.#slotBytes = this.#slots === 0 ? 0 : this.#rowsOf(plan.grid.at(0)) * ROW_BYTES;
    this.#pointer = this.#slotBytes === 0 ? null : engine.heap.allocate(this.#slots * this.#slotBytes);
  }

  /** Where a shard's rows go: part of its task. */
  place(index: number, rect: Rect): Pick<ShardTask, "rows"> {
    if (this.#pointer === null || this.#rowsOf(rect) === 0) return {};
    return { rows: this.#pointer + (index % this.#slots) * this.#slotBytes };
  }

  /** A result with its rows, which are valid until the next result is read. */
  read(result: ShardResult): ShardResult {
    // What a checkpoint kept brings its own.
    if (result.rows) return result;
    const { rows } = this.place(result.index, result.rect);
    if (rows === undefined) return result;
    const { rect, blocks = rect.blockEnd - rect.block } = result;
    const length = blocks * (rect.channelEnd - rect.channel) * ROW;
    return { ...result, rows: new Float64Array(this.#engine.heap.memory.buffer, rows, length) };
  }

  /** After the pass is closed: no thread writes there any more. */
  [Symbol.dispose](): void {
    if (this.#pointer !== null) this.#engine.heap.free(this.#pointer);
  }

  /** Rows of whole planes in a rectangle; 0 where it holds parts of planes. */
  #rowsOf(rect: Rect): number {
    const { geometry, table } = this.#plan;
    const isWhole = rect.leaf === 0 && rect.leafEnd === leavesPerPlane(geometry, table);
    return isWhole ? (rect.blockEnd - rect.block) * (rect.channelEnd - rect.channel) : 0;
  }
}
