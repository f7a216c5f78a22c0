import { COUNT, M2, MAX, MEAN, MIN, NAN, NEG_INF, POS_INF, ROW } from "./row.js";

/**
 * What becomes of values that are not finite (rule 15). `propagate`: they make the statistic NaN, or the mean infinite where
 * all infinities have one sign. `omit`: they are left out. `error`: the pass ends at the first of them.
 */
export type NanPolicy = "propagate" | "omit" | "error";

/** Statistics of some groups of values: arrays of one length, float64, with an entry a group (a channel, an instance, …). */
export interface Moments {
  /** Finite values. */
  readonly count: Float64Array;
  /** Of finite values, then under the NaN policy; in the data's own unit. */
  readonly mean: Float64Array;
  /** Sum of squared differences from the mean. */
  readonly m2: Float64Array;
  /** m2 / count (correction 0: the biased variance, which normalizes). */
  readonly variance: Float64Array;
  /** Of finite values; Infinity where there are none. */
  readonly min: Float64Array;
  /** Of finite values; −Infinity where there are none. */
  readonly max: Float64Array;
  /** How many values are NaN. */
  readonly nan: Float64Array;
  /** How many values are +Infinity. */
  readonly posInf: Float64Array;
  /** How many values are −Infinity. */
  readonly negInf: Float64Array;
}

/**
 * Reads rows as statistics under a NaN policy (`error` reads as `propagate`: who asked for it has stopped before).
 * A group without values has mean and variance NaN.
 * @param rows `[length, 8]` float64, not mutated
 */
export function finishRows(rows: Float64Array, policy: NanPolicy): Moments {
  const length = rows.length / ROW;
  const column = (field: number) => Float64Array.from({ length }, (_, i) => rows[i * ROW + field] as number);
  const moments = {
    count: column(COUNT),
    mean: column(MEAN),
    m2: column(M2),
    variance: new Float64Array(length),
    min: column(MIN),
    max: column(MAX),
    nan: column(NAN),
    posInf: column(POS_INF),
    negInf: column(NEG_INF),
  };
  for (let i = 0; i < length; i++) {
    const positive = (moments.posInf[i] as number) > 0;
    const negative = (moments.negInf[i] as number) > 0;
    const isNan = (moments.nan[i] as number) > 0 || (positive && negative);
    if (policy !== "omit" && (isNan || positive || negative)) {
      moments.mean[i] = isNan ? Number.NaN : positive ? Infinity : -Infinity;
      moments.m2[i] = Number.NaN;
    } else if (moments.count[i] === 0) {
      moments.mean[i] = Number.NaN;
      moments.m2[i] = Number.NaN;
    }
    moments.variance[i] = (moments.m2[i] as number) / (moments.count[i] as number);
  }
  return moments;
}
