export { type OpenOptions, openTensor } from "@normstream/formats";
export type { Moments, NanPolicy, Norm, OutputDType, TableShape } from "@normstream/moments";
export type {
  BackwardOptions,
  BackwardResult,
  FitOptions,
  FitSource,
  ForwardOptions,
  LayerOptions,
  NormalizeBy,
  NormalizeOptions,
  NormalizeResult,
  NormStatistics,
  ParameterGradients,
  Pool,
  Progress,
  RunningStatistics,
  StateDict,
  Statistics,
  StatisticsEvent,
  StatisticsProgress,
  Tensor,
  TensorData,
  TrackingOptions,
} from "@normstream/pipeline";
export { BatchNorm, GroupNorm, InstanceNorm, LayerNorm } from "@normstream/pipeline";
export { type DType, type ErrorKind, type Layout, NormstreamError, type TensorSource } from "@normstream/tensor";
export { type Normalization, type NormalizeRun, normalize } from "./normalize.js";
export { createPool, type PoolOptions } from "./pool.js";
export { computeStatistics, computeStatistics$, type StatisticsOptions } from "./statistics.js";
export { loadTensor, type TensorOptions, tensor } from "./tensor.js";
