export { BatchNorm, type FitOptions, type FitSource } from "./batch-norm.js";
export { GroupNorm } from "./group-norm.js";
export { InstanceNorm } from "./instance-norm.js";
export type { BackwardOptions, BackwardResult, ForwardOptions, LayerOptions } from "./layer.js";
export { LayerNorm } from "./layer-norm.js";
export type { StateDict } from "./state-dict.js";
export type { TrackingOptions } from "./tracking-layer.js";
