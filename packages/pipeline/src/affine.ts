import { dataError } from "@normstream/tensor";
import type { AffineStatistics } from "./pass.js";

/**
 * Reciprocal stds, 1 / sqrt(variance + eps).
 * @param variance `[length]` float64 (correction 0), not mutated; NaN stays NaN
 * @param where names the statistic at an index in the message of an error
 * @throws NormstreamError of kind `data` where variance + eps is 0: there is nothing to divide by.
 */
export function reciprocalStd(
  variance: Float64Array,
  eps: number,
  where: (index: number) => { file?: string; sample?: number; channel?: number },
) {
  return variance.map((v, i) => {
    if (v + eps <= 0) {
      throw dataError(`the variance is ${v} and eps is ${eps}: nothing to divide by`, {
        ...where(i),
        hint: "Give an eps above 0.",
      });
    }
    return 1 / Math.sqrt(v + eps);
  });
}

/** Index of the set of statistics that a sample takes. */
export const setOf = (s: AffineStatistics, sample: number): number =>
  s.samplesPerSet === Infinity ? 0 : Math.floor((sample - s.firstSample) / s.samplesPerSet);

/** How many further samples take the same set as `sample`, that one included. */
export const samplesLeftInSet = (s: AffineStatistics, sample: number): number =>
  s.samplesPerSet === Infinity ? Infinity : s.samplesPerSet - ((sample - s.firstSample) % s.samplesPerSet);
