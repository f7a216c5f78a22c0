export { fitsFloat32 } from "./affine.js";
export { compileKernel } from "./compile.js";
export { gradientFitsFloat32 } from "./input-gradient.js";
export { createKernel } from "./kernel.js";
export { periodicBytes } from "./periodic.js";
export { periodicGradientBytes } from "./periodic-gradient.js";
export { SCRATCH_BYTES } from "./scratch.js";
export { weightsBytes } from "./weights.js";
