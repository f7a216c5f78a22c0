/** Bytes of scratch that one kernel instance needs, 64-byte aligned: `SCRATCH_BYTES` of assembly/scratch.ts. */
export const SCRATCH_BYTES = 233_600;
