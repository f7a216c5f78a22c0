import { elementCount, formatShape, type StoredTensor, usageError } from "@normstream/tensor";
import { reshaped } from "../tensor.js";
import { type LayerHow, type LayerOptions, NormLayer } from "./layer.js";

/**
 * Layer normalization with PyTorch's semantics (`torch.nn.LayerNorm`; Ba, Kiros and Hinton 2016) over the last axes: x is viewed as
 * `[rows, 1, ∏ normalizedShape]`, and weight and bias have an entry for each element of a row, in C order.
 */
export class LayerNorm extends NormLayer {
  /** The last extents of x. */
  readonly normalizedShape: readonly number[];

  /**
   * Makes a layer with weight 1 and bias 0, an entry for each element of a row.
   * @param normalizedShape the last extents of x, or the last one alone
   * @throws NormstreamError of kind `usage` for a shape without elements, or an eps that cannot be
   */
  constructor(normalizedShape: number | readonly number[], options: Omit<LayerOptions, "layout"> = {}) {
    const shape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    const size = elementCount(shape);
    if (shape.length === 0 || size === 0)
      throw usageError(`a normalized shape of ${formatShape(shape)}`, { expected: "some extents" });
    super(size, options, true);
    this.normalizedShape = shape;
  }

  protected view(x: StoredTensor): StoredTensor {
    const { normalizedShape } = this;
    const last = x.shape.slice(-normalizedShape.length);
    if (x.shape.length <= normalizedShape.length || last.join() !== normalizedShape.join()) {
      throw usageError(`a tensor of shape ${formatShape(x.shape)}`, { expected: `[…, ${normalizedShape.join(", ")}]` });
    }
    const size = elementCount(normalizedShape);
    return reshaped(x, [elementCount(x.shape) / size, 1, size], "NCL");
  }

  protected how(): LayerHow {
    return { by: "layer" };
  }
}
