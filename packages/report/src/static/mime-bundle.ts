import { encodeReport } from "../payload/encode.js";
import type { Rasterizer } from "../picture/rasterizer.js";
import { REPORT_MIME, type Report } from "../report.js";
import { staticHtml } from "./static-html.js";

/** A report as the data of a notebook's output: what a viewer that knows it draws, what any shows, and what a terminal shows. */
export interface ReportBundle {
  /** Plain JSON of at most 256 KiB. */
  readonly [REPORT_MIME]: object;
  /** A picture and plain tables, at most 96 KiB. */
  readonly "text/html": string;
  /** At most 4 KiB. */
  readonly "text/plain": string;
}

export const bundleOf = (report: Report, rasterize: Rasterizer): ReportBundle => ({
  [REPORT_MIME]: encodeReport(report),
  "text/html": staticHtml(report, rasterize),
  "text/plain": report.text.plain,
});
