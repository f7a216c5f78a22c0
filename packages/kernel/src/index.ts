export { fitsFloat32 } from "./affine.js";
export { compileKernel } from "./compile.js";
export { createKernel } from "./kernel.js";
export { periodicBytes } from "./periodic.js";
export { SCRATCH_BYTES } from "./scratch.js";
