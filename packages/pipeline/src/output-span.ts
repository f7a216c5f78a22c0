import { itemSize } from "@normstream/tensor";
import type { NormalizePass, Rect } from "./pass.js";
import { regionOf } from "./region.js";

/** Where in the output the samples of some shards stand: bytes from the first one to one past the last. */
export function outputSpan(
  { geometry, table, outDType }: NormalizePass,
  rects: readonly Rect[],
): { readonly from: number; readonly to: number } {
  const regions = rects.map((rect) => regionOf(rect, geometry, table));
  const sampleBytes = geometry.channels * geometry.planeSize * itemSize(outDType);
  return {
    from: Math.min(...regions.map(({ sample }) => sample)) * sampleBytes,
    to: Math.max(...regions.map(({ sampleEnd }) => sampleEnd)) * sampleBytes,
  };
}
