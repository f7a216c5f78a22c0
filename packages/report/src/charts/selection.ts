import type { ReportNorm } from "../report.js";

/** What is chosen in the page. Each chart draws the marks of what concerns it, and takes no notice of the rest. */
export interface ChartSelection {
  readonly norm?: ReportNorm | undefined;
  /** A channel's number. */
  readonly channel?: number | undefined;
  /** A sample's number. */
  readonly instance?: number | undefined;
  readonly batchSize?: number | undefined;
  /** Null is the cumulative average. */
  readonly momentum?: number | null | undefined;
}
