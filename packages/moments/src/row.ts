/**
 * A row of moments: 8 float64 in this order (rule 7 of `normstream/table/1`). It stands for a plane, a block of planes
 * or any merge of rows. `count` counts finite values; `min` and `max` are of finite values.
 */
export const ROW = 8;
export const ROW_BYTES = 64;

/** Index of each field in a row. */
export const COUNT = 0;
export const MEAN = 1;
export const M2 = 2;
export const MIN = 3;
export const MAX = 4;
export const NAN = 5;
export const POS_INF = 6;
export const NEG_INF = 7;

/** Values of one leaf (rule 3), and of one plane that is still counted as small (rule 2). */
export const LEAF = 8192;

/** Writes the row of no values: 0, 0, 0, +Inf, −Inf, 0, 0, 0. `out` is mutated. */
export function emptyRow(out: Float64Array, at = 0): void {
  out.fill(0, at, at + ROW);
  out[at + MIN] = Infinity;
  out[at + MAX] = -Infinity;
}

/**
 * Merges row b into row a: `into[i] = merge(a[i], b[i])` (rule 8; Chan, Golub, LeVeque 1979). `into` may be `a` or `b`.
 * An empty row gives the other. Beyond the rule's letter: where the difference of two means overflows float64, the mean is
 * taken as a weighted sum, so that it stays finite and NaN never enters a row.
 */
export function mergeRow(a: Float64Array, ai: number, b: Float64Array, bi: number, into: Float64Array, at: number): void {
  const na = a[ai] as number;
  const nb = b[bi] as number;
  let count = na;
  let mean = a[ai + MEAN] as number;
  let m2 = a[ai + M2] as number;
  if (na === 0) {
    count = nb;
    mean = b[bi + MEAN] as number;
    m2 = b[bi + M2] as number;
  } else if (nb !== 0) {
    const meanB = b[bi + MEAN] as number;
    const delta = meanB - mean;
    count = na + nb;
    mean = Math.abs(delta) === Infinity ? mean * (na / count) + meanB * (nb / count) : mean + delta * (nb / count);
    m2 = m2 + (b[bi + M2] as number) + delta * delta * ((na * nb) / count);
  }
  into[at + MIN] = Math.min(a[ai + MIN] as number, b[bi + MIN] as number);
  into[at + MAX] = Math.max(a[ai + MAX] as number, b[bi + MAX] as number);
  into[at + NAN] = (a[ai + NAN] as number) + (b[bi + NAN] as number);
  into[at + POS_INF] = (a[ai + POS_INF] as number) + (b[bi + POS_INF] as number);
  into[at + NEG_INF] = (a[ai + NEG_INF] as number) + (b[bi + NEG_INF] as number);
  into[at + COUNT] = count;
  into[at + MEAN] = mean;
  into[at + M2] = m2;
}
