import type { NormMemory, TensorFacts } from "../report.js";
import type { TensorExtent } from "./norm-sets.js";

const PLANE_AXES: Readonly<Record<number, string>> = { 0: "", 1: "L", 2: "H·W", 3: "D·H·W" };

/** The extents of a report's tensor as norms see them. */
export function tensorExtent(tensor: TensorFacts, { groups }: NormMemory): TensorExtent {
  const { samples, channels, planeSize, planeShape } = tensor;
  return {
    samples,
    channels,
    planeValues: planeSize,
    planeAxes: PLANE_AXES[planeShape.length] ?? "",
    groups,
    isUneven: planeSize === 0,
  };
}
