import { usageError } from "@normstream/tensor";
import type { KerasConversion, KerasWeight } from "./keras.js";

/** A model in memory, as `tf.loadLayersModel(tf.io.fromMemory(artifacts))` takes it. */
export interface TfjsArtifacts {
  /** TF.js's name of a model of layers. */
  readonly format: "layers-model";
  /** Normstream. */
  readonly generatedBy: string;
  /** A Keras Sequential model, as its JSON has it. */
  readonly modelTopology: object;
  /** What `weightData` holds, in order. */
  readonly weightSpecs: readonly TfjsWeightSpec[];
  /** The weights one after the other, float32, little-endian. */
  readonly weightData: ArrayBuffer;
  /** Input and digest, where they are known, and what was converted, in sentences. */
  readonly userDefinedMetadata: Readonly<Record<string, string>>;
}

/** A weight of a TF.js model. */
export interface TfjsWeightSpec {
  /** The layer's name and the weight's, with a slash between. */
  readonly name: string;
  /** Its extents. */
  readonly shape: readonly number[];
  /** Of its elements. */
  readonly dtype: "float32";
}

interface LayerSpec {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: readonly KerasWeight[];
}

/**
 * A conversion as a layers model of TF.js, which Keras reads too: one Sequential model.
 *
 * TF.js normalizes along the last axis alone: its CPU backend repeats the parameters of another axis along the last one and gives wrong numbers
 * without a word (tfjs-backend-cpu 4.22, `kernels/BatchNorm.ts`). So channels that stand second are moved to the end and back
 * by Permute. It has no GroupNormalization; instance norm is its LayerNormalization over the spatial axes, and the weight and bias a
 * BatchNormalization after it, of mean 0, variance 1 and epsilon 0.
 * @throws NormstreamError of kind `usage` for what TF.js has no layer for: group norm, and inputs of rank 5
 */
export function tfjsArtifacts(conversion: KerasConversion): TfjsArtifacts {
  const { className, inputShape, isInstanceNorm, text, input, digest } = conversion;
  const rank = inputShape.length;
  const elsewhere = "Write .npz for Keras in Python, or an ONNX model.";
  if (className === "GroupNormalization" && !isInstanceNorm) {
    throw usageError("TF.js has no layer for group norm", { hint: elsewhere });
  }
  if (rank > 4) {
    throw usageError(`TF.js does not normalize tensors of rank ${rank}`, { expected: "rank 2 to 4", hint: elsewhere });
  }
  const inner = isInstanceNorm ? instanceLayers(conversion) : [singleLayer(conversion)];
  const layers =
    className === "LayerNormalization" || conversion.config.axis === -1 || rank === 2 ? inner : permuted(inner, rank);
  const weights = layers.flatMap((layer) =>
    layer.weights.map(({ name, shape, data }) => ({ name: `${layer.config.name}/${name}`, shape, data })),
  );
  const first = { batch_input_shape: inputShape, dtype: "float32" };
  return {
    format: "layers-model",
    generatedBy: "Normstream",
    modelTopology: {
      class_name: "Sequential",
      config: {
        name: "normstream",
        layers: layers.map((layer, i) => ({
          class_name: layer.className,
          config: { ...layer.config, trainable: true, ...(i === 0 ? first : {}) },
        })),
      },
    },
    weightSpecs: weights.map(({ name, shape }) => ({ name, shape, dtype: "float32" })),
    weightData: joined(weights.map(({ data }) => data)),
    userDefinedMetadata: { text, ...(input === null ? {} : { input }), ...(digest === null ? {} : { digest }) },
  };
}

function singleLayer({ className, config, weights }: KerasConversion): LayerSpec {
  const name = className === "BatchNormalization" ? "batch_normalization" : "layer_normalization";
  // Where TF.js normalizes, the channels stand last.
  const axis = className === "BatchNormalization" ? -1 : config.axis;
  return { className, config: { name, ...config, axis }, weights };
}

function instanceLayers({ inputShape, config, weights }: KerasConversion): LayerSpec[] {
  const spatial = inputShape.slice(2).map((_, i) => i + 1);
  const own = { name: "instance_normalization", axis: spatial, epsilon: config.epsilon, center: false, scale: false };
  const normalization: LayerSpec = { className: "LayerNormalization", config: own, weights: [] };
  if (weights.length === 0) return [normalization];
  const shape = weights[0]?.shape ?? [];
  const constant = (name: "moving_mean" | "moving_variance", value: number): KerasWeight => ({
    name,
    shape,
    data: new Float32Array(shape[0] ?? 0).fill(value),
  });
  const affine = { name: "weight_and_bias", axis: -1, momentum: 1, epsilon: 0, center: true, scale: true };
  return [
    normalization,
    {
      className: "BatchNormalization",
      config: affine,
      weights: [...weights, constant("moving_mean", 0), constant("moving_variance", 1)],
    },
  ];
}

/** Channels to the end, the layers, and back. Permute counts axes from 1, the samples left out. */
function permuted(layers: readonly LayerSpec[], rank: number): LayerSpec[] {
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  const permute = (name: string, dims: readonly number[]): LayerSpec => ({
    className: "Permute",
    config: { name, dims },
    weights: [],
  });
  return [
    permute("channels_last", [...spatial, 1]),
    ...layers,
    permute("channels_second", [rank - 1, ...spatial.map((axis) => axis - 1)]),
  ];
}

function joined(arrays: readonly Float32Array[]): ArrayBuffer {
  const all = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all.buffer;
}
