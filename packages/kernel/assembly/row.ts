/** Values of one leaf (rule 3), and bytes of one row of moments (rule 7: n, mean, m2, min, max, nan, +inf, −inf). */
export const LEAF: usize = 8192;
export const ROW: usize = 64;

/** Positions of a leaf that decide its first pivot (rule 5). */
export const FIRST: usize = 64;

/** Writes the moments of finite values; the counts of others are zero. Adding +0 makes −0 to +0. */
export function writeRow(row: usize, count: f64, mean: f64, m2: f64, min: f64, max: f64): void {
  store<f64>(row, count, 0);
  store<f64>(row, mean, 8);
  store<f64>(row, m2, 16);
  store<f64>(row, min + 0, 24);
  store<f64>(row, max + 0, 32);
  writeCounts(row, 0, 0, 0);
}

/** Writes how many values are NaN, +Infinity and −Infinity. */
export function writeCounts(row: usize, nan: f64, positive: f64, negative: f64): void {
  store<f64>(row, nan, 40);
  store<f64>(row, positive, 48);
  store<f64>(row, negative, 56);
}

/** Writes the row of no values. */
export function emptyRow(row: usize): void {
  writeRow(row, 0, 0, 0, Infinity, -Infinity);
}

/** Whether the sums lose more than 4 bits to the distance of the pivot from the mean (rule 5). */
export function isFarFromPivot(count: f64, sum: f64, squares: f64): bool {
  return squares > 16 * (squares - sum * (sum / count));
}

/** m2 of sums about a pivot (rule 5). */
export function squaresAboutMean(count: f64, sum: f64, squares: f64): f64 {
  if (squares === Infinity) return Infinity;
  const m2 = squares - sum * (sum / count);
  return m2 > 0 ? m2 : 0;
}

/** Whether a float64 is neither NaN nor an infinity. */
export function isFinite64(x: f64): bool {
  return x - x === 0;
}

/** into := merge(a, b) (rule 8); `into` may be `a`. Mirrors `mergeRow` of the moments package. */
export function mergeRows(a: usize, b: usize, into: usize): void {
  const countA = load<f64>(a);
  const countB = load<f64>(b);
  let count = countA;
  let mean = load<f64>(a, 8);
  let m2 = load<f64>(a, 16);
  if (countA === 0) {
    count = countB;
    mean = load<f64>(b, 8);
    m2 = load<f64>(b, 16);
  } else if (countB !== 0) {
    const meanB = load<f64>(b, 8);
    const delta = meanB - mean;
    count = countA + countB;
    mean = abs<f64>(delta) === Infinity ? mean * (countA / count) + meanB * (countB / count) : mean + delta * (countB / count);
    m2 = m2 + load<f64>(b, 16) + delta * delta * ((countA * countB) / count);
  }
  store<f64>(into, min<f64>(load<f64>(a, 24), load<f64>(b, 24)), 24);
  store<f64>(into, max<f64>(load<f64>(a, 32), load<f64>(b, 32)), 32);
  v128.store(into, f64x2.add(v128.load(a, 40), v128.load(b, 40)), 40);
  store<f64>(into, load<f64>(a, 56) + load<f64>(b, 56), 56);
  store<f64>(into, count);
  store<f64>(into, mean, 8);
  store<f64>(into, m2, 16);
}

/** A pivot rounded to float32, so that differences of float32 data from it are short; itself where that would overflow. */
export function roundedPivot(mean: f64): f64 {
  const rounded = <f64>(<f32>mean);
  return isFinite64(rounded) ? rounded : mean;
}
