export type { ParameterGradients } from "./backward.js";
export { decodeResult, encodeResult } from "./checkpoint/shard-record.js";
export type { Shift } from "./compare/channel-shift.js";
export { type CompareOptions, compareStatistics } from "./compare/compare-statistics.js";
export type { ComparedChannel, ComparedSide, Comparison, ShiftVerdict, TestedShift } from "./compare/comparison.js";
export type { ErrorBasis } from "./compare/sampling-error.js";
export {
  planStatistics,
  type StatisticsEvent,
  type StatisticsObserver,
  type StatisticsOptions,
  type StatisticsProgress,
  statistics$,
  statisticsOf,
} from "./compute-statistics.js";
export { type AnnouncedShards, DEFAULT_MEMORY_BYTES, disposedError, type Engine } from "./engine.js";
export { Heap } from "./heap.js";
export { type Host, host, type MimeBundle, type Shown, type Surface } from "./host.js";
export { createInlineEngine } from "./inline-engine.js";
export {
  type BackwardOptions,
  type BackwardResult,
  BatchNorm,
  type FitOptions,
  type FitSource,
  type ForwardOptions,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  type LayerNormOptions,
  type LayerOptions,
  type LayerState,
  type LoadStateOptions,
  type ReadStateDictOptions,
  readStateDict,
  type StateDict,
  type StateEntry,
  type StateTensor,
  type TrackingOptions,
} from "./layers/index.js";
export { loadTensor } from "./load-tensor.js";
export { joinedNames, type MergeOptions, mergeTables } from "./merge-tables.js";
export type { NormStatistics } from "./norm-statistics.js";
export {
  type NormalizeOptions,
  type NormalizeResult,
  type NormalizeRun,
  normalizeToFile,
  normalizeToTensor,
} from "./normalize.js";
export type { NormalizeBy, RunningStatistics } from "./normalize-by.js";
export {
  applyLayer,
  type BatchOptions,
  type BytesOptions,
  type ForwardLayer,
  fromBytes,
  fromTensors,
  type MeasureOptions,
  type MomentsOfOptions,
  type MomentsPart,
  mergeMoments,
  momentsOf,
  type Pulled,
  type PullOptions,
  type StandardizeOptions,
  type StreamMoments,
  shard,
  standardize,
  windowed,
} from "./operators/index.js";
export { outputSpan } from "./output-span.js";
export {
  createFlags,
  isInHeap,
  nextPassId,
  PASS_FLAGS,
  type Pass,
  type Rect,
  type ShardResult,
  type ShardSpan,
  type ShardTask,
  type Steps,
} from "./pass.js";
export { normalizeToPictures, type PicturesResult, type PicturesRun } from "./pictures.js";
export type { Plan, PlanOptions } from "./plan.js";
export { type NormalizePlan, type NormalizePlanOptions, planNormalize } from "./plan-normalize.js";
export { engineOf, type Pool } from "./pool.js";
export type { Progress } from "./progress.js";
export { pullInOrder } from "./pull.js";
export { type RegionValues, readRegions } from "./read-regions.js";
export { removeStatistics, type SampleRange } from "./remove/remove-statistics.js";
export { type RemainingSummary, type RemoveSummaryOptions, removeSummary } from "./remove/remove-summary.js";
export { EXECUTOR_BYTES, type HeapAccess, ShardExecutor } from "./shard-executor.js";
export { Statistics, type StatisticsFacts } from "./statistics.js";
export { type Grid, gridOf } from "./steps.js";
export type { Summary } from "./summary.js";
export { findTableMeta, openTable, readRows, type TableFile, writeTable } from "./table-file.js";
export type { TableMeta } from "./table-meta.js";
export { type Tensor, type TensorData, tensorIn } from "./tensor.js";
export { workspaceBytes } from "./workspace.js";
