import { Fold, ROW } from "@normstream/moments";
import { earlier, nonFiniteError } from "./non-finite.js";
import type { Place, ShardResult } from "./pass.js";
import type { Plan } from "./plan.js";
import { leavesPerPlane } from "./steps.js";

/** Puts shards' results, which come in order of index, together into whole lines of rows, one line a block. */
export class RowAssembler {
  readonly #plan: Plan;
  readonly #name: string;
  readonly #emit: (rows: Float64Array) => void;
  /** Rows of the band of blocks that shards of some channels each are filling. */
  #band: Float64Array | null = null;
  /** The planes of one block of which shards hold parts. */
  #parts: Fold | null = null;
  #nonFinite: { place: Place; block: number } | null = null;

  /** @param emit takes the next blocks' rows `[blocks, C, 8]`, the receiver's own */
  constructor(plan: Plan, name: string, emit: (rows: Float64Array) => void) {
    this.#plan = plan;
    this.#name = name;
    this.#emit = emit;
  }

  /** @throws NormstreamError once it is known which value that is not finite comes first. */
  add(result: ShardResult): void {
    this.#watch(result);
    const { rect } = result;
    const { channels } = this.#plan.geometry;
    let { rows } = result;
    if (result.nodes) {
      this.#parts ??= new Fold(rect.channelEnd - rect.channel);
      for (const node of result.nodes) this.#parts.push(node.rows, 0, node.level);
      if (rect.leafEnd < leavesPerPlane(this.#plan.geometry, this.#plan.table)) return;
      rows = this.#parts.result();
      this.#parts = null;
    }
    if (!rows) return;
    const width = rect.channelEnd - rect.channel;
    if (width === channels) {
      this.#emit(rows);
      return;
    }
    const blocks = rect.blockEnd - rect.block;
    this.#band ??= new Float64Array(blocks * channels * ROW);
    for (let b = 0; b < blocks; b++) {
      const line = rows.subarray(b * width * ROW, (b + 1) * width * ROW);
      this.#band.set(line, (b * channels + rect.channel) * ROW);
    }
    if (rect.channelEnd === channels) {
      this.#emit(this.#band);
      this.#band = null;
    }
  }

  /** After the last result. */
  end(): void {
    if (this.#nonFinite) throw nonFiniteError(this.#name, this.#nonFinite.place);
  }

  /** A later shard of the same blocks may hold an earlier sample: the error waits for the block's last one. */
  #watch({ nonFinite, rect }: ShardResult): void {
    if (this.#nonFinite && rect.block > this.#nonFinite.block) this.end();
    if (!nonFinite) return;
    const place = earlier(this.#nonFinite?.place, nonFinite) as Place;
    this.#nonFinite = { place, block: rect.block };
  }
}
