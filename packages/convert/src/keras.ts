import { CONVENTIONS, otherDirection } from "./conventions.js";
import { type ConvertOptions, type ConvertSource, type NormModel, normModel } from "./norm-model.js";
import { noAverages, noPlanes } from "./refusals.js";
import { checkDivisor, roundingText, toFloat32, varianceFor } from "./running-numbers.js";
import { epsText, momentumText, omittedText, originText } from "./wording.js";

/** A weight of a Keras layer, in float32. */
export interface KerasWeight {
  /** As Keras calls it. */
  readonly name: "gamma" | "beta" | "moving_mean" | "moving_variance";
  /** `[C]`, or the last extents with layer norm. */
  readonly shape: readonly number[];
  /** In C order. */
  readonly data: Float32Array;
}

/** A layer of Keras as plain data: what `toKeras` gives. */
export interface KerasConversion {
  /** Tells the conversions apart. */
  readonly target: "keras";
  /** Of `keras.layers`. */
  readonly className: "BatchNormalization" | "GroupNormalization" | "LayerNormalization";
  /** What `from_config` takes. */
  readonly config: Readonly<Record<string, number | boolean | readonly number[]>>;
  /** In the order of `get_weights()`. */
  readonly weights: readonly KerasWeight[];
  /** Shape of an input, null where it is free: `[null, null, null, 3]`. */
  readonly inputShape: readonly (number | null)[];
  /** Whether every sample's channel is normalized by its own statistics, which TF.js writes otherwise than Keras. */
  readonly isInstanceNorm: boolean;
  /** The data that the numbers are of; null for a layer. */
  readonly input: string | null;
  /** Of the statistics; null where there is none. */
  readonly digest: string | null;
  /** What was converted, and how, in sentences. */
  readonly text: string;
}

/**
 * Converts to a layer of Keras: momentum as the weight of the old average, variances with correction 0, channels on `axis`.
 * Instance and group norm become GroupNormalization (Keras 2.11 and later).
 * @throws NormstreamError: `usage` for batch norm without running averages; `data` for numbers that are not finite or beyond float32
 */
export function toKeras(source: ConvertSource, options: ConvertOptions = {}): KerasConversion {
  const model = normModel(source, options);
  const { layout, channels, normalizedShape, weight, bias, data, running } = model;
  const shape = normalizedShape ?? [channels];
  const affine: KerasWeight[] =
    weight && bias
      ? [
          { name: "gamma", shape, data: toFloat32("weight", weight) },
          { name: "beta", shape, data: toFloat32("bias", bias) },
        ]
      : [];
  const base = {
    target: "keras",
    inputShape: inputShapeOf(model, options),
    input: data?.input ?? null,
    digest: data?.digest ?? null,
  } as const;
  const parts = running ? batchParts(model, running) : ownParts(model);
  const { className, config, weights, sentences } = parts;
  const axis = config.axis;
  const text = [
    `Converted ${originText(model)}, to keras.layers.${className}, axis ${Array.isArray(axis) ? `[${axis.join(", ")}]` : axis}${normalizedShape ? "" : ` (${layout})`}.`,
    ...sentences,
    epsText(model.eps, "keras", "epsilon"),
    ...tfjsText(model),
    ...omittedText(model),
    ...roundingText(model),
  ].join(" ");
  return {
    ...base,
    className,
    config: { ...config, epsilon: model.eps, center: affine.length > 0, scale: affine.length > 0 },
    weights: [...affine, ...weights],
    isInstanceNorm: !running && model.norm === "instance",
    text,
  };
}

interface Parts {
  readonly className: KerasConversion["className"];
  readonly config: Readonly<Record<string, number | readonly number[]>>;
  readonly weights: readonly KerasWeight[];
  readonly sentences: readonly string[];
}

/** Where the channels stand, as Keras counts: −1 for the last axis. */
const axisOf = ({ layout }: NormModel): number => (layout.endsWith("C") ? -1 : 1);

/** Running averages, of batch or instance norm: constants that normalize in inference. */
function batchParts(model: NormModel, running: NonNullable<NormModel["running"]>): Parts {
  const { data, norm, eps, channels } = model;
  const { variance, text } = varianceFor(running, "keras", data?.input);
  const rounded = toFloat32("variance", variance);
  checkDivisor(rounded, eps, data?.input);
  const momentum = running.momentum === null ? CONVENTIONS.keras.defaultMomentum : otherDirection(running.momentum);
  const training =
    norm === "instance" ? ["In inference it gives what the layer gives; in training Keras would take whole batches."] : [];
  return {
    className: "BatchNormalization",
    config: { axis: axisOf(model), momentum },
    weights: [
      { name: "moving_mean", shape: [channels], data: toFloat32("mean", running.mean) },
      { name: "moving_variance", shape: [channels], data: rounded },
    ],
    sentences: [momentumText(running, "keras", momentum), text, ...training],
  };
}

/** Statistics of each input's own. */
function ownParts(model: NormModel): Parts {
  const { norm, normalizedShape, groups, channels } = model;
  if (norm === "batch") throw noAverages();
  if (normalizedShape) {
    const axis = normalizedShape.map((_, i) => i - normalizedShape.length);
    return {
      className: "LayerNormalization",
      config: { axis },
      weights: [],
      sentences: ["The variance is divided by n in both."],
    };
  }
  if (norm === "instance" && model.layout === "NC") throw noPlanes();
  const as = norm === "instance" ? `instance norm is ${channels} groups of one channel` : `groups: ${groups}`;
  return {
    className: "GroupNormalization",
    config: { axis: axisOf(model), groups },
    weights: [],
    sentences: [`In Keras ${as}; it has no momentum and no moving averages. The variance is divided by n in both.`],
  };
}

/** What a TF.js model says otherwise than Keras. */
function tfjsText({ layout, norm, running, normalizedShape }: NormModel): string[] {
  if (normalizedShape || layout.length > 4 || norm === "group" || norm === "layer") return [];
  return [
    ...(norm === "instance" && !running ? ["A TF.js model has LayerNormalization over the spatial axes instead."] : []),
    ...(layout.length > 2 && !layout.endsWith("C")
      ? ["TF.js normalizes along the last axis alone: in its model a Permute moves the channels there and back."]
      : []),
  ];
}

function inputShapeOf({ layout, channels, normalizedShape }: NormModel, options: ConvertOptions): (number | null)[] {
  if (!normalizedShape) return [...layout].map((axis) => (axis === "C" ? channels : null));
  const rank = Math.max(options.layout?.length ?? 0, normalizedShape.length + 1);
  return [...Array<null>(rank - normalizedShape.length).fill(null), ...normalizedShape];
}
