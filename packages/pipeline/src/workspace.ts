import type { Kernel } from "@normstream/moments";
import type { Buffers } from "./pass.js";

/** A kernel and the places in its memory that one thread's pass computes in. */
export interface Workspace {
  readonly kernel: Kernel;
  readonly input: number;
  readonly output: number;
  readonly rows: number;
  readonly prepared: number;
}

const align = (n: number): number => Math.ceil(n / 64) * 64;

/** Bytes of a pass's buffers, laid out side by side. */
export const workspaceBytes = (b: Buffers): number => align(b.input) + align(b.output) + align(b.rows) + align(b.prepared);

export function layOut(kernel: Kernel, base: number, b: Buffers): Workspace {
  const input = align(base);
  const output = input + align(b.input);
  const rows = output + align(b.output);
  return { kernel, input, output, rows, prepared: rows + align(b.rows) };
}
