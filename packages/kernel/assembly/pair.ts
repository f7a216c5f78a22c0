/** Bytes of a pair of sums, Σ dy and Σ dy·x̂, and of a pair of statistics, mean and rstd. */
export const PAIR: usize = 16;

/** Writes a pair; NaN has one pattern of bits, wherever it came from. */
export function writePair(at: usize, sum: f64, product: f64): void {
  store<f64>(at, sum === sum ? sum : NaN);
  store<f64>(at, product === product ? product : NaN, 8);
}

/** into := a + b; `into` may be `a`. */
export function addPairs(a: usize, b: usize, into: usize): void {
  v128.store(into, f64x2.add(v128.load(a), v128.load(b)));
}
