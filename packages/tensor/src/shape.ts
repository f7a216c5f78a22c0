import { dataError, type ErrorDetails } from "./errors.js";

/**
 * Number of elements of a shape; 1 for a scalar (`[]`).
 * @throws NormstreamError of kind `data` where an extent is not a whole number ≥ 0 or the product exceeds 2^53 − 1.
 */
export function elementCount(shape: readonly number[], where: ErrorDetails = {}): number {
  let product = 1;
  let zero = false;
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0) {
      throw dataError(`shape ${formatShape(shape)} holds ${extent}`, { ...where, expected: "whole numbers of 0 or more" });
    }
    if (extent === 0) zero = true;
    else product *= extent;
    if (!Number.isSafeInteger(product)) {
      throw dataError(`shape ${formatShape(shape)} has too many elements`, { ...where, expected: "at most 2^53 - 1 in all" });
    }
  }
  return zero ? 0 : product;
}

/** `[2, 3, 4]`; long shapes are cut so that a message stays one line. */
export const formatShape = (shape: readonly number[]): string =>
  shape.length > 12 ? `[${shape.slice(0, 12).join(", ")}, …]` : `[${shape.join(", ")}]`;
