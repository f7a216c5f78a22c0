import { elementWriter, type Kernel, ROW_BYTES, referenceKernel } from "@normstream/moments";
import { type DType, itemSize } from "@normstream/tensor";
import { createKernel, SCRATCH_BYTES } from "../src/index.js";

/** Both kernels over one memory: elements at `SOURCE` and above, rows of each at a place of its own. */
export const memory = new WebAssembly.Memory({ initial: 128, maximum: 65536, shared: true });
export const simd: Kernel = createKernel(memory, 0);
export const reference: Kernel = referenceKernel(memory.buffer);

const PLACE = Math.ceil(SCRATCH_BYTES / 65536) * 65536;
export const SIMD_ROWS = PLACE;
const REFERENCE_ROWS = PLACE + 1024 * ROW_BYTES;
export const SOURCE = REFERENCE_ROWS + 1024 * ROW_BYTES;
export const SIMD_TARGET = SOURCE + 2 ** 21;
export const REFERENCE_TARGET = SIMD_TARGET + 2 ** 21;
export const PREPARED = REFERENCE_TARGET + 2 ** 21;
/** Gradients: dy lies behind 1 MiB of x, pairs of statistics behind what is prepared. */
export const DY = SOURCE + 2 ** 20;
export const STATISTICS = PREPARED + 2 ** 20;

/** Writes elements from `at` on and gives the offset behind them. */
export function put(dtype: DType, values: ArrayLike<number>, at: number): number {
  const view = new DataView(memory.buffer);
  const write = elementWriter(dtype);
  const size = itemSize(dtype);
  for (let i = 0; i < values.length; i++) write(view, at + i * size, values[i] as number);
  return at + values.length * size;
}

/** The rows that both kernels write, as the bits of their float64s in hexadecimal, so that −0 and NaN are told apart. */
export function rowsOf(count: number, run: (kernel: Kernel, rows: number) => void): { simd: string[]; reference: string[] } {
  new Uint8Array(memory.buffer, SIMD_ROWS, 2048 * ROW_BYTES).fill(0xa5);
  run(simd, SIMD_ROWS);
  run(reference, REFERENCE_ROWS);
  return { simd: rowText(SIMD_ROWS, count), reference: rowText(REFERENCE_ROWS, count) };
}

function rowText(at: number, count: number): string[] {
  const numbers = new Float64Array(memory.buffer, at, count * 8);
  const bits = new BigUint64Array(memory.buffer, at, count * 8);
  return Array.from({ length: count }, (_, row) =>
    Array.from(
      { length: 8 },
      (_, i) => `${numbers[row * 8 + i]} ${(bits[row * 8 + i] as bigint).toString(16).padStart(16, "0")}`,
    ).join(" | "),
  );
}

/** Rows of either kernel as numbers. */
export function rowNumbers(kernel: "simd" | "reference", row: number): Float64Array {
  return new Float64Array(memory.buffer, (kernel === "simd" ? SIMD_ROWS : REFERENCE_ROWS) + row * ROW_BYTES, 8).slice();
}

/** The pairs of sums that both kernels write, and what lies behind them, as rows of 4 pairs: see `rowsOf`. */
export const pairsOf = (count: number, run: (kernel: Kernel, sums: number) => void): { simd: string[]; reference: string[] } =>
  rowsOf(Math.ceil((count + 1) / 4), run);
