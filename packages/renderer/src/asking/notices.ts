import type { Report } from "@normstream/report/payload";
import type { Selection } from "../store.js";
import type { ReportSource } from "./report-source.js";

/** What is said in the place of something that is not there: by view. */
export interface Notices {
  readonly maps: string | null;
  readonly histograms: string | null;
}

export const NO_NOTICES: Notices = { maps: null, histograms: null };

/** Fills in what a report leaves out when somebody looks for it. Only who can ask has it: the view does without. */
export interface Asking {
  readonly source: ReportSource;
  /** A report with what has been asked for so far. */
  extended(report: Report): Report;
  readonly notices: Notices;
  /** Asks for what a selection shows and the report does not hold; soon, since selections pass by. */
  look(report: Report, selection: Selection): void;
  stop(): void;
}
