import type { RowBounds } from "@normstream/moments";
import type { StatisticsFacts } from "./statistics.js";

/** Statistics of a data set without their table. `Statistics` are one too. */
export interface Summary {
  /** What the data are; `nan` is the policy that `total` is read under. */
  readonly facts: Pick<StatisticsFacts, "input" | "shape" | "dtype" | "layout" | "nan" | "channelNames">;
  /** N */
  readonly samples: number;
  /** `[C, 8]` float64 before any policy: count, mean, m2, min, max, NaN, +Inf, −Inf. NaN as min or max: not known. Not mutated. */
  readonly total: Float64Array;
  /** `[C]`: how far each channel's numbers may be off; left out where they come from a pass, whose bounds follow from `total`. */
  readonly bounds?: readonly RowBounds[] | undefined;
}
