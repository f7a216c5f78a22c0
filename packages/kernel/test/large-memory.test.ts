import { elementWriter, type Kernel, referenceKernel } from "@normstream/moments";
import { expect, test } from "vitest";
import { createKernel, periodicBytes, SCRATCH_BYTES } from "../src/index.js";

/**
 * All 4 GiB that a memory can have, of which the system provides only the pages that are touched: pointers beyond 2^31
 * and data that end at the last byte.
 */
test("pointers beyond 2 GiB, up to the last byte", () => {
  const END = 2 ** 32;
  const memory = new WebAssembly.Memory({ initial: 65536, maximum: 65536, shared: true });
  const scratch = END - 2 ** 20;
  const simd = createKernel(memory, scratch);
  const reference = referenceKernel(memory.buffer);
  const view = new DataView(memory.buffer);
  const rows = 2 ** 31 - 128;
  const rowsOf = (kernel: Kernel, count: number, run: (kernel: Kernel) => void) => {
    new Uint8Array(memory.buffer, rows, count * 64).fill(7);
    run(kernel);
    return [...new Float64Array(memory.buffer, rows, count * 8)];
  };
  for (const [dtype, size] of [
    ["float32", 4],
    ["float64", 8],
    ["uint8", 1],
    ["int16", 2],
    ["float16", 2],
  ] as const) {
    const values = 9001;
    const source = END - values * size;
    const write = elementWriter(dtype);
    for (let i = 0; i < values; i++) write(view, source + i * size, (i * 37) % 101);
    const runs: [number, (kernel: Kernel) => void][] = [
      [1, (kernel) => kernel.planeRows(dtype, source, 1, values, values * size, rows)],
      [2, (kernel) => kernel.leafRows(dtype, source, values, rows)],
      [7, (kernel) => kernel.interleavedRows(dtype, END - 7000 * size, 1000, 7, 7 * size, rows)],
      [7, (kernel) => kernel.tableRows(dtype, END - 7000 * size, 1000, 7, 7 * size, rows)],
      [3, (kernel) => kernel.runRows(dtype, END - 999 * size, 3, 9, 37, 37 * size, 111 * size, rows)],
    ];
    for (const [count, run] of runs) expect(rowsOf(simd, count, run)).toEqual(rowsOf(reference, count, run));
    // x ends at the last byte, and dy ends where 2 GiB do.
    const dy = 2 ** 31 - 4 * values;
    for (let i = 0; i < values; i++) view.setFloat32(dy + 4 * i, ((i * 53) % 97) - 40, true);
    const sums = 2 ** 31 + 64;
    const statistics = END - 2 ** 18;
    new Float64Array(memory.buffer, statistics, 64).fill(0.5);
    const gradients: ((kernel: Kernel) => void)[] = [
      (kernel) => kernel.gradientSums(dtype, "float32", source, dy, 1, values, values * size, values * 4, statistics, sums),
      (kernel) => kernel.gradientLeafSums(dtype, "float32", source, dy, values, statistics, sums),
      (kernel) => {
        const x = END - 7000 * size;
        kernel.gradientSumsInterleaved(dtype, "float32", x, 2 ** 31 - 28_000, 1000, 7, 7 * size, 28, statistics, sums);
      },
      (kernel) => {
        const x = END - 21 * size;
        kernel.gradientColumnSums(dtype, "float32", x, 2 ** 31 - 84, 3, 7, 7 * size, 28, statistics, sums);
      },
    ];
    const sumsOf = (kernel: Kernel, run: (kernel: Kernel) => void) => {
      new Uint8Array(memory.buffer, sums, 128).fill(7);
      run(kernel);
      return [...new Float64Array(memory.buffer, sums, 16)];
    };
    for (const run of gradients) expect(sumsOf(simd, run)).toEqual(sumsOf(reference, run));
    const target = 2 ** 31 - 2 ** 20 - 12;
    const affine = { mean: 50, scale: 0.5, shift: 0.25 };
    const outOf = (kernel: Kernel, run: (kernel: Kernel) => void) => {
      new Uint8Array(memory.buffer, target, values * 8).fill(0);
      run(kernel);
      return [...new Uint8Array(memory.buffer, target, values * 8)];
    };
    for (const to of ["float32", "float64", "float16"] as const) {
      const run = (kernel: Kernel) => kernel.normalizeRun(dtype, to, source, target, values, affine);
      expect(outOf(simd, run)).toEqual(outOf(reference, run));
      const three = [50, 49, 48].map((mean) => ({ mean, scale: 0.5, shift: 0.25 }));
      const prepared = END - 2 ** 19;
      expect(periodicBytes(3)).toBeLessThan(2 ** 18);
      const list = (key: "mean" | "scale" | "shift") => Float64Array.from(three, (a) => a[key]);
      const periodic = (kernel: Kernel) => {
        kernel.preparePeriodic(list("mean"), list("scale"), list("shift"), prepared);
        kernel.normalizePeriodic(dtype, to, source, target, values, prepared, 3);
      };
      expect(outOf(simd, periodic)).toEqual(outOf(reference, periodic));
      const input = (kernel: Kernel) =>
        kernel.gradientInput(dtype, "float32", to, source, dy, target, values, { a: 0.5, b: 0.25, mean: 50, c: 3 });
      expect(outOf(simd, input)).toEqual(outOf(reference, input));
    }
  }
  expect(SCRATCH_BYTES).toBeLessThan(2 ** 19);
});
