import type { Statistics } from "@normstream/pipeline";
import type { AdvisedTable } from "../adviser/advice.js";

/** A pass that runs: what it is of, and how far it has come. */
export interface LiveRun extends AdvisedTable {
  readonly facts: Pick<
    Statistics["facts"],
    "input" | "shape" | "dtype" | "layout" | "engine" | "threads" | "nan" | "channelNames"
  >;
  /** Of the bytes, 0 to 1. */
  readonly fraction: number;
  /** Since the pass began. */
  readonly seconds: number;
}
