export { byteSwap } from "./byte-swap";
export { interleavedRows, tableRows } from "./columns";
export { gradientColumnSums, gradientSumsInterleaved } from "./gradient-columns";
export { gradientLeafSums, gradientSums } from "./gradient-planes";
export { gradientInput, gradientInputPeriodic } from "./input-gradient";
export { normalizePeriodic, normalizeRun } from "./normalize";
export { leafRows, planeRows, runRows } from "./planes";
export { placeScratch, SCRATCH_BYTES } from "./scratch";
