import { usageError } from "@normstream/tensor";
import { from, type OperatorFunction } from "rxjs";
import { partsOf, type Tensor } from "../tensor.js";
import { type BatchOptions, batchOperator } from "./batches.js";

/**
 * Cuts each tensor along N into tensors of at most `samples` samples, without a copy: they share its memory, which is given back with
 * the last of them. Each part is its receiver's.
 * @param samples of each part; the last one of a tensor may hold fewer
 * @throws NormstreamError of kind `usage` for a number of samples that cannot be, and (as the stream's error) for a part that is cut again
 */
export function shard(samples: number, options: BatchOptions = {}): OperatorFunction<Tensor, Tensor> {
  if (!Number.isSafeInteger(samples) || samples < 1) {
    throw usageError(`shards of ${samples} samples`, { expected: "a whole number of 1 or more" });
  }
  return batchOperator(() => ({ take: (x: Tensor) => from(partsOf(x, samples)) }), options);
}
