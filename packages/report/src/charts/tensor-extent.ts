import type { NormMemory, TensorFacts } from "../report.js";
import type { TensorExtent } from "./norm-sets.js";

const PLANE_AXES: Readonly<Record<number, string>> = { 0: "", 1: "L", 2: "H·W", 3: "D·H·W" };

/** The extents of a report's tensor as norms see them. Planes of unequal sizes count as so many of their mean size. */
export function tensorExtent(tensor: TensorFacts, { groups, valueBytes }: NormMemory): TensorExtent {
  const { samples, channels, planeSize, planeShape, bytes } = tensor;
  const planes = Math.max(1, samples * channels);
  return {
    samples,
    channels,
    planeValues: planeSize === 0 ? bytes / valueBytes / planes : planeSize,
    planeAxes: PLANE_AXES[planeShape.length] ?? "",
    groups,
    isUneven: planeSize === 0,
  };
}
