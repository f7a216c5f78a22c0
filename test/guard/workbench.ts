import { compileKernel, createKernel, SCRATCH_BYTES } from "@normstream/kernel";
import { elementWriter } from "@normstream/moments";
import { type DType, itemSize } from "@normstream/tensor";
import { type Counts, clearCounts, countsIn } from "./counted-module.js";

/** Something whose work is counted. */
export interface Case {
  readonly name: string;
  /** Elements of x. */
  readonly values: number;
  run(): Counts | Promise<Counts>;
}

const PAGE = 65536;
const MIB = 2 ** 20;

/** Where things are in the memory: room for 16 MiB of rows, pairs or what is prepared, and as much of x, dy and the output. */
const SCRATCH = PAGE;
export const ROWS = SCRATCH + Math.ceil(SCRATCH_BYTES / PAGE) * PAGE;
export const PREPARED = ROWS + 16 * MIB;
export const X = PREPARED + 16 * MIB;
export const DY = X + 16 * MIB;
export const OUT = DY + 16 * MIB;

const memory = new WebAssembly.Memory({ initial: (OUT + 16 * MIB) / PAGE, maximum: PAGE, shared: true });

/** The counted kernels, where the test file has put them in the place of the others. */
export const kernel = createKernel(memory, SCRATCH, compileKernel());

/** What the kernels do in a call. */
export function counted(call: () => void): Counts {
  clearCounts(memory);
  call();
  return countsIn(memory);
}

/** Number i of a sequence in [0, 1) that looks like noise and is the same everywhere. */
export const noise = (i: number): number => (Math.imul(i + 1, 2654435761) >>> 0) / 2 ** 32;

/** Writes so many elements: integers of 0 to 99, or floats about `mean`. */
export function fill(at: number, dtype: DType, values: number, mean = 0): void {
  const view = new DataView(memory.buffer);
  const write = elementWriter(dtype);
  const size = itemSize(dtype);
  const isInteger = dtype.includes("int");
  for (let i = 0; i < values; i++) {
    write(view, at + i * size, isInteger ? Math.floor(100 * noise(i)) : mean + noise(i) - 0.5);
  }
}
