import { COUNT, emptyRow, M2, MAX, MEAN, MIN, NAN, NEG_INF, POS_INF, ROW } from "./row.js";

/** How far a row's numbers may be from those of the data behind it. All are absolute, and worst cases. */
export interface RowBounds {
  /** |mean − true mean| at most. */
  readonly mean: number;
  /** |m2 − true m2| at most. */
  readonly m2: number;
  /** No value is below this. */
  readonly min: number;
  /** No value is above this. */
  readonly max: number;
}

/** Half a unit in the last place of 1: what one rounding may cost. */
const U = 2 ** -53;

/** Roundings of a leaf's m2, in U of m2: 2048 in a lane with the 4 bits that rule 5 allows, in both terms; and those of all merges. */
const LEAF_M2 = 2 ** 17;

/** Roundings of a leaf's mean, in U of its std: 2055, about a pivot that is at most 4 stds away. */
const LEAF_MEAN = 8300;

/** Merges that a value has gone through: the tree's depth, and those of the folds within it that are not full. */
const depthOf = (count: number): number => Math.ceil(Math.log2(Math.max(2, count))) + 8;

/**
 * Bounds of a row that was computed under the rules of `normstream/table/1`, from the row alone. With u = 2⁻⁵³, L the depth of the
 * tree, A = max |x|, D = max − min and σ = √(m2 / n):
 *
 * - mean: e = u · (8300 σ + L · (A + 6 D)). A leaf adds at most 2055 terms that are 4σ in the mean; each merge rounds the mean
 *   once (A) and the step towards it (D).
 * - m2: E = 2¹⁷ u · m2 + 2 √L · e · √(n · m2) + L · n · e², and what is lost below the smallest float64. The first term is that of the
 *   leaves; the others say what it costs that merges see means that are off by e: Σ 2 |δ| w · 2e over all merges, with
 *   Σ δ²w ≤ m2 and Σ w ≤ L · n / 4 (Cauchy and Schwarz).
 *
 * Where an extreme is not known, the bounds are infinite.
 */
export function rowBounds(rows: Float64Array, at = 0): RowBounds {
  const count = rows[at + COUNT] as number;
  const min = rows[at + MIN] as number;
  const max = rows[at + MAX] as number;
  if (count === 0) return { mean: 0, m2: 0, min, max };
  if (Number.isNaN(min) || Number.isNaN(max)) return { mean: Infinity, m2: Infinity, min: -Infinity, max: Infinity };
  const m2 = rows[at + M2] as number;
  const depth = depthOf(count);
  const size = Math.max(Math.abs(min), Math.abs(max));
  const mean = U * (LEAF_MEAN * Math.sqrt(m2 / count) + depth * (size + 6 * (max - min)));
  return { mean, m2: U * LEAF_M2 * m2 + treeError(count, m2, mean, depth), min, max };
}

/** What a tree's m2 may lose to means that are off by `mean`. */
const treeError = (count: number, m2: number, mean: number, depth: number): number =>
  2 * Math.sqrt(depth) * mean * Math.sqrt(count) * Math.sqrt(m2) + depth * count * mean * mean + count * 2 ** -1072;

/**
 * Bounds of a merge of rows whose own bounds are known, since they came out of `unmergeRow`.
 * @param merged the merged row at `at`
 */
export function mergeBounds(parts: readonly RowBounds[], merged: Float64Array, at = 0): RowBounds {
  const min = Math.min(...parts.map((part) => part.min));
  const max = Math.max(...parts.map((part) => part.max));
  const count = merged[at + COUNT] as number;
  if (count === 0) return { mean: 0, m2: 0, min, max };
  const m2 = merged[at + M2] as number;
  const depth = depthOf(count);
  const size = Math.max(Math.abs(min), Math.abs(max));
  const mean = Math.max(...parts.map((part) => part.mean)) + U * depth * (size + 6 * (max - min));
  const own = parts.reduce((sum, part) => sum + part.m2, 0);
  return { mean, m2: own + 8 * depth * U * m2 + treeError(count, m2, mean, depth), min, max };
}

/** What `unmergeRow` says of the rest. */
export interface Unmerged {
  readonly bounds: RowBounds;
  /**
   * Decimal digits that are certain in both m2 (of m2) and the mean (of the larger of |mean| and the std): −log₁₀ of the worst
   * relative error. Infinity where both are exact.
   */
  readonly digits: number;
}

/**
 * The inverse of `mergeRow`: the moments of `whole` without those of `part`. With n' = n − nb,
 * mean' = mean + (mean − meanb) · nb / n', m2' = m2 − m2b − (meanb − mean)² · n · nb / n'.
 * That subtracts, so it may cancel digits away; the bounds say how many are left:
 *
 * - mean: e + (e + eb) · nb / n', and the roundings of the formula,
 * - m2: E + Eb + (2 |δ| (e + eb) + (e + eb)²) · n · nb / n', and the roundings, 4 u of the sum of the terms.
 *
 * Minimum and maximum cannot be undone where the part has the same: there the rest's is NaN, which says that it is not known. (Such
 * a row has no place in a table.)
 *
 * @param into the rest is written here, at `intoAt`; may be one of the others
 * @returns undefined where the part cannot be one of the whole: it has more values, or values outside of its range, or more spread
 */
export function unmergeRow(
  whole: { readonly rows: Float64Array; readonly at: number; readonly bounds: RowBounds },
  part: { readonly rows: Float64Array; readonly at: number; readonly bounds: RowBounds },
  into: Float64Array,
  intoAt: number,
): Unmerged | undefined {
  const [mean, meanPart] = [whole.rows[whole.at + MEAN] as number, part.rows[part.at + MEAN] as number];
  const [count, countPart] = [whole.rows[whole.at + COUNT] as number, part.rows[part.at + COUNT] as number];
  const rest = count - countPart;
  const others = [NAN, POS_INF, NEG_INF].map((field) => {
    return [field, (whole.rows[whole.at + field] as number) - (part.rows[part.at + field] as number)] as const;
  });
  if (rest < 0 || others.some(([, left]) => left < 0)) return undefined;
  const { bounds } = whole;
  // Extremes are exact, and so is what they say.
  const [minPart, maxPart] = [part.rows[part.at + MIN] as number, part.rows[part.at + MAX] as number];
  if (countPart > 0 && (minPart < bounds.min || maxPart > bounds.max)) return undefined;

  const row = new Float64Array(ROW);
  const finish = (result: Unmerged): Unmerged => {
    for (const [field, left] of others) row[field] = left;
    into.set(row, intoAt);
    return result;
  };
  if (rest === 0) {
    emptyRow(row);
    return finish({ bounds: rowBounds(row), digits: Infinity });
  }
  row[COUNT] = rest;
  row[MIN] = extreme(whole.rows[whole.at + MIN] as number, minPart, countPart, bounds);
  row[MAX] = extreme(whole.rows[whole.at + MAX] as number, maxPart, countPart, bounds);
  const m2 = whole.rows[whole.at + M2] as number;
  if (bounds.min === bounds.max) {
    // Equal values: what is left of them is known without arithmetic.
    row[MEAN] = bounds.min;
    return finish({ bounds: { mean: 0, m2: 0, min: bounds.min, max: bounds.max }, digits: Infinity });
  }
  if (countPart === 0) {
    row[MEAN] = mean;
    row[M2] = m2;
    return finish({ bounds, digits: digitsOf(row, bounds) });
  }
  const m2Part = part.rows[part.at + M2] as number;
  const ratio = countPart / rest;
  const weight = count * ratio;
  const delta = mean - meanPart;
  const between = delta * delta * weight;
  row[MEAN] = mean + delta * ratio;
  row[M2] = m2 - m2Part - between;
  const off = bounds.mean + part.bounds.mean;
  const meanError = bounds.mean + off * ratio + 4 * U * (Math.abs(row[MEAN]) + Math.abs(mean) + Math.abs(delta) * ratio);
  const m2Error =
    bounds.m2 +
    part.bounds.m2 +
    (2 * Math.abs(delta) * off + off * off) * weight +
    8 * U * (m2 + m2Part + between) +
    rest * 2 ** -1072;
  if (row[M2] < -m2Error || row[MEAN] < bounds.min - meanError || row[MEAN] > bounds.max + meanError) return undefined;
  row[M2] = Math.max(0, row[M2]);
  const left = { mean: meanError, m2: m2Error, min: bounds.min, max: bounds.max };
  return finish({ bounds: left, digits: digitsOf(row, left) });
}

/** The rest's extreme: the whole's, unless the part has it too. */
function extreme(whole: number, part: number, countPart: number, { min, max }: RowBounds): number {
  if (countPart === 0 || min === max) return whole;
  return part === whole || Number.isNaN(part) ? Number.NaN : whole;
}

function digitsOf(row: Float64Array, { mean, m2 }: RowBounds): number {
  if (mean === 0 && m2 === 0) return Infinity;
  const size = Math.max(Math.abs(row[MEAN] as number), Math.sqrt((row[M2] as number) / (row[COUNT] as number)));
  const worst = Math.max(mean / size, m2 / (row[M2] as number));
  // What overflows float64 has no digits.
  return Number.isFinite(worst) ? Math.max(0, -Math.log10(worst)) : 0;
}
