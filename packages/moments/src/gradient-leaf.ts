import { PAIR } from "./gradient-kernel.js";

/** One element of a backward pass: its x, and its dy, which is already multiplied by its weight where it has one. */
export interface GradientElement {
  readonly x: number;
  readonly dy: number;
}

/**
 * The plain reference of a leaf's sums of gradients: Σ dy and Σ dy·x̂, one value at a time. The SIMD kernels are held to
 * it bit by bit.
 *
 * @param elements the leaf's elements in order of position; at most 8192
 * @returns `[2]` float64
 */
export function gradientLeaf(elements: Iterable<GradientElement>, mean: number, rstd: number): Float64Array {
  const s = [0, 0, 0, 0];
  const q = [0, 0, 0, 0];
  let j = 0;
  for (const { x, dy } of elements) {
    const lane = j++ & 3;
    s[lane] = (s[lane] as number) + dy;
    q[lane] = (q[lane] as number) + dy * ((x - mean) * rstd);
  }
  return onePattern(Float64Array.of(foldLanes(s), foldLanes(q)));
}

/** Adds one element to the pair of its column: `pairs[column]`, which is mutated. */
export function addToColumn(pairs: Float64Array, column: number, { x, dy }: GradientElement, mean: number, rstd: number): void {
  const at = column * PAIR;
  pairs[at] = (pairs[at] as number) + dy;
  pairs[at + 1] = (pairs[at + 1] as number) + dy * ((x - mean) * rstd);
}

/** Gives every NaN the same bits. `sums` is mutated. */
export function onePattern(sums: Float64Array): Float64Array {
  for (let i = 0; i < sums.length; i++) if (Number.isNaN(sums[i])) sums[i] = Number.NaN;
  return sums;
}

const foldLanes = ([a, b, c, d]: number[]): number => (a as number) + (c as number) + ((b as number) + (d as number));
