export { BatchNorm, type FitOptions, type FitSource } from "./batch-norm.js";
export { GroupNorm } from "./group-norm.js";
export { InstanceNorm } from "./instance-norm.js";
export type { BackwardOptions, BackwardResult, ForwardOptions, LayerOptions } from "./layer.js";
export { LayerNorm, type LayerNormOptions } from "./layer-norm.js";
export { type ReadStateDictOptions, readStateDict } from "./read-state-dict.js";
export type { LayerState, LoadStateOptions, StateDict, StateEntry, StateTensor } from "./state-dict.js";
export type { TrackingOptions } from "./tracking-layer.js";
