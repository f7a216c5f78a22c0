import { usageError } from "@normstream/tensor";

/** A layer's parameters and averages by PyTorch's names: `weight`, `bias`, `running_mean`, `running_var`, `num_batches_tracked`. */
export type StateDict = Readonly<Record<string, ArrayLike<number> | number>>;

/** Copies a vector of a state dict. @param into mutated; its length is the one expected */
export function takeVector(dict: StateDict, name: string, into: Float64Array): void {
  const value = dict[name];
  if (value === undefined || typeof value === "number" || value.length !== into.length) {
    throw usageError(`"${name}" in a state dict`, {
      expected: `${into.length} numbers`,
      found: value === undefined ? "nothing" : typeof value === "number" ? "a number" : `${value.length}`,
    });
  }
  into.set(value);
}
