import { usageError } from "@normstream/tensor";
import { type ConvertSource, normModel } from "./norm-model.js";
import { isConstantFeature, standardizing } from "./sklearn.js";
import { channelsText, numberText, omittedText, originText } from "./wording.js";

/** How `toTorchvision` scales. */
export interface TorchvisionOptions {
  /** What a transform before Normalize divides the data by: 255 for uint8 (`ToTensor` does), 1 for the others. */
  readonly scale?: number | undefined;
}

/** Arguments of `torchvision.transforms.Normalize`: what `toTorchvision` gives. */
export interface TorchvisionConversion {
  /** Tells the conversions apart. */
  readonly target: "torchvision";
  /** One a channel, divided by `scale`. */
  readonly mean: readonly number[];
  /** One a channel, divided by `scale`; 1 where a channel is constant. */
  readonly std: readonly number[];
  /** What both were divided by. */
  readonly scale: number;
  /** What was converted, and how, in sentences. */
  readonly text: string;
}

/**
 * Converts to `mean` and `std` of `torchvision.transforms.Normalize`: std with correction 0, no eps, both on the scale that images have when
 * they reach it. `ToTensor` divides uint8 by 255, and nothing else.
 * @throws NormstreamError: `usage` for what is not a shift and scale of each channel; `data` for numbers that are not finite
 */
export function toTorchvision(source: ConvertSource, options: TorchvisionOptions = {}): TorchvisionConversion {
  const model = normModel(source);
  const running = standardizing(model, "Normalize");
  const { data } = model;
  const scale = options.scale ?? (data?.dtype === "uint8" ? 255 : 1);
  if (!(scale > 0 && Number.isFinite(scale))) throw usageError(`scale ${scale}`, { expected: "a number above 0" });
  const isConstant = (c: number) =>
    isConstantFeature(running.variance[c] as number, running.mean[c] as number, running.count?.[c] ?? 1);
  const constants = [...running.mean.keys()].filter(isConstant);
  const sentences = [
    `Converted ${originText(model)}, to mean and std of torchvision.transforms.Normalize.`,
    running.correction === 0
      ? "std has correction 0 (divided by n), and Normalize adds no eps."
      : "std is the root of the layer's running variance (correction 1) as it stands, and Normalize adds no eps.",
    scaleText(scale, data?.dtype),
    ...(constants.length > 0
      ? [
          `Normalize refuses to divide by 0: std is 1 for ${channelsText(constants)}, which ${constants.length === 1 ? "is" : "are"} constant, and gives 0 either way.`,
        ]
      : []),
    ...(data && data.layout === "NHWC" ? ["Normalize takes [C, H, W], as ToTensor gives it."] : []),
    ...omittedText(model),
  ];
  return {
    target: "torchvision",
    mean: Array.from(running.mean, (value) => value / scale),
    std: Array.from(running.variance, (value, c) => (isConstant(c) ? 1 : Math.sqrt(value) / scale)),
    scale,
    text: sentences.join(" "),
  };
}

/** Says what the images must look like when they reach Normalize. */
function scaleText(scale: number, dtype: string | undefined): string {
  if (scale !== 1) {
    const before = scale === 255 ? ", as ToTensor divides uint8" : "";
    return `Both are divided by ${numberText(scale)}${before}: they go with images so scaled, not with the data as they are stored.`;
  }
  return dtype === undefined
    ? "Both are on the scale of the layer's inputs."
    : `Both are on the scale of the data as they are stored (${dtype}), which ToTensor leaves as it is.`;
}
