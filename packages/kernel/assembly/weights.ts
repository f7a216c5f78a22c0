/**
 * Elementwise weights as the loader prepares them: a flag `safe`, the pitch of both arrays, 8 bytes unused, then the weights as
 * float32 and as float64, each `pitch` long.
 */
const HEADER: usize = 16;

/** Whether the float32 weights may be used. */
export function areSafe(weights: usize): bool {
  return load<u32>(weights) !== 0;
}

/** Where the float32 of weight `first` is; 0 where there are no weights. */
export function narrowWeights(weights: usize, first: usize): usize {
  return weights === 0 ? 0 : weights + HEADER + 4 * first;
}

/** Where the float64 of weight `first` is; 0 where there are no weights. */
export function wideWeights(weights: usize, first: usize): usize {
  return weights === 0 ? 0 : weights + HEADER + 4 * <usize>load<u32>(weights, 4) + 8 * first;
}
