import { elementCount, formatShape, type StoredTensor, usageError } from "@normstream/tensor";
import { assertFlag, assertKnownOptions, shapeText } from "../arguments.js";
import { reshaped } from "../tensor.js";
import { LAYER_OPTIONS, type LayerHow, type LayerOptions, NormLayer } from "./layer.js";

/** What layer norm takes: it knows no layout, since it counts axes from the last one. */
export interface LayerNormOptions extends Omit<LayerOptions, "layout"> {
  /** Whether there is a bias beside the weight; default true. */
  readonly bias?: boolean;
}

const { layout: _, ...ALL_BUT_LAYOUT } = LAYER_OPTIONS;
const KNOWN: Record<keyof LayerNormOptions, true> = { ...ALL_BUT_LAYOUT, bias: true };

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
  constructor(normalizedShape: number | readonly number[], options: LayerNormOptions = {}) {
    const shape = extentsOf(normalizedShape);
    assertKnownOptions(options, KNOWN, "LayerNorm");
    const { affine = true, bias = true } = options;
    assertFlag(affine, "affine");
    assertFlag(bias, "bias");
    super(options, { shape, affine, bias });
    this.normalizedShape = shape;
  }

  protected view(x: StoredTensor): StoredTensor {
    const { normalizedShape } = this;
    const last = x.shape.slice(-normalizedShape.length);
    if (x.shape.length <= normalizedShape.length || last.join() !== normalizedShape.join()) {
      throw usageError(`a tensor of ${shapeText(x)}`, { expected: `[…, ${normalizedShape.join(", ")}]` });
    }
    const size = elementCount(normalizedShape);
    return reshaped(x, [elementCount(x.shape) / size, 1, size], "NCL");
  }

  protected how(): LayerHow {
    return { by: "layer" };
  }
}

function extentsOf(value: unknown): readonly number[] {
  const shape: unknown[] = Array.isArray(value) ? [...value] : [value];
  const isExtent = (extent: unknown): extent is number => Number.isSafeInteger(extent) && (extent as number) >= 1;
  if (shape.length > 0 && shape.every(isExtent)) return shape;
  throw usageError(`a normalized shape of ${formatShape(shape.map(Number))}`, {
    expected: "one whole number of 1 or more, or some",
  });
}
