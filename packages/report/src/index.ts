export { type Advice, type AdviceOptions, adviceOf, type GapCurve, type NoiseCurve } from "./adviser/index.js";
export { type Measurement, type MeasureOptions, measurementPlan, measureTable, measureTensor } from "./build/measure.js";
export { buildReport, type ReportOptions } from "./build/report.js";
export { findingsOf } from "./check/check.js";
export { reportPage } from "./html/report-page.js";
export type { ConsecutiveNoise } from "./instances/consecutive-batches.js";
export type { InstanceSample } from "./instances/instance-sample.js";
export type { RunningEstimate } from "./instances/running-estimate.js";
export { type InstanceFindings, type ScanOptions, scanTable, type TableScan } from "./instances/table-scan.js";
export type { VarianceParts } from "./instances/variance-parts.js";
export * from "./payload.js";
export { plainText } from "./text/plain.js";
export {
  coarser,
  countValues,
  type DyadicHistogram,
  dyadicBins,
  mergeDyadic,
  quantileBounds,
} from "./values/dyadic-histogram.js";
