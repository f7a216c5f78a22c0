import type { DType, Layout } from "@normstream/tensor";
import type { Shift } from "./channel-shift.js";
import type { ErrorBasis } from "./sampling-error.js";

/** What is found of a channel, or of all: see `Comparison.verdict`. */
export type Verdict = "shifted" | "unknown" | "small" | "none";

/** One of the two that were compared. */
export interface ComparedSide {
  readonly input: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly layout: Layout;
  readonly samples: number;
  /** Null of a summary that holds none. */
  readonly digest: string | null;
  /** What the standard errors of means come from. */
  readonly meanError: ErrorBasis;
  /** And those of stds. */
  readonly stdError: ErrorBasis;
}

export interface ComparedChannel {
  readonly channel: number;
  /** Of A and of B: finite values, and the mean and std (correction 0) under the NaN policy. */
  readonly count: readonly [number, number];
  readonly mean: readonly [number, number];
  readonly std: readonly [number, number];
  /** Mean of B − mean of A. `adjustedP` is Holm's over the means and stds of all channels. */
  readonly meanShift: Shift & { readonly effect: number; readonly adjustedP: number };
  /** ln(std of B / std of A), with the bias of small samples taken out of both. */
  readonly stdShift: Shift & { readonly adjustedP: number };
  readonly verdict: Verdict;
}

export interface Comparison {
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  readonly threshold: number;
  readonly significance: number;
  /**
   * The worst of the channels'. `shifted`: significant, and by the threshold or more. `unknown`: cannot be told, since a side has no second
   * sample, or a mean that is not finite. `small`: significant, but less than the threshold, which any two large data sets are.
   * `none`: what differs may be chance.
   */
  readonly verdict: Verdict;
  /** One a channel, in order. */
  readonly channels: readonly ComparedChannel[];
  /** What a reader should know of the two: other dtypes or ranges, planes of other sizes, what the errors assume. */
  readonly notes: readonly string[];
}
