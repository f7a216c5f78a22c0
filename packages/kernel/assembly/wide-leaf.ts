import { emptyRow, FIRST, isFarFromPivot, isFinite64, roundedPivot, squaresAboutMean, writeCounts, writeRow } from "./row";
import { sumsAt, wideAt } from "./scratch";

/** Which rule sums positions: in four lanes (`Lanes`) or, for tables, in groups of 8 (`Groups`). Types, as `AtPivot` is. */
export type Lanes = i32;
export type Groups = f64;

/**
 * The leaf that the scratch holds as float64, by either of the rules and whatever its values: NaN and infinities are
 * counted and left out, sums may overflow. The slow path behind every fast one; it mirrors `leafRow` step by step.
 */
export function wideLeaf<Rule>(count: usize, row: usize): void {
  // Up to a whole group of 8, NaN: left out like any other, and not counted.
  const padded = (count + 7) & ~7;
  for (let i = count; i !== padded; ++i) store<f64>(wideAt() + (i << 3), NaN);
  countValues(padded, row);
  const nan = load<f64>(row, 40) - <f64>(padded - count);
  const n = <f64>padded - load<f64>(row, 40) - load<f64>(row, 48) - load<f64>(row, 56);
  const positive = load<f64>(row, 48);
  const negative = load<f64>(row, 56);
  if (n === 0) {
    emptyRow(row);
    writeCounts(row, nan, positive, negative);
    return;
  }
  let pivot: f64 = 0;
  const first = finiteSums<Rule>(min<usize>(padded, FIRST), 0, 1);
  if (first !== 0) {
    const sum = load<f64>(sumsAt());
    if (isFarFromPivot(first, sum, load<f64>(sumsAt(), 8))) pivot = roundedPivot(sum / first);
  }
  finiteSums<Rule>(padded, pivot, 1);
  let sum = load<f64>(sumsAt());
  let squares = load<f64>(sumsAt(), 8);
  if (isFarFromPivot(n, sum, squares) && sum !== 0) {
    pivot += sum / n;
    finiteSums<Rule>(padded, pivot, 1);
    sum = load<f64>(sumsAt());
    squares = load<f64>(sumsAt(), 8);
  }
  let mean = pivot + sum / n;
  if (!isFinite64(sum)) {
    // Σx overflows float64: Σ(x · 2⁻⁶⁴) / n · 2⁶⁴
    finiteSums<Rule>(padded, 0, 5.421010862427522e-20);
    mean = (load<f64>(sumsAt()) / n) * 18446744073709551616.0;
  }
  writeRow(row, n, mean, squaresAboutMean(n, sum, squares), load<f64>(row, 24), load<f64>(row, 32));
  writeCounts(row, nan, positive, negative);
}

/** Minimum and maximum of the finite values, and how many there are of each other kind, into the row. `count` is even. */
function countValues(count: usize, row: usize): void {
  const infinity = f64x2.splat(Infinity);
  const minusInfinity = f64x2.splat(-Infinity);
  let low = infinity;
  let high = minusInfinity;
  let nan = i64x2.splat(0);
  let positive = nan;
  let negative = nan;
  let at = wideAt();
  for (let i = count >>> 1; i !== 0; --i) {
    const x = v128.load(at);
    const finite = finiteMask(x);
    low = f64x2.pmin(low, v128.bitselect(x, infinity, finite));
    high = f64x2.pmax(high, v128.bitselect(x, minusInfinity, finite));
    nan = i64x2.sub(nan, f64x2.ne(x, x));
    positive = i64x2.sub(positive, f64x2.eq(x, infinity));
    negative = i64x2.sub(negative, f64x2.eq(x, minusInfinity));
    at += 16;
  }
  store<f64>(row, min<f64>(f64x2.extract_lane(low, 0), f64x2.extract_lane(low, 1)), 24);
  store<f64>(row, max<f64>(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1)), 32);
  writeCounts(row, sumOf(nan), sumOf(positive), sumOf(negative));
}

/** Σ(x · scale − p) and Σ(x · scale − p)² of the finite values, into `sumsAt()`; gives their number. */
function finiteSums<Rule>(count: usize, pivot: f64, scale: f64): f64 {
  const p = f64x2.splat(pivot);
  const by = f64x2.splat(scale);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let q0 = s0;
  let q1 = s0;
  let n = i64x2.splat(0);
  let at = wideAt();
  if (!isFloat<Rule>()) {
    for (let i = count >>> 2; i !== 0; --i) {
      const x0 = v128.load(at);
      const x1 = v128.load(at, 16);
      const finite0 = finiteMask(x0);
      const finite1 = finiteMask(x1);
      // What is left out adds +0, which changes no sum.
      const d0 = v128.and(f64x2.sub(f64x2.mul(x0, by), p), finite0);
      const d1 = v128.and(f64x2.sub(f64x2.mul(x1, by), p), finite1);
      s0 = f64x2.add(s0, d0);
      s1 = f64x2.add(s1, d1);
      q0 = f64x2.add(q0, f64x2.mul(d0, d0));
      q1 = f64x2.add(q1, f64x2.mul(d1, d1));
      n = i64x2.sub(i64x2.sub(n, finite0), finite1);
      at += 32;
    }
  } else {
    // Lane 0 takes the values, lane 1 their squares: a group's sums, then the sum of groups.
    for (let i = count >>> 3; i !== 0; --i) {
      let group = f64x2.splat(0);
      for (let k = 0; k < 8; ++k) {
        const x = v128.load64_splat(at);
        const finite = finiteMask(x);
        const d = v128.and(f64x2.sub(f64x2.mul(x, by), p), finite);
        group = f64x2.add(group, f64x2.replace_lane(f64x2.mul(d, d), 0, f64x2.extract_lane(d, 0)));
        n = i64x2.sub(n, finite);
        at += 8;
      }
      s0 = f64x2.add(s0, group);
    }
    q0 = f64x2.splat(f64x2.extract_lane(s0, 1));
    q0 = f64x2.replace_lane(q0, 1, 0);
    s0 = f64x2.replace_lane(s0, 1, 0);
    n = i64x2.replace_lane(n, 1, 0);
  }
  s0 = f64x2.add(s0, s1);
  q0 = f64x2.add(q0, q1);
  store<f64>(sumsAt(), f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1));
  store<f64>(sumsAt(), f64x2.extract_lane(q0, 0) + f64x2.extract_lane(q0, 1), 8);
  return sumOf(n);
}

function finiteMask(x: v128): v128 {
  return f64x2.eq(f64x2.sub(x, x), f64x2.splat(0));
}

function sumOf(counts: v128): f64 {
  return <f64>(i64x2.extract_lane(counts, 0) + i64x2.extract_lane(counts, 1));
}
