import { LEAF } from "./row";

/**
 * The scratch of one instance: all memory that a kernel uses beside its arguments. Every instance over one memory has
 * its own; the loader says where.
 */
let base: usize = 0;

const WIDE: usize = 4096;
const HALF: usize = WIDE + 8 * LEAF + 64;
const COLUMNS: usize = HALF + 4 * LEAF;
const STAGE: usize = COLUMNS + 64 * 1024;

/** Bytes that `placeScratch` takes. */
export const SCRATCH_BYTES: usize = STAGE + 8 * LEAF + 64;

/** Tells this instance where its scratch is: `SCRATCH_BYTES` bytes, 64-byte aligned. */
export function placeScratch(at: usize): void {
  base = at;
}

/** Σ, Σ², minimum and maximum of the last sums: 4 float64. */
export function sumsAt(): usize {
  return base;
}

/** Vectors of the last extremes: 4. */
export function extremesAt(): usize {
  return base + 64;
}

/** The row that leaves are written to while they are folded, and its stack: 62 rows. */
export function stackAt(): usize {
  return base + 128;
}

/** One leaf as float64, and room to fill it up to a whole group; also the float64 stage of normalizing. */
export function wideAt(): usize {
  return base + WIDE;
}

/** The float32 stage of normalizing: 32 KiB. */
export function halfAt(): usize {
  return base + HALF;
}

/** Accumulators of the columns in flight: 64 KiB. */
export function columnsAt(): usize {
  return base + COLUMNS;
}

/** Elements of one leaf gathered as they are, or a tile of columns: 64 KiB. */
export function stageAt(): usize {
  return base + STAGE;
}
