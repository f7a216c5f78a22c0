export { byteSwap } from "./byte-swap";
export { interleavedRows, tableRows } from "./columns";
export { normalizePeriodic, normalizeRun } from "./normalize";
export { leafRows, planeRows, runRows } from "./planes";
export { placeScratch, SCRATCH_BYTES } from "./scratch";
