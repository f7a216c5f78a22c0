import { emptyRow, FIRST, isFarFromPivot, isFinite64, squaresAboutMean, writeCounts, writeRow } from "./row";
import { sumsAt, wideAt } from "./scratch";

/** Which rule sums positions: in four lanes (`Lanes`) or, for tables, in groups of 8 (`Groups`). Types, as `AtPivot` is. */
export type Lanes = i32;
export type Groups = f64;

/**
 * The leaf that the scratch holds as float64, by any of rules 4 and 5 and whatever its values: NaN and infinities are
 * counted and left out, sums may overflow. The slow path behind every fast one, so it mirrors `leafRow` step by step.
 */
export function wideLeaf<Rule>(count: usize, row: usize): void {
  const source = wideAt();
  let nan: f64 = 0;
  let positive: f64 = 0;
  let negative: f64 = 0;
  let least = Infinity;
  let greatest = -Infinity;
  for (let i: usize = 0; i < count; ++i) {
    const x = load<f64>(source + (i << 3));
    if (isFinite64(x)) {
      least = min<f64>(least, x);
      greatest = max<f64>(greatest, x);
    } else if (x === Infinity) positive += 1;
    else if (x === -Infinity) negative += 1;
    else nan += 1;
  }
  const n = <f64>count - nan - positive - negative;
  if (n === 0) {
    emptyRow(row);
    writeCounts(row, nan, positive, negative);
    return;
  }
  let pivot: f64 = 0;
  const first = finiteSums<Rule>(min<usize>(count, FIRST), 0, 1);
  if (first !== 0) {
    const sum = load<f64>(sumsAt());
    if (isFarFromPivot(first, sum, load<f64>(sumsAt(), 8))) pivot = <f64>(<f32>(sum / first));
  }
  finiteSums<Rule>(count, pivot, 1);
  let sum = load<f64>(sumsAt());
  let squares = load<f64>(sumsAt(), 8);
  if (isFarFromPivot(n, sum, squares) && sum !== 0) {
    pivot += sum / n;
    finiteSums<Rule>(count, pivot, 1);
    sum = load<f64>(sumsAt());
    squares = load<f64>(sumsAt(), 8);
  }
  let mean = pivot + sum / n;
  if (!isFinite64(sum)) {
    // Σx overflows float64: Σ(x · 2⁻⁶⁴) / n · 2⁶⁴
    finiteSums<Rule>(count, 0, 5.421010862427522e-20);
    mean = (load<f64>(sumsAt()) / n) * 18446744073709551616.0;
  }
  writeRow(row, n, mean, squaresAboutMean(n, sum, squares), least, greatest);
  writeCounts(row, nan, positive, negative);
}

/** Σ(x · scale − p) and Σ(x · scale − p)² of the finite values among the first `count`, into `sumsAt()`; gives their number. */
function finiteSums<Rule>(count: usize, pivot: f64, scale: f64): f64 {
  const lanes = sumsAt();
  memory.fill(lanes, 0, 64);
  let n: f64 = 0;
  let groupS: f64 = 0;
  let groupQ: f64 = 0;
  let at = wideAt();
  for (let j: usize = 0; j < count; ++j) {
    const x = load<f64>(at);
    at += 8;
    const lane = lanes + (isFloat<Rule>() ? 0 : (j & 3) << 3);
    if (isFinite64(x)) {
      const d = x * scale - pivot;
      n += 1;
      if (isFloat<Rule>()) {
        groupS += d;
        groupQ += d * d;
      } else {
        store<f64>(lane, load<f64>(lane) + d);
        store<f64>(lane, load<f64>(lane, 32) + d * d, 32);
      }
    }
    if (isFloat<Rule>() && ((j & 7) === 7 || j + 1 === count)) {
      store<f64>(lane, load<f64>(lane) + groupS);
      store<f64>(lane, load<f64>(lane, 32) + groupQ, 32);
      groupS = 0;
      groupQ = 0;
    }
  }
  const sum = load<f64>(lanes) + load<f64>(lanes, 16) + (load<f64>(lanes, 8) + load<f64>(lanes, 24));
  const squares = load<f64>(lanes, 32) + load<f64>(lanes, 48) + (load<f64>(lanes, 40) + load<f64>(lanes, 56));
  store<f64>(lanes, sum);
  store<f64>(lanes, squares, 8);
  return n;
}
