import { usageError } from "@normstream/tensor";
import type { ObservableInput, OperatorFunction } from "rxjs";
import { kindOf } from "../arguments.js";
import type { ForwardOptions } from "../layers/index.js";
import { outDTypeOf } from "../plan-normalize.js";
import { replaceBy, type Tensor } from "../tensor.js";
import { type BatchOptions, batchOperator, onBatch } from "./batches.js";

/** What `applyLayer` needs of a layer. */
export interface ForwardLayer {
  /**
   * Normalizes x into `options.into`, or into a new tensor.
   * @returns what it wrote to, of x's shape
   */
  forward(x: Tensor, options: ForwardOptions): Promise<Tensor>;
}

/**
 * Normalizes each tensor of a stream by a layer, in order: in training its running averages learn from every batch, in inference they
 * are used. The operator takes the tensors over and normalizes in place where the dtype stays what it is; what it emits is the
 * receiver's, who disposes of it, and only then does the next one come.
 *
 * An error says which batch it was. Unsubscribing, or the signal, stops the pass that runs and frees what waits.
 * @param layer any of the four layers; its pool is the one that the tensors live in
 * @throws NormstreamError of kind `usage` for what is no layer;
 *   as the stream's error, as `forward` of the layer, with `details.batch`; `usage` where a source overruns `maxInFlight`
 */
export function applyLayer(layer: ForwardLayer, options: BatchOptions = {}): OperatorFunction<Tensor, Tensor> {
  if (typeof (layer as Partial<ForwardLayer> | undefined)?.forward !== "function") {
    throw usageError("this is no layer", { expected: "a layer, or an object with forward", found: kindOf(layer) });
  }
  return batchOperator(
    () => ({
      take: (x: Tensor, _: number, signal: AbortSignal): ObservableInput<Tensor> =>
        onBatch(x, async () => {
          const into = x.dtype === outDTypeOf(x.dtype) ? { into: x } : {};
          const y = await layer.forward(x, { ...into, gradients: false, signal });
          if (y !== x) replaceBy(x, y);
          return y;
        }),
    }),
    options,
  );
}
