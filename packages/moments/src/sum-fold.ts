import { onePattern } from "./gradient-leaf.js";

/**
 * The canonical tree of `Fold` over vectors of sums, which merge by addition: push them in order, as single vectors or as
 * aligned nodes of 2^level. The result depends on the sequence alone, not on how it was cut.
 */
export class SumFold {
  /** Numbers of one vector: 2 a pair. */
  readonly width: number;
  /** The open node of each level, or none: the binary digits of `length`. */
  readonly #nodes: (Float64Array | undefined)[] = [];
  #length = 0;

  constructor(width: number) {
    this.width = width;
  }

  /** How many vectors have been pushed, a node of level k counting 2^k. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds the next vector.
   * @param source `[≥ at + width]` float64, copied
   * @param level the node stands for 2^level vectors, and its index must be a multiple of that
   */
  push(source: Float64Array, at = 0, level = 0): void {
    if (this.#length % 2 ** level !== 0) throw new RangeError(`a node of level ${level} cannot stand at ${this.#length}`);
    const sum = source.slice(at, at + this.width);
    let height = level;
    for (let left = this.#nodes[height]; left; left = this.#nodes[height]) {
      addTo(sum, left);
      this.#nodes[height++] = undefined;
    }
    this.#nodes[height] = sum;
    this.#length += 2 ** level;
  }

  /** The sum of all vectors so far, `[width]`; zeros where nothing was pushed. NaN has one pattern of bits. The fold can go on after it. */
  result(): Float64Array {
    let out: Float64Array | undefined;
    for (const node of this.#nodes) {
      if (!node) continue;
      if (out) addTo(out, node);
      else out = node.slice();
    }
    return out ? onePattern(out) : new Float64Array(this.width);
  }
}

/** Of two sums, which comes first makes no difference. `sum` is mutated. */
function addTo(sum: Float64Array, other: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (other[i] as number);
}
