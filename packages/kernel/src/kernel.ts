import type { Kernel } from "@normstream/moments";
import { isNarrow, narrowAffine } from "./affine.js";
import { compileKernel } from "./compile.js";
import { DTYPE_CODE, type KernelExports } from "./exports.js";
import { gradientKernel } from "./gradient.js";
import { periodicBytes, writePeriodic } from "./periodic.js";

/**
 * The SIMD kernels over a shared memory. Instances over one memory may run on any threads at once, each with a scratch
 * of its own.
 *
 * @param memory created with `shared: true` and a maximum of at most 65536 pages
 * @param scratch byte offset of `SCRATCH_BYTES` bytes, 64-byte aligned, that nothing else uses
 */
export function createKernel(memory: WebAssembly.Memory, scratch: number, module = compileKernel()): Kernel {
  const wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
  wasm.placeScratch(scratch);
  return {
    get buffer() {
      return memory.buffer;
    },
    planeRows: (dtype, source, planes, values, strideBytes, rows) =>
      wasm.planeRows(DTYPE_CODE[dtype], source, planes, values, strideBytes, rows),
    leafRows: (dtype, source, values, rows) => wasm.leafRows(DTYPE_CODE[dtype], source, values, rows),
    runRows: (dtype, source, channels, runs, values, channelStrideBytes, runStrideBytes, rows) =>
      wasm.runRows(DTYPE_CODE[dtype], source, channels, runs, values, channelStrideBytes, runStrideBytes, rows),
    interleavedRows: (dtype, source, positions, channels, strideBytes, rows) =>
      wasm.interleavedRows(DTYPE_CODE[dtype], source, positions, channels, strideBytes, rows),
    tableRows: (dtype, source, positions, channels, strideBytes, rows) =>
      wasm.tableRows(DTYPE_CODE[dtype], source, positions, channels, strideBytes, rows),
    normalizeRun: (from, to, source, target, values, affine) => {
      const narrow = isNarrow(from, to) ? narrowAffine(affine) : undefined;
      const { m, s, b } = narrow ?? NONE;
      const { mean, scale, shift } = affine;
      const safe = narrow ? 1 : 0;
      wasm.normalizeRun(DTYPE_CODE[from], DTYPE_CODE[to], source, target, values, safe, m, s, b, mean, scale, shift);
    },
    periodicBytes,
    preparePeriodic: (mean, scale, shift, prepared, wide = false) =>
      writePeriodic(memory.buffer, prepared, mean, scale, shift, wide),
    normalizePeriodic: (from, to, source, target, values, prepared) =>
      wasm.normalizePeriodic(DTYPE_CODE[from], DTYPE_CODE[to], source, target, values, prepared),
    byteSwap: (itemSize, source, values) => wasm.byteSwap(itemSize, source, values),
    ...gradientKernel(memory, wasm),
  };
}

const NONE = { m: 0, s: 0, b: 0 };
