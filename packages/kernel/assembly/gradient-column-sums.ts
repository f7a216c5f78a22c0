import { elementAt, firstPairAt, secondPairAt } from "./element-pair";
import { columnsAt } from "./scratch";

/** Accumulators of the columns in flight, side by side: Σ dy, Σ dy·x̂, then mean and rstd, all float64. */
export const MOST_COLUMNS: usize = 1024;

/** 128 bytes more than the columns take, so that the arrays do not fall into the same cache sets. */
const PITCH: usize = 8 * (MOST_COLUMNS + 16);

/** From Σ dy of a column to its Σ dy·x̂, mean and rstd. */
export const PRODUCTS: usize = PITCH;
export const MEAN: usize = 2 * PITCH;
export const RSTD: usize = 3 * PITCH;

/** Whether statistics belong to columns (in the scratch) or to rows (pairs in memory): types, as `AtPivot` is. */
export type ByColumn = i32;
export type ByRow = f64;

/** Where Σ dy of a column is. */
export function columnAt(column: usize): usize {
  return columnsAt() + (column << 3);
}

/** Starts the sums of columns 0 … count − 1 over. */
export function clearColumns(count: usize): void {
  memory.fill(columnAt(0), 0, count << 3);
  memory.fill(columnAt(0) + PRODUCTS, 0, count << 3);
}

/**
 * Adds `rows` rows, `xStep` and `dyStep` bytes apart, of the four columns from `column` on, one after the other.
 * `statistics` is the first row's pair.
 */
export function addQuad<X, DY, By>(
  x: usize,
  xStep: usize,
  dy: usize,
  dyStep: usize,
  rows: usize,
  statistics: usize,
  column: usize,
): void {
  const into = columnAt(column);
  let m0 = v128.load(into + MEAN);
  let m1 = v128.load(into + MEAN, 16);
  let r0 = v128.load(into + RSTD);
  let r1 = v128.load(into + RSTD, 16);
  let s0 = v128.load(into);
  let s1 = v128.load(into, 16);
  let q0 = v128.load(into + PRODUCTS);
  let q1 = v128.load(into + PRODUCTS, 16);
  for (let i = rows; i !== 0; --i) {
    if (isFloat<By>()) {
      m0 = v128.load64_splat(statistics);
      m1 = m0;
      r0 = v128.load64_splat(statistics, 8);
      r1 = r0;
      statistics += 16;
    }
    const g0 = firstPairAt<DY>(dy);
    const g1 = secondPairAt<DY>(dy);
    s0 = f64x2.add(s0, g0);
    s1 = f64x2.add(s1, g1);
    q0 = f64x2.add(q0, f64x2.mul(g0, f64x2.mul(f64x2.sub(firstPairAt<X>(x), m0), r0)));
    q1 = f64x2.add(q1, f64x2.mul(g1, f64x2.mul(f64x2.sub(secondPairAt<X>(x), m1), r1)));
    x += xStep;
    dy += dyStep;
  }
  v128.store(into, s0);
  v128.store(into, s1, 16);
  v128.store(into + PRODUCTS, q0);
  v128.store(into + PRODUCTS, q1, 16);
}

/** As `addQuad`, of one column: for the last ones, which make no quad. */
export function addOne<X, DY, By>(
  x: usize,
  xStep: usize,
  dy: usize,
  dyStep: usize,
  rows: usize,
  statistics: usize,
  column: usize,
): void {
  const into = columnAt(column);
  let mean = load<f64>(into + MEAN);
  let rstd = load<f64>(into + RSTD);
  let s = load<f64>(into);
  let q = load<f64>(into + PRODUCTS);
  for (let i = rows; i !== 0; --i) {
    if (isFloat<By>()) {
      mean = load<f64>(statistics);
      rstd = load<f64>(statistics, 8);
      statistics += 16;
    }
    const g = elementAt<DY>(dy, 0);
    s += g;
    q += g * ((elementAt<X>(x, 0) - mean) * rstd);
    x += xStep;
    dy += dyStep;
  }
  store<f64>(into, s);
  store<f64>(into + PRODUCTS, q);
}
