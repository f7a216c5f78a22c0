export { type Advice, type AdviceOptions, adviceOf, checkAdvice, type GapCurve, type NoiseCurve } from "./adviser/index.js";
export { type Measurement, type MeasureOptions, measurementPlan, measureTable, measureTensor } from "./build/measure.js";
export { buildReport, type ReportOptions } from "./build/report.js";
export { findingsOf } from "./check/check.js";
export { detailsOf, type ReportDetails } from "./details/report-details.js";
export type { ConsecutiveNoise } from "./instances/consecutive-batches.js";
export type { InstanceSample } from "./instances/instance-sample.js";
export type { RunningEstimate } from "./instances/running-estimate.js";
export { type InstanceFindings, type ScanOptions, scanTable, type TableScan } from "./instances/table-scan.js";
export type { VarianceParts } from "./instances/variance-parts.js";
export { LIVE_REPORT_BYTES, type LiveReportOptions, liveReport } from "./live/live-report.js";
export { LiveScan } from "./live/live-scan.js";
export { type ReportStreamOptions, report$ } from "./live/report-stream.js";
export * from "./payload.js";
export { createRasterizer, type PngOptions, type Rasterizer, type RasterizerFiles } from "./picture/rasterizer.js";
export { bundleOf, type ReportBundle } from "./static/mime-bundle.js";
export { notebookText } from "./static/notebook.js";
export { reportPage } from "./static/report-page.js";
export { STATIC_HTML_BYTES } from "./static/static-html.js";
export { plainText } from "./text/plain.js";
export {
  coarser,
  countValues,
  type DyadicHistogram,
  dyadicBins,
  mergeDyadic,
  quantileBounds,
} from "./values/dyadic-histogram.js";
