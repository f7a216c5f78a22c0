import { FLOAT64 } from "./dtype";
import { elementAt, firstPairAt, secondPairAt } from "./element-pair";
import { isWide, stageX } from "./gradient-stage";
import { writePair } from "./pair";

/** Whether dy is multiplied by weights: types, as `AtPivot` is. */
export type Unweighted = i32;
export type Weighted = f64;

/**
 * The pair of one leaf of consecutive elements. `weights` is where the float64 weight of its first element is, or 0 where
 * there are none.
 */
export function gradientLeaf(
  xType: i32,
  dyType: i32,
  x: usize,
  dy: usize,
  weights: usize,
  count: usize,
  statistics: usize,
  pair: usize,
): void {
  const mean = load<f64>(statistics);
  const rstd = load<f64>(statistics, 8);
  const staged = stageX(xType, x, count);
  if (isWide(xType)) {
    if (dyType === FLOAT64) leafOf<f64, f64>(staged, dy, weights, count, mean, rstd, pair);
    else leafOf<f64, f32>(staged, dy, weights, count, mean, rstd, pair);
  } else if (dyType === FLOAT64) leafOf<f32, f64>(staged, dy, weights, count, mean, rstd, pair);
  else leafOf<f32, f32>(staged, dy, weights, count, mean, rstd, pair);
}

function leafOf<X, DY>(x: usize, dy: usize, weights: usize, count: usize, mean: f64, rstd: f64, pair: usize): void {
  if (weights !== 0) sums<X, DY, Weighted>(x, dy, weights, count, mean, rstd, pair);
  else sums<X, DY, Unweighted>(x, dy, weights, count, mean, rstd, pair);
}

/** Four lanes side by side: lanes 0 and 1 in the first vectors, 2 and 3 in the second ones. */
function sums<X, DY, W>(x: usize, dy: usize, weights: usize, count: usize, mean: f64, rstd: f64, pair: usize): void {
  const m = f64x2.splat(mean);
  const r = f64x2.splat(rstd);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let q0 = s0;
  let q1 = s0;
  for (let i = count >>> 2; i !== 0; --i) {
    const x0 = f64x2.mul(f64x2.sub(firstPairAt<X>(x), m), r);
    const x1 = f64x2.mul(f64x2.sub(secondPairAt<X>(x), m), r);
    let g0 = firstPairAt<DY>(dy);
    let g1 = secondPairAt<DY>(dy);
    if (isFloat<W>()) {
      g0 = f64x2.mul(g0, v128.load(weights));
      g1 = f64x2.mul(g1, v128.load(weights, 16));
      weights += 32;
    }
    s0 = f64x2.add(s0, g0);
    s1 = f64x2.add(s1, g1);
    q0 = f64x2.add(q0, f64x2.mul(g0, x0));
    q1 = f64x2.add(q1, f64x2.mul(g1, x1));
    x += 4 * sizeof<X>();
    dy += 4 * sizeof<DY>();
  }
  const tail = count & 3;
  if (tail !== 0) {
    // The last one to three positions, each added in the lane that is its own; a lane that has none adds +0.
    let g0 = f64x2.splat(0);
    let g1 = g0;
    let p0 = g0;
    let p1 = g0;
    const a = gradientAt<DY, W>(dy, weights, 0);
    g0 = f64x2.replace_lane(g0, 0, a);
    p0 = f64x2.replace_lane(p0, 0, a * ((elementAt<X>(x, 0) - mean) * rstd));
    if (tail > 1) {
      const b = gradientAt<DY, W>(dy, weights, 1);
      g0 = f64x2.replace_lane(g0, 1, b);
      p0 = f64x2.replace_lane(p0, 1, b * ((elementAt<X>(x, 1) - mean) * rstd));
    }
    if (tail > 2) {
      const c = gradientAt<DY, W>(dy, weights, 2);
      g1 = f64x2.replace_lane(g1, 0, c);
      p1 = f64x2.replace_lane(p1, 0, c * ((elementAt<X>(x, 2) - mean) * rstd));
    }
    s0 = f64x2.add(s0, g0);
    s1 = f64x2.add(s1, g1);
    q0 = f64x2.add(q0, p0);
    q1 = f64x2.add(q1, p1);
  }
  writePair(pair, foldLanes(s0, s1), foldLanes(q0, q1));
}

/** Element `index` of dy, or of dy · weight. */
function gradientAt<DY, W>(dy: usize, weights: usize, index: usize): f64 {
  const g = elementAt<DY>(dy, index);
  return isFloat<W>() ? g * load<f64>(weights + (index << 3)) : g;
}

/** Lanes fold (0+2)+(1+3). */
function foldLanes(first: v128, second: v128): f64 {
  const lanes = f64x2.add(first, second);
  return f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
}
