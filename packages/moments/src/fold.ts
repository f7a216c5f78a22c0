import { emptyRow, mergeRow, ROW } from "./row.js";

/**
 * The canonical tree over a sequence of row vectors (rules 9 to 11): push them in order, as single rows or as aligned nodes of
 * 2^level rows; neighbours of one level merge when they meet. A vector holds `width` rows side by side, one a channel, so
 * that one fold serves all channels. The result depends on the sequence alone, not on how it was cut.
 */
export class Fold {
  readonly width: number;
  /** The open nodes, the largest first, and the level of each. */
  readonly #nodes: Float64Array[] = [];
  readonly #levels: number[] = [];
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
   * @param source `[≥ at + width · 8]` float64, not kept
   * @param level the node stands for 2^level rows, and its index must be a multiple of that
   */
  push(source: Float64Array, at = 0, level = 0): void {
    if (this.#length % 2 ** level !== 0) throw new RangeError(`a node of level ${level} cannot stand at ${this.#length}`);
    this.#length += 2 ** level;
    const waiting = this.#pop(level);
    if (!waiting) {
      const copy = this.#free.pop() ?? new Float64Array(this.width * ROW);
      for (let i = 0; i < copy.length; i++) copy[i] = source[at + i] as number;
      this.#nodes.push(copy);
      this.#levels.push(level);
      return;
    }
    // The first merge takes the rows from where they stand: half of all rows are never copied.
    mergeVector(waiting, source, at, waiting);
    let node = waiting;
    let height = level + 1;
    for (let left = this.#pop(height); left; left = this.#pop(height)) {
      mergeVector(left, node, 0, left);
      this.#free.push(node);
      node = left;
      height++;
    }
    this.#nodes.push(node);
    this.#levels.push(height);
  }

  /** The merge of all rows so far, `[width, 8]`; empty rows where nothing was pushed. The fold can go on after it. */
  result(): Float64Array {
    const last = this.#nodes.at(-1);
    const out = new Float64Array(this.width * ROW);
    if (!last) {
      for (let c = 0; c < this.width; c++) emptyRow(out, c * ROW);
      return out;
    }
    out.set(last);
    for (let i = this.#nodes.length - 2; i >= 0; i--) mergeVector(this.#nodes[i] as Float64Array, out, 0, out);
    return out;
  }

  /** The maximal aligned nodes of what was pushed, in order: what a part hands on so that another may continue (rule 14). */
  nodes(): readonly { readonly level: number; readonly rows: Float64Array }[] {
    return this.#nodes.map((rows, i) => ({ level: this.#levels[i] as number, rows: rows.slice() }));
  }

  /** Takes the last open node, if it is of this level. */
  #pop(level: number): Float64Array | undefined {
    if (this.#levels.at(-1) !== level) return undefined;
    this.#levels.pop();
    return this.#nodes.pop();
  }
}

/** @param at where b's rows begin */
function mergeVector(a: Float64Array, b: Float64Array, at: number, into: Float64Array): void {
  for (let i = 0; i < into.length; i += ROW) mergeRow(a, i, b, at + i, into, i);
}

/** fold(rows) of one column of a table: rows at `first`, `first + step`, … (in float64 indices). */
export function foldRows(table: Float64Array, first: number, step: number, count: number): Float64Array {
  const fold = new Fold(1);
  for (let i = 0; i < count; i++) fold.push(table, first + i * step);
  return fold.result();
}
