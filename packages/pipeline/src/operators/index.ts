export { applyLayer, type ForwardLayer } from "./apply-layer.js";
export type { BatchOptions } from "./batches.js";
export { type BytesOptions, fromBytes } from "./from-bytes.js";
export { fromTensors, type Pulled, type PullOptions } from "./from-tensors.js";
export { type MomentsPart, mergeMoments } from "./merge-moments.js";
export { type MeasureOptions, type MomentsOfOptions, momentsOf, windowed } from "./moments-of.js";
export { shard } from "./shard.js";
export { type StandardizeOptions, standardize } from "./standardize.js";
export type { StreamMoments } from "./stream-moments.js";
