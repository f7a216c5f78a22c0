export { type Advice, type AdviceOptions, adviceOf, type GapCurve, type NoiseCurve } from "./adviser/index.js";
export { type InstanceFindings, type ScanOptions, scanTable, type TableScan } from "./instances/table-scan.js";
export * from "./report.js";
