// What the programs computed, held against the job's reference.

/** Float64 sums in another order; NumPy's variance is E[x²] − E[x]², which loses some digits. */
export const EXACT_ENOUGH = 1e-9;
/** Float32 results; the peers' normalizing rounds once more than ours. */
const VALUE_TOLERANCE = 1e-5;

/**
 * How far an answer lies from the reference: the largest error of means and variances, relative to the variance or to
 * |mean| + std, or the largest of the values in the sample, relative to max(1, |y|). Infinite where a list is too short or
 * holds NaN, or where a minimum or maximum is another; null where there is nothing to compare.
 */
export function errorOf(answer, reference) {
  if (!reference) return null;
  const errors = Object.keys(scales).flatMap((what) => {
    if (!answer[what] || !reference[what]) return [];
    if (answer[what].length !== reference[what].length) return [Number.POSITIVE_INFINITY];
    return Array.from(reference[what], (expected, i) => {
      const error = Math.abs(answer[what][i] - expected) / scales[what](reference, i);
      return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    });
  });
  return errors.length === 0 ? null : errors.reduce((most, error) => Math.max(most, error), 0);
}

/** What an error is relative to; a minimum or maximum that differs at all is as good as infinitely wrong. */
const scales = {
  mean: ({ mean, variance }, i) => Math.abs(mean[i]) + Math.sqrt(variance[i]),
  variance: ({ variance }, i) => variance[i],
  min: () => Number.MIN_VALUE,
  max: () => Number.MIN_VALUE,
  sample: ({ sample }, i) => Math.max(1, Math.abs(sample[i])),
};

/** What an error may be that counts as agreement. @param tolerance of a contender that is known to be less exact */
export function disagreement(name, error, reference, tolerance) {
  const most = tolerance ?? (reference?.sample ? VALUE_TOLERANCE : EXACT_ENOUGH);
  return error === null || error <= most ? [] : [`${name}: its error is ${error}, and ${most} is the most`];
}
