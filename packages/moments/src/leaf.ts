import { COUNT, emptyRow, M2, MAX, MEAN, MIN, NAN, NEG_INF, POS_INF } from "./row.js";

/**
 * The plain reference of a leaf: rules 4 to 7 of `normstream/table/1`, one value at a time, as a reader would do it by hand.
 * The SIMD kernels are held to it bit by bit.
 *
 * @param values `[n]` the leaf's values in order of position, widened to float64; n ≤ 8192, not mutated
 * @param rule `float` (rules 4 and 5), `table` (planes of one value: groups of 8), `integer` (8- and 16-bit integers, rule 6)
 * @param out the row is written here, at `at`
 */
export function leafRow(values: ArrayLike<number>, rule: LeafRule, out: Float64Array, at = 0): void {
  emptyRow(out, at);
  let count = 0;
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number;
    if (Number.isNaN(x)) out[at + NAN] = (out[at + NAN] as number) + 1;
    else if (x === Infinity) out[at + POS_INF] = (out[at + POS_INF] as number) + 1;
    else if (x === -Infinity) out[at + NEG_INF] = (out[at + NEG_INF] as number) + 1;
    else {
      count++;
      if (x < min) min = x;
      if (x > max) max = x;
    }
  }
  if (count === 0) return;
  out[at + COUNT] = count;
  out[at + MIN] = min + 0; // −0 becomes +0
  out[at + MAX] = max + 0;
  if (rule === "integer") {
    integerMoments(values, out, at);
    return;
  }
  const first = sums(values, 0, rule, FIRST);
  let pivot = first.count > 0 && isFarFromPivot(first) ? roundedPivot(first.sum / first.count) : 0;
  let pass = sums(values, pivot, rule);
  if (isFarFromPivot(pass) && pass.sum !== 0) {
    pivot += pass.sum / pass.count;
    pass = sums(values, pivot, rule);
  }
  const { sum, squares } = pass;
  const m2 = squares - sum * (sum / count);
  out[at + MEAN] = Number.isFinite(sum) ? pivot + sum / count : scaledMean(values, rule, count);
  out[at + M2] = squares === Infinity ? Infinity : Math.max(m2, 0);
}

export type LeafRule = "float" | "table" | "integer";

/** A pivot rounded to float32, so that differences of float32 data from it are short; itself where that would overflow. */
function roundedPivot(mean: number): number {
  const rounded = Math.fround(mean);
  return Number.isFinite(rounded) ? rounded : mean;
}

/** Positions of a leaf that decide its first pivot. */
const FIRST = 64;

interface Sums {
  readonly count: number;
  /** Σ(x − p) */
  readonly sum: number;
  /** Σ(x − p)² */
  readonly squares: number;
}

/** Whether the sums lose more than 4 bits to the distance of the pivot from the mean. */
const isFarFromPivot = ({ count, sum, squares }: Sums): boolean => squares > 16 * (squares - sum * (sum / count));

/** Rule 4: sums about a pivot in four lanes, or in groups of 8 for tables; values that are not finite are left out. */
function sums(values: ArrayLike<number>, pivot: number, rule: LeafRule, limit = values.length, scale = 1): Sums {
  const s = [0, 0, 0, 0];
  const q = [0, 0, 0, 0];
  let groupS = 0;
  let groupQ = 0;
  let count = 0;
  const end = Math.min(limit, values.length);
  for (let j = 0; j < end; j++) {
    const x = values[j] as number;
    if (Number.isFinite(x)) {
      const d = x * scale - pivot;
      count++;
      if (rule === "table") {
        groupS += d;
        groupQ += d * d;
      } else {
        s[j & 3] = (s[j & 3] as number) + d;
        q[j & 3] = (q[j & 3] as number) + d * d;
      }
    }
    if (rule === "table" && ((j & 7) === 7 || j === end - 1)) {
      s[0] = (s[0] as number) + groupS;
      q[0] = (q[0] as number) + groupQ;
      groupS = 0;
      groupQ = 0;
    }
  }
  return { count, sum: foldLanes(s), squares: foldLanes(q) };
}

const foldLanes = ([a, b, c, d]: number[]): number => (a as number) + (c as number) + ((b as number) + (d as number));

/** The mean where Σx overflows float64 (values beyond 1e304): Σ(x·2⁻⁶⁴)/n·2⁶⁴. */
const scaledMean = (values: ArrayLike<number>, rule: LeafRule, count: number): number =>
  (sums(values, 0, rule, values.length, 2 ** -64).sum / count) * 2 ** 64;

/** Rule 6: Σx and Σx² exactly; m2 = float64(n·Q − (Σx)²) / n. */
function integerMoments(values: ArrayLike<number>, out: Float64Array, at: number): void {
  let sum = 0n;
  let squares = 0n;
  for (let i = 0; i < values.length; i++) {
    const x = BigInt(values[i] as number);
    sum += x;
    squares += x * x;
  }
  const n = BigInt(values.length);
  out[at + MEAN] = Number(sum) / values.length + 0;
  out[at + M2] = Number(n * squares - sum * sum) / values.length;
}
