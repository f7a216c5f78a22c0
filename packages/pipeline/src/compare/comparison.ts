import type { DType, Layout } from "@normstream/tensor";
import type { Shift } from "./channel-shift.js";
import type { ErrorBasis } from "./sampling-error.js";

/** What is found of a channel, or of all: see `Comparison.verdict`. */
export type ShiftVerdict = "shifted" | "unknown" | "small" | "none";

/** One of the two that were compared. */
export interface ComparedSide {
  /** What the data were called. */
  readonly input: string;
  /** Of the whole input. */
  readonly shape: readonly number[];
  /** Type of the values. */
  readonly dtype: DType;
  /** Order of the axes. */
  readonly layout: Layout;
  /** N */
  readonly samples: number;
  /** Null of a summary that holds none. */
  readonly digest: string | null;
  /** What the standard errors of means come from. */
  readonly meanError: ErrorBasis;
  /** And those of stds. */
  readonly stdError: ErrorBasis;
}

/** What was found of one channel. Pairs are of A and of B. */
export interface ComparedChannel {
  /** Counted from 0. */
  readonly channel: number;
  /** Where the data have names: the column of a table. */
  readonly name?: string | undefined;
  /** Finite values. */
  readonly count: readonly [number, number];
  /** Under the NaN policy of each side. */
  readonly mean: readonly [number, number];
  /** Correction 0, under the NaN policy of each side. */
  readonly std: readonly [number, number];
  /** Mean of B − mean of A. */
  readonly meanShift: TestedShift & {
    /** The shift in stds, √((σa² + σb²) / 2); ±Infinity between two constants. */
    readonly effect: number;
  };
  /** ln(std of B / std of A), with the bias of small samples taken out of both. */
  readonly stdShift: TestedShift;
  /** The worse of what the mean and the std say. */
  readonly verdict: ShiftVerdict;
}

/** A shift, as one of many tests. */
export interface TestedShift extends Shift {
  /** Holm's, over the means and stds of all channels: below the significance it is a finding. */
  readonly adjustedP: number;
}

/** How two data sets differ, channel by channel. */
export interface Comparison {
  /** The data set that B is held against. */
  readonly a: ComparedSide;
  /** The data set whose shift is told. */
  readonly b: ComparedSide;
  /** What counts as a shift: `CompareOptions.threshold`. */
  readonly threshold: number;
  /** What an adjusted p has to be below. */
  readonly significance: number;
  /**
   * The worst of the channels'. `shifted`: significant, and by the threshold or more. `unknown`: cannot be told, since a side has no second
   * sample, or a mean that is not finite. `small`: significant, but less than the threshold, which any two large data sets are.
   * `none`: what differs may be chance.
   */
  readonly verdict: ShiftVerdict;
  /** One a channel, in order. */
  readonly channels: readonly ComparedChannel[];
  /** What a reader should know of the two: other dtypes or ranges, planes of other sizes, what the errors assume. */
  readonly notes: readonly string[];
}
