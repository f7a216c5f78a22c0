import { difference, firstPair, highest, lowest, secondPair } from "./element-pair";
import { columnsAt } from "./scratch";

/**
 * Accumulators of the columns in flight, side by side: Σ(x − p), Σ(x − p)², p as float64, then minimum and maximum as T.
 * Columns beyond the last real one (up to a whole quad) are swept along and never read.
 */
export const MOST_COLUMNS: usize = 1024;
const PITCH: usize = 8 * (MOST_COLUMNS + 16);
const LOW: usize = 3 * PITCH;
const HIGH: usize = 4 * PITCH;

/** Where Σ(x − p) of a column is; Σ(x − p)² and p follow at `SQUARES` and `PIVOT`. */
export function columnAt(column: usize): usize {
  return columnsAt() + (column << 3);
}
export const SQUARES: usize = PITCH;
export const PIVOT: usize = 2 * PITCH;

export function lowAt<T>(column: usize): usize {
  return columnsAt() + LOW + column * sizeof<T>();
}
export function highAt<T>(column: usize): usize {
  return columnsAt() + HIGH + column * sizeof<T>();
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
    v128.store(lowAt<T>(column), highest<T>());
    v128.store(highAt<T>(column), lowest<T>());
    if (sizeof<T>() === 8) {
      v128.store(lowAt<T>(column), highest<T>(), 16);
      v128.store(highAt<T>(column), lowest<T>(), 16);
    }
  }
}

/** The lesser of `low` and the first vector of the quad at `at`, lane by lane: all of it, or columns 0 and 1 of float64. */
function lowFirst<T>(low: v128, at: usize): v128 {
  if (sizeof<T>() === 8) return f64x2.pmin(low, v128.load(at));
  if (isFloat<T>()) return f32x4.pmin(low, v128.load(at));
  return i32x4.min_s(low, v128.load(at));
}
function highFirst<T>(high: v128, at: usize): v128 {
  if (sizeof<T>() === 8) return f64x2.pmax(high, v128.load(at));
  if (isFloat<T>()) return f32x4.pmax(high, v128.load(at));
  return i32x4.max_s(high, v128.load(at));
}

/** Columns 2 and 3 of float64; other types have no second vector. */
function lowSecond<T>(low: v128, at: usize): v128 {
  if (sizeof<T>() === 8) return f64x2.pmin(low, v128.load(at, 16));
  return low;
}
function highSecond<T>(high: v128, at: usize): v128 {
  if (sizeof<T>() === 8) return f64x2.pmax(high, v128.load(at, 16));
  return high;
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
  const lowInto = lowAt<T>(column);
  const highInto = highAt<T>(column);
  let low = v128.load(lowInto);
  let high = v128.load(highInto);
  let low1 = sizeof<T>() === 8 ? v128.load(lowInto, 16) : low;
  let high1 = sizeof<T>() === 8 ? v128.load(highInto, 16) : high;
  let at = source;
  for (let i = rows >>> 1; i !== 0; --i) {
    low = lowFirst<T>(low, at);
    high = highFirst<T>(high, at);
    low1 = lowSecond<T>(low1, at);
    high1 = highSecond<T>(high1, at);
    let x0 = difference<Pivot>(firstPair<T>(at), p0);
    let x1 = difference<Pivot>(secondPair<T>(at), p1);
    s0 = f64x2.add(s0, x0);
    s1 = f64x2.add(s1, x1);
    q0 = f64x2.add(q0, f64x2.mul(x0, x0));
    q1 = f64x2.add(q1, f64x2.mul(x1, x1));
    at += step;
    low = lowFirst<T>(low, at);
    high = highFirst<T>(high, at);
    low1 = lowSecond<T>(low1, at);
    high1 = highSecond<T>(high1, at);
    x0 = difference<Pivot>(firstPair<T>(at), p0);
    x1 = difference<Pivot>(secondPair<T>(at), p1);
    s0 = f64x2.add(s0, x0);
    s1 = f64x2.add(s1, x1);
    q0 = f64x2.add(q0, f64x2.mul(x0, x0));
    q1 = f64x2.add(q1, f64x2.mul(x1, x1));
    at += step;
  }
  if ((rows & 1) !== 0) {
    low = lowFirst<T>(low, at);
    high = highFirst<T>(high, at);
    low1 = lowSecond<T>(low1, at);
    high1 = highSecond<T>(high1, at);
    const x0 = difference<Pivot>(firstPair<T>(at), p0);
    const x1 = difference<Pivot>(secondPair<T>(at), p1);
    s0 = f64x2.add(s0, x0);
    s1 = f64x2.add(s1, x1);
    q0 = f64x2.add(q0, f64x2.mul(x0, x0));
    q1 = f64x2.add(q1, f64x2.mul(x1, x1));
  }
  v128.store(into, s0);
  v128.store(into, s1, 16);
  v128.store(into + SQUARES, q0);
  v128.store(into + SQUARES, q1, 16);
  v128.store(lowInto, low);
  v128.store(highInto, high);
  if (sizeof<T>() === 8) {
    v128.store(lowInto, low1, 16);
    v128.store(highInto, high1, 16);
  }
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
  const lowInto = lowAt<T>(column);
  const highInto = highAt<T>(column);
  let low = v128.load(lowInto);
  let high = v128.load(highInto);
  let low1 = sizeof<T>() === 8 ? v128.load(lowInto, 16) : low;
  let high1 = sizeof<T>() === 8 ? v128.load(highInto, 16) : high;
  let at = source;
  for (let left = rows; left !== 0; ) {
    const group = min<usize>(left, 8);
    left -= group;
    let t0 = f64x2.splat(0);
    let t1 = t0;
    let u0 = t0;
    let u1 = t0;
    for (let i = group >>> 1; i !== 0; --i) {
      low = lowFirst<T>(low, at);
      high = highFirst<T>(high, at);
      low1 = lowSecond<T>(low1, at);
      high1 = highSecond<T>(high1, at);
      let x0 = difference<Pivot>(firstPair<T>(at), p0);
      let x1 = difference<Pivot>(secondPair<T>(at), p1);
      t0 = f64x2.add(t0, x0);
      t1 = f64x2.add(t1, x1);
      u0 = f64x2.add(u0, f64x2.mul(x0, x0));
      u1 = f64x2.add(u1, f64x2.mul(x1, x1));
      at += step;
      low = lowFirst<T>(low, at);
      high = highFirst<T>(high, at);
      low1 = lowSecond<T>(low1, at);
      high1 = highSecond<T>(high1, at);
      x0 = difference<Pivot>(firstPair<T>(at), p0);
      x1 = difference<Pivot>(secondPair<T>(at), p1);
      t0 = f64x2.add(t0, x0);
      t1 = f64x2.add(t1, x1);
      u0 = f64x2.add(u0, f64x2.mul(x0, x0));
      u1 = f64x2.add(u1, f64x2.mul(x1, x1));
      at += step;
    }
    if ((group & 1) !== 0) {
      low = lowFirst<T>(low, at);
      high = highFirst<T>(high, at);
      low1 = lowSecond<T>(low1, at);
      high1 = highSecond<T>(high1, at);
      const x0 = difference<Pivot>(firstPair<T>(at), p0);
      const x1 = difference<Pivot>(secondPair<T>(at), p1);
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
  v128.store(lowInto, low);
  v128.store(highInto, high);
  if (sizeof<T>() === 8) {
    v128.store(lowInto, low1, 16);
    v128.store(highInto, high1, 16);
  }
}

/** Adds one element to a column. */
export function addOne<T, Pivot>(source: usize, column: usize): void {
  const x = load<T>(source);
  const into = columnAt(column);
  const d = isFloat<Pivot>() ? <f64>x - load<f64>(into + PIVOT) : <f64>x;
  store<f64>(into, load<f64>(into) + d);
  store<f64>(into + SQUARES, load<f64>(into + SQUARES) + d * d);
  store<T>(lowAt<T>(column), min<T>(load<T>(lowAt<T>(column)), x));
  store<T>(highAt<T>(column), max<T>(load<T>(highAt<T>(column)), x));
}
