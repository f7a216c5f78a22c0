import { Fold } from "./fold.js";
import { COUNT, M2, MAX, MEAN, MIN, NAN, NEG_INF, POS_INF, ROW } from "./row.js";
import { digestText, PANEL, type TableShape } from "./table.js";

/** A running SHA-256, as `node:crypto` gives it. */
export interface Hasher {
  update(bytes: Uint8Array | string): unknown;
  digest(): Uint8Array;
}

/** What a whole table comes to. All arrays belong to the caller. */
export interface TableTotals {
  /** `[C, 8]` rows merged over all blocks. */
  readonly total: Float64Array;
  /**
   * `[C, 8]` moments of the instances' stds (correction 0), folded in the same tree; an instance with a value that is not finite
   * counts as NaN. Null where a row holds several samples.
   */
  readonly instanceStd: Float64Array | null;
  /** Hex SHA-256 of the table (rule 13). */
  readonly digest: string;
}

/** Takes a table's rows in order of block and folds, hashes and forgets them: memory does not grow with N. */
export class TableBuilder {
  readonly shape: TableShape;
  readonly #createHash: () => Hasher;
  readonly #panels: Hasher;
  readonly #fold: Fold;
  readonly #stds: Fold | null;
  readonly #stdRows: Float64Array;
  #panel: Hasher | null = null;
  #blocks = 0;

  constructor(shape: TableShape, createHash: () => Hasher) {
    this.shape = shape;
    this.#createHash = createHash;
    this.#panels = createHash();
    this.#fold = new Fold(shape.channels);
    this.#stds = shape.grain === 1 ? new Fold(shape.channels) : null;
    this.#stdRows = new Float64Array(shape.channels * ROW);
  }

  /** Blocks taken so far. */
  get blocks(): number {
    return this.#blocks;
  }

  /** Adds the next blocks' rows, `[blocks, C, 8]` float64, not mutated. */
  push(rows: Float64Array): void {
    const width = this.shape.channels * ROW;
    for (let at = 0; at < rows.length; ) {
      const end = Math.min(rows.length, at + width * (PANEL - (this.#blocks % PANEL)));
      const part = rows.subarray(at, end);
      this.#panel ??= this.#createHash();
      this.#panel.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      for (; at < end; at += width) {
        this.#fold.push(rows, at);
        if (this.#stds) this.#pushStds(rows, at, this.#stds);
        this.#blocks++;
      }
      if (this.#blocks % PANEL === 0) this.#closePanel();
    }
  }

  /** The rows merged so far, `[C, 8]`: an estimate while the pass runs. */
  estimate(): Float64Array {
    return this.#fold.result();
  }

  /**
   * Ends the table.
   * @param shape of the table, where only its end tells how many samples there were, or whether sizes vary
   */
  finish(shape = this.shape): TableTotals {
    this.#closePanel();
    this.#panels.update(digestText(shape));
    return {
      total: this.#fold.result(),
      instanceStd: this.#stds?.result() ?? null,
      digest: Array.from(this.#panels.digest(), (byte) => byte.toString(16).padStart(2, "0")).join(""),
    };
  }

  #closePanel(): void {
    if (!this.#panel) return;
    this.#panels.update(this.#panel.digest());
    this.#panel = null;
  }

  #pushStds(rows: Float64Array, at: number, stds: Fold): void {
    const out = this.#stdRows;
    for (let i = 0; i < out.length; i += ROW) {
      const row = at + i;
      const count = rows[row + COUNT] as number;
      const finite = (rows[row + NAN] as number) + (rows[row + POS_INF] as number) + (rows[row + NEG_INF] as number) === 0;
      const std = finite && count > 0 ? Math.sqrt((rows[row + M2] as number) / count) : 0;
      // Of the other fields of a row, a sum of squares and counts of infinities, there are none.
      out[i + COUNT] = finite && count > 0 ? 1 : 0;
      out[i + MEAN] = std;
      out[i + MIN] = out[i + COUNT] === 1 ? std : Infinity;
      out[i + MAX] = out[i + COUNT] === 1 ? std : -Infinity;
      out[i + NAN] = finite ? 0 : 1;
    }
    stds.push(out);
  }
}
