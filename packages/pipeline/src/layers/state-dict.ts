import { usageError } from "@normstream/tensor";

/** A layer's parameters and averages by PyTorch's names: `weight`, `bias`, `running_mean`, `running_var`, `num_batches_tracked`. */
export type StateDict = Readonly<Record<string, ArrayLike<number> | number>>;

/** @param into its length is the one expected @throws NormstreamError of kind `usage` for a vector that is missing or of another length */
export function checkVector(dict: StateDict, name: string, into: Float64Array): void {
  const value = dict[name];
  if (value === undefined || typeof value === "number" || value.length !== into.length) {
    throw usageError(`"${name}" in a state dict`, {
      expected: `${into.length} numbers`,
      found: value === undefined ? "nothing" : typeof value === "number" ? "a number" : `${value.length}`,
    });
  }
}
