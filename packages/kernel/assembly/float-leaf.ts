import {
  AtPivot,
  AtZero,
  difference,
  firstPair,
  foldLanes,
  greatestLane,
  greatestOf,
  highest,
  leastLane,
  leastOf,
  lowest,
  secondPair,
} from "./element-pair";
import { emptyRow, FIRST, isFarFromPivot, isFinite64, squaresAboutMean, writeRow } from "./row";
import { sumsAt } from "./scratch";
import { Lanes, wideLeaf } from "./wide-leaf";
import { widenTo64 } from "./widen-64";

/**
 * One leaf of consecutive float32, float64 or int32 elements (rules 4 and 5). The hot loop tests nothing: NaN and
 * infinities make a sum that is not finite, and such a leaf is done over in `wideLeaf`.
 */
export function floatLeaf<T>(source: usize, count: usize, row: usize): void {
  if (count === 0) {
    emptyRow(row);
    return;
  }
  const first = min<usize>(count, FIRST);
  sums<T, AtZero>(source, first, 0);
  let sum = load<f64>(sumsAt());
  let squares = load<f64>(sumsAt(), 8);
  const n = <f64>count;
  let pivot: f64 = isFarFromPivot(<f64>first, sum, squares) ? <f64>(<f32>(sum / <f64>first)) : 0;
  if (pivot !== 0) sums<T, AtPivot>(source, count, pivot);
  else if (first < count) sums<T, AtZero>(source, count, 0);
  sum = load<f64>(sumsAt());
  squares = load<f64>(sumsAt(), 8);
  if (isFarFromPivot(n, sum, squares) && sum !== 0) {
    pivot += sum / n;
    sums<T, AtPivot>(source, count, pivot);
    sum = load<f64>(sumsAt());
    squares = load<f64>(sumsAt(), 8);
  }
  if (isFinite64(sum)) {
    const m2 = squaresAboutMean(n, sum, squares);
    writeRow(row, n, pivot + sum / n, m2, load<f64>(sumsAt(), 16), load<f64>(sumsAt(), 24));
    return;
  }
  widenTo64<T>(source, sizeof<T>(), count);
  wideLeaf<Lanes>(count, row);
}

/** Rule 4 over consecutive elements: Σ(x − p), Σ(x − p)², minimum and maximum into `sumsAt()`. */
function sums<T, Pivot>(source: usize, count: usize, pivot: f64): void {
  const p = f64x2.splat(pivot);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let q0 = s0;
  let q1 = s0;
  let low = highest<T>();
  let high = lowest<T>();
  let at = source;
  for (let i = count >>> 3; i !== 0; --i) {
    low = leastOf<T>(low, at);
    high = greatestOf<T>(high, at);
    let x0 = difference<Pivot>(firstPair<T>(at), p);
    let x1 = difference<Pivot>(secondPair<T>(at), p);
    s0 = f64x2.add(s0, x0);
    s1 = f64x2.add(s1, x1);
    q0 = f64x2.add(q0, f64x2.mul(x0, x0));
    q1 = f64x2.add(q1, f64x2.mul(x1, x1));
    at += 4 * sizeof<T>();
    low = leastOf<T>(low, at);
    high = greatestOf<T>(high, at);
    x0 = difference<Pivot>(firstPair<T>(at), p);
    x1 = difference<Pivot>(secondPair<T>(at), p);
    s0 = f64x2.add(s0, x0);
    s1 = f64x2.add(s1, x1);
    q0 = f64x2.add(q0, f64x2.mul(x0, x0));
    q1 = f64x2.add(q1, f64x2.mul(x1, x1));
    at += 4 * sizeof<T>();
  }
  if ((count & 4) !== 0) {
    low = leastOf<T>(low, at);
    high = greatestOf<T>(high, at);
    const x0 = difference<Pivot>(firstPair<T>(at), p);
    const x1 = difference<Pivot>(secondPair<T>(at), p);
    s0 = f64x2.add(s0, x0);
    s1 = f64x2.add(s1, x1);
    q0 = f64x2.add(q0, f64x2.mul(x0, x0));
    q1 = f64x2.add(q1, f64x2.mul(x1, x1));
    at += 4 * sizeof<T>();
  }
  let least = leastLane<T>(low);
  let greatest = greatestLane<T>(high);
  const tail = count & 3;
  if (tail !== 0) {
    // The last one to three positions, each added in the lane that is its own; a lane that has none adds +0.
    const a = <f64>load<T>(at);
    const b = tail > 1 ? <f64>load<T>(at + sizeof<T>()) : a;
    const c = tail > 2 ? <f64>load<T>(at + 2 * sizeof<T>()) : a;
    least = min<f64>(least, min<f64>(a, min<f64>(b, c)));
    greatest = max<f64>(greatest, max<f64>(a, max<f64>(b, c)));
    const d0 = f64x2.replace_lane(f64x2.splat(a - pivot), 1, tail > 1 ? b - pivot : 0);
    const d1 = f64x2.replace_lane(f64x2.splat(0), 0, tail > 2 ? c - pivot : 0);
    s0 = f64x2.add(s0, d0);
    s1 = f64x2.add(s1, d1);
    q0 = f64x2.add(q0, f64x2.mul(d0, d0));
    q1 = f64x2.add(q1, f64x2.mul(d1, d1));
  }
  const into = sumsAt();
  store<f64>(into, foldLanes(s0, s1), 0);
  store<f64>(into, foldLanes(q0, q1), 8);
  store<f64>(into, least, 16);
  store<f64>(into, greatest, 24);
}
