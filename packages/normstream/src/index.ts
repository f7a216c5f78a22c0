export { type OpenOptions, openTensor } from "@normstream/formats";
export type { Moments, NanPolicy, Norm, OutputDType, TableShape } from "@normstream/moments";
export type {
  BackwardOptions,
  BackwardResult,
  BatchOptions,
  BytesOptions,
  FitOptions,
  FitSource,
  ForwardLayer,
  ForwardOptions,
  LayerOptions,
  MeasureOptions,
  MomentsOfOptions,
  MomentsPart,
  NormalizeBy,
  NormalizeOptions,
  NormalizeResult,
  NormStatistics,
  ParameterGradients,
  Pool,
  Progress,
  Pulled,
  PullOptions,
  RunningStatistics,
  StandardizeOptions,
  StateDict,
  Statistics,
  StatisticsEvent,
  StatisticsProgress,
  StreamMoments,
  Tensor,
  TensorData,
  TrackingOptions,
} from "@normstream/pipeline";
export {
  applyLayer,
  BatchNorm,
  fromBytes,
  fromTensors,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  mergeMoments,
  momentsOf,
  shard,
  standardize,
  windowed,
} from "@normstream/pipeline";
export {
  type Advice,
  type AdviceOptions,
  decodeReport,
  encodeReport,
  type Finding,
  REPORT_MIME,
  type Report,
  type RunningEstimate,
  type Use,
  type Verdict,
} from "@normstream/report";
export { type DType, type ErrorKind, type Layout, NormstreamError, type TensorSource } from "@normstream/tensor";
export {
  adviseNorm,
  checkData,
  createReport,
  type DataOptions,
  describeInstances,
  type InstanceDescription,
} from "./advice.js";
export { type Normalization, type NormalizeRun, normalize } from "./normalize.js";
export { createPool, type PoolOptions } from "./pool.js";
export { computeStatistics, computeStatistics$, type StatisticsOptions } from "./statistics.js";
export { loadTensor, type TensorOptions, tensor } from "./tensor.js";
