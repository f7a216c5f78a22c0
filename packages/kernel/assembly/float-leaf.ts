import { firstHigh, firstLow, highOf, isRegular, lowOf, secondHigh, secondLow, startHigh, startLow } from "./element-extremes";
import { AtPivot, AtZero, difference, firstPair, quadAt, secondPair } from "./element-quad";
import { emptyRow, FIRST, isFarFromPivot, isFinite64, roundedPivot, squaresAboutMean, writeRow } from "./row";
import { extremesAt, sumsAt } from "./scratch";
import { Lanes, wideLeaf } from "./wide-leaf";
import { valueAt, widenTo64 } from "./widen-64";

/**
 * One leaf of consecutive floats or int32 (rules 4 and 5). The hot loop tests nothing: NaN and infinities make a sum
 * that is not finite (or extremes that are not regular), and such a leaf is done over in `wideLeaf`.
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
  let pivot: f64 = isFarFromPivot(<f64>first, sum, squares) ? roundedPivot(sum / <f64>first) : 0;
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
  const least = load<f64>(sumsAt(), 16);
  const greatest = load<f64>(sumsAt(), 24);
  if (isFinite64(sum) && isRegular<T>(least, greatest)) {
    writeRow(row, n, pivot + sum / n, squaresAboutMean(n, sum, squares), least, greatest);
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
  let low0 = startLow<T>();
  let low1 = low0;
  let high0 = startHigh<T>();
  let high1 = high0;
  let at = source;
  for (let i = count >>> 2; i !== 0; --i) {
    const a = quadAt<T>(at);
    low0 = firstLow<T>(low0, a);
    low1 = secondLow<T>(low1, a, at);
    high0 = firstHigh<T>(high0, a);
    high1 = secondHigh<T>(high1, a, at);
    let x0 = difference<Pivot>(firstPair<T>(at, a), p);
    let x1 = difference<Pivot>(secondPair<T>(at, a), p);
    s0 = f64x2.add(s0, x0);
    s1 = f64x2.add(s1, x1);
    q0 = f64x2.add(q0, f64x2.mul(x0, x0));
    q1 = f64x2.add(q1, f64x2.mul(x1, x1));
    at += 4 * sizeof<T>();
  }
  const extremes = extremesAt();
  v128.store(extremes, low0);
  v128.store(extremes, low1, 16);
  v128.store(extremes, high0, 32);
  v128.store(extremes, high1, 48);
  let least = min<f64>(
    min<f64>(lowOf<T>(extremes, 0), lowOf<T>(extremes, 1)),
    min<f64>(lowOf<T>(extremes, 2), lowOf<T>(extremes, 3)),
  );
  let greatest = max<f64>(
    max<f64>(highOf<T>(extremes + 32, 0), highOf<T>(extremes + 32, 1)),
    max<f64>(highOf<T>(extremes + 32, 2), highOf<T>(extremes + 32, 3)),
  );
  const tail = count & 3;
  if (tail !== 0) {
    // The last one to three positions, each added in the lane that is its own; a lane that has none adds +0.
    const a = valueAt<T>(at);
    const b = tail > 1 ? valueAt<T>(at + sizeof<T>()) : a;
    const c = tail > 2 ? valueAt<T>(at + 2 * sizeof<T>()) : a;
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

/** Rule 4: lanes fold (0+2)+(1+3). */
function foldLanes(first: v128, second: v128): f64 {
  const lanes = f64x2.add(first, second);
  return f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
}
