import { emptyRow, mergeRow, ROW } from "./row.js";

/**
 * The canonical tree over a sequence of row vectors (rules 9 to 11): push them in order, as single rows or as aligned nodes of
 * 2^level rows; neighbours of one level merge when they meet. A vector holds `width` rows side by side, one a channel, so
 * that one fold serves all channels. The result depends on the sequence alone, not on how it was cut.
 */
export class Fold {
  readonly width: number;
  readonly #stack: { level: number; rows: Float64Array }[] = [];
  readonly #free: Float64Array[] = [];
  #length = 0;

  constructor(width: number) {
    this.width = width;
  }

  /** How many rows have been pushed, a node of level k counting 2^k. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds the next rows.
   * @param source `[≥ at + width · 8]` float64, copied
   * @param level the node stands for 2^level rows, and its index must be a multiple of that
   */
  push(source: Float64Array, at = 0, level = 0): void {
    if (this.#length % 2 ** level !== 0) throw new RangeError(`a node of level ${level} cannot stand at ${this.#length}`);
    let rows = this.#free.pop() ?? new Float64Array(this.width * ROW);
    rows.set(at === 0 && source.length === rows.length ? source : source.subarray(at, at + rows.length));
    let height = level;
    for (;;) {
      const top = this.#stack.at(-1);
      if (top?.level !== height) break;
      this.#stack.pop();
      mergeVector(top.rows, rows, top.rows);
      this.#free.push(rows);
      rows = top.rows;
      height++;
    }
    this.#stack.push({ level: height, rows });
    this.#length += 2 ** level;
  }

  /** The merge of all rows so far, `[width, 8]`; empty rows where nothing was pushed. The fold can go on after it. */
  result(): Float64Array {
    const last = this.#stack.at(-1);
    const out = new Float64Array(this.width * ROW);
    if (!last) {
      for (let c = 0; c < this.width; c++) emptyRow(out, c * ROW);
      return out;
    }
    out.set(last.rows);
    for (let i = this.#stack.length - 2; i >= 0; i--) {
      mergeVector((this.#stack[i] as { rows: Float64Array }).rows, out, out);
    }
    return out;
  }

  /** The maximal aligned nodes of what was pushed, in order: what a part hands on so that another may continue (rule 14). */
  nodes(): readonly { readonly level: number; readonly rows: Float64Array }[] {
    return this.#stack.map(({ level, rows }) => ({ level, rows: rows.slice() }));
  }
}

function mergeVector(a: Float64Array, b: Float64Array, into: Float64Array): void {
  for (let i = 0; i < into.length; i += ROW) mergeRow(a, i, b, i, into, i);
}

/** fold(rows) of one column of a table: rows at `first`, `first + step`, … (in float64 indices). */
export function foldRows(table: Float64Array, first: number, step: number, count: number): Float64Array {
  const fold = new Fold(1);
  for (let i = 0; i < count; i++) fold.push(table, first + i * step);
  return fold.result();
}
