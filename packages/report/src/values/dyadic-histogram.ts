/** Bins that a histogram has at most. */
const MOST_BINS = 512;

/**
 * Counts in bins whose width is a power of two and whose edges are its multiples: bin i is [(first + i) · 2^exponent, (first + i + 1) ·
 * 2^exponent). Two neighbours make one bin of the next exponent, so that histograms of parts merge exactly, in any order.
 */
export interface DyadicHistogram {
  readonly exponent: number;
  readonly first: number;
  /** `[bins]` float64 of whole numbers, 1 to 512 bins. */
  readonly counts: Float64Array;
}

/**
 * An empty histogram with the narrowest bins of which 512 reach from `min` to `max`.
 * @param least the narrowest exponent that makes sense: 0 for integers
 */
export function dyadicBins(min: number, max: number, least = -1000): DyadicHistogram {
  const largest = Math.max(Math.abs(min), Math.abs(max), 2 ** -1000);
  // Bins far from 0 are no narrower than the numbers there.
  const finest = Math.max(least, Math.floor(Math.log2(largest)) - 52);
  const span = max / 2 - min / 2;
  let exponent = Math.max(finest, span > 0 ? Math.floor(Math.log2(span)) - 9 : finest);
  while (binOf(max, exponent) - binOf(min, exponent) >= MOST_BINS) exponent++;
  const first = binOf(min, exponent);
  return { exponent, first, counts: new Float64Array(binOf(max, exponent) - first + 1) };
}

/** The bin of a value. What is too small for the division to keep lies left of 0 all the same where it is negative. */
function binOf(x: number, exponent: number): number {
  const bin = Math.floor(x / 2 ** exponent);
  return bin === 0 && x < 0 ? -1 : bin + 0;
}

/** Counts finite values. @param histogram its counts are mutated; values must lie within its bins */
export function countValues(histogram: DyadicHistogram, values: Float64Array): void {
  const { exponent, first, counts } = histogram;
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number;
    if (!Number.isFinite(x)) continue;
    const bin = binOf(x, exponent) - first;
    counts[bin] = (counts[bin] as number) + 1;
  }
}

/** The same counts in bins twice as wide. */
export function coarser({ exponent, first, counts }: DyadicHistogram): DyadicHistogram {
  const start = Math.floor(first / 2);
  const merged = new Float64Array(Math.floor((first + counts.length - 1) / 2) - start + 1);
  for (let i = 0; i < counts.length; i++) {
    const bin = Math.floor((first + i) / 2) - start;
    merged[bin] = (merged[bin] as number) + (counts[i] as number);
  }
  return { exponent: exponent + 1, first: start, counts: merged };
}

/** The counts of both, exactly, in the narrowest bins that serve both and are at most 512. */
export function mergeDyadic(a: DyadicHistogram, b: DyadicHistogram): DyadicHistogram {
  let [x, y] = [a, b];
  for (;;) {
    if (x.exponent < y.exponent) x = coarser(x);
    else if (y.exponent < x.exponent) y = coarser(y);
    else {
      const first = Math.min(x.first, y.first);
      const bins = Math.max(x.first + x.counts.length, y.first + y.counts.length) - first;
      if (bins <= MOST_BINS) return { exponent: x.exponent, first, counts: sumOf(x, y, first, bins) };
      x = coarser(x);
      y = coarser(y);
    }
  }
}

function sumOf(a: DyadicHistogram, b: DyadicHistogram, first: number, bins: number): Float64Array {
  const counts = new Float64Array(bins);
  for (const part of [a, b]) {
    for (let i = 0; i < part.counts.length; i++) {
      const bin = part.first + i - first;
      counts[bin] = (counts[bin] as number) + (part.counts[i] as number);
    }
  }
  return counts;
}

/** Widens bins down to a number of them, and further while every other bin is empty: values on a coarser grid show no comb. */
export function presentable(histogram: DyadicHistogram, mostBins: number): DyadicHistogram {
  let shown = histogram;
  while (shown.counts.length > mostBins || (shown.counts.length > 2 && isComb(shown))) shown = coarser(shown);
  return shown;
}

function isComb({ first, counts }: DyadicHistogram): boolean {
  return [0, 1].some((parity) => counts.every((count, i) => count === 0 || (((first + i) % 2) + 2) % 2 === parity));
}

/**
 * Between what the p-quantile of the counted values lies: the edges of the bin that holds it.
 * @returns null where nothing was counted
 */
export function quantileBounds({ exponent, first, counts }: DyadicHistogram, p: number): readonly [number, number] | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let below = 0;
  for (let i = 0; i < counts.length; i++) {
    below += counts[i] as number;
    if (below >= p * total && (counts[i] as number) > 0) return [(first + i) * 2 ** exponent, (first + i + 1) * 2 ** exponent];
  }
  const last = first + counts.length;
  return [(last - 1) * 2 ** exponent, last * 2 ** exponent];
}
