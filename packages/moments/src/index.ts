export { Fold, foldRows } from "./fold.js";
export type { Affine, Kernel, OutputDType } from "./kernel.js";
export { type LeafRule, leafRow } from "./leaf.js";
export { COUNT, emptyRow, LEAF, M2, MAX, MEAN, MIN, mergeRow, NAN, NEG_INF, POS_INF, ROW, ROW_BYTES } from "./row.js";
