import { addHigh, addLow, firstHigh, firstLow, secondHigh, secondLow, startHigh, startLow } from "./element-extremes";
import { difference, firstPair, quadAt, secondPair } from "./element-quad";
import { columnsAt } from "./scratch";
import { valueAt } from "./widen-64";

/**
 * Accumulators of the columns in flight, side by side: Σ(x − p), Σ(x − p)², p as float64, then minimum and maximum as T.
 * Columns beyond the last real one (up to a whole quad) are swept along and never read.
 */
export const MOST_COLUMNS: usize = 1024;
const PITCH: usize = 8 * (MOST_COLUMNS + 16);

/** From Σ(x − p) of a column to its Σ(x − p)² and its p. */
export const SQUARES: usize = PITCH;
export const PIVOT: usize = 2 * PITCH;

/** From Σ(x − p) of a quad's first column to the two vectors of its minima and of its maxima. */
export const LOW: usize = 3 * PITCH;
export const HIGH: usize = 4 * PITCH;

/** Where Σ(x − p) of a column is. */
export function columnAt(column: usize): usize {
  return columnsAt() + (column << 3);
}

/** Starts the sums of columns 0 … count − 1 over. */
export function clearColumns<T>(count: usize): void {
  for (let column: usize = 0; column < count; column += 4) {
    const at = columnAt(column);
    const zero = i32x4.splat(0);
    v128.store(at, zero);
    v128.store(at, zero, 16);
    v128.store(at + SQUARES, zero);
    v128.store(at + SQUARES, zero, 16);
    v128.store(at + LOW, startLow<T>());
    v128.store(at + LOW, startLow<T>(), 16);
    v128.store(at + HIGH, startHigh<T>());
    v128.store(at + HIGH, startHigh<T>(), 16);
  }
}

/**
 * Adds `rows` rows, `step` bytes apart, of the four columns from `column` on: one after the other, as a lane of a plane
 * takes its positions.
 */
export function addLanes<T, Pivot>(source: usize, step: usize, rows: usize, column: usize): void {
  const into = columnAt(column);
  const p0 = v128.load(into + PIVOT);
  const p1 = v128.load(into + PIVOT, 16);
  let s0 = v128.load(into);
  let s1 = v128.load(into, 16);
  let q0 = v128.load(into + SQUARES);
  let q1 = v128.load(into + SQUARES, 16);
  let low0 = v128.load(into + LOW);
  let low1 = v128.load(into + LOW, 16);
  let high0 = v128.load(into + HIGH);
  let high1 = v128.load(into + HIGH, 16);
  let at = source;
  for (let i = rows; i !== 0; --i) {
    const a = quadAt<T>(at);
    low0 = firstLow<T>(low0, a);
    low1 = secondLow<T>(low1, a, at);
    high0 = firstHigh<T>(high0, a);
    high1 = secondHigh<T>(high1, a, at);
    const x0 = difference<Pivot>(firstPair<T>(at, a), p0);
    const x1 = difference<Pivot>(secondPair<T>(at, a), p1);
    s0 = f64x2.add(s0, x0);
    s1 = f64x2.add(s1, x1);
    q0 = f64x2.add(q0, f64x2.mul(x0, x0));
    q1 = f64x2.add(q1, f64x2.mul(x1, x1));
    at += step;
  }
  v128.store(into, s0);
  v128.store(into, s1, 16);
  v128.store(into + SQUARES, q0);
  v128.store(into + SQUARES, q1, 16);
  v128.store(into + LOW, low0);
  v128.store(into + LOW, low1, 16);
  v128.store(into + HIGH, high0);
  v128.store(into + HIGH, high1, 16);
}

/** As `addLanes`, but rows are summed 8 at a time, and those sums added: the rule of tables. */
export function addGroups<T, Pivot>(source: usize, step: usize, rows: usize, column: usize): void {
  const into = columnAt(column);
  const p0 = v128.load(into + PIVOT);
  const p1 = v128.load(into + PIVOT, 16);
  let s0 = v128.load(into);
  let s1 = v128.load(into, 16);
  let q0 = v128.load(into + SQUARES);
  let q1 = v128.load(into + SQUARES, 16);
  let low0 = v128.load(into + LOW);
  let low1 = v128.load(into + LOW, 16);
  let high0 = v128.load(into + HIGH);
  let high1 = v128.load(into + HIGH, 16);
  let at = source;
  for (let left = rows; left !== 0; ) {
    const group = min<usize>(left, 8);
    left -= group;
    let t0 = f64x2.splat(0);
    let t1 = t0;
    let u0 = t0;
    let u1 = t0;
    for (let i = group; i !== 0; --i) {
      const a = quadAt<T>(at);
      low0 = firstLow<T>(low0, a);
      low1 = secondLow<T>(low1, a, at);
      high0 = firstHigh<T>(high0, a);
      high1 = secondHigh<T>(high1, a, at);
      const x0 = difference<Pivot>(firstPair<T>(at, a), p0);
      const x1 = difference<Pivot>(secondPair<T>(at, a), p1);
      t0 = f64x2.add(t0, x0);
      t1 = f64x2.add(t1, x1);
      u0 = f64x2.add(u0, f64x2.mul(x0, x0));
      u1 = f64x2.add(u1, f64x2.mul(x1, x1));
      at += step;
    }
    s0 = f64x2.add(s0, t0);
    s1 = f64x2.add(s1, t1);
    q0 = f64x2.add(q0, u0);
    q1 = f64x2.add(q1, u1);
  }
  v128.store(into, s0);
  v128.store(into, s1, 16);
  v128.store(into + SQUARES, q0);
  v128.store(into + SQUARES, q1, 16);
  v128.store(into + LOW, low0);
  v128.store(into + LOW, low1, 16);
  v128.store(into + HIGH, high0);
  v128.store(into + HIGH, high1, 16);
}

/** Adds one element to a column: for the positions behind the last whole row of lanes. */
export function addOne<T, Pivot>(source: usize, column: usize): void {
  const x = valueAt<T>(source);
  const into = columnAt(column);
  const d = isFloat<Pivot>() ? x - load<f64>(into + PIVOT) : x;
  store<f64>(into, load<f64>(into) + d);
  store<f64>(into + SQUARES, load<f64>(into + SQUARES) + d * d);
  const quad = columnAt(column & ~3);
  addLow<T>(quad + LOW, column & 3, x);
  addHigh<T>(quad + HIGH, column & 3, x);
}
