import type { Layout } from "@normstream/tensor";
import { CONVENTIONS, otherDirection } from "./conventions.js";
import { type ConvertOptions, type ConvertSource, type NormModel, normModel } from "./norm-model.js";
import type { OnnxGraph, OnnxNode, OnnxTensor } from "./onnx-graph.js";
import { noAverages, noPlanes } from "./refusals.js";
import { checkDivisor, roundingText, toFloat32, varianceFor } from "./running-numbers.js";
import { epsText, momentumText, omittedText, originText } from "./wording.js";

/** An ONNX model: what `toOnnx` gives. */
export interface OnnxConversion {
  /** Tells the conversions apart. */
  readonly target: "onnx";
  /** What the file holds, as plain data. */
  readonly graph: OnnxGraph;
  /** The model file: an encoded `ModelProto`. */
  readonly bytes: Uint8Array;
  /** What was converted, and how, in sentences. */
  readonly text: string;
}

/** Opset and the version of the file format that came with it (onnx/docs/Versioning.md). */
const VERSIONS = { 17: 8, 21: 10 } as const;

/**
 * Converts to an ONNX model of one normalization, for inference: BatchNormalization by running averages or statistics (opset 17),
 * InstanceNormalization, LayerNormalization (17), GroupNormalization (21). ONNX takes channels second: for NHWC a Transpose stands
 * before and after. Free extents have names, so that any batch and any picture fits.
 * @throws NormstreamError: `usage` for batch norm without running averages and instance norm of a table; `data` for numbers that are not
 *   finite or beyond float32
 */
export async function toOnnx(source: ConvertSource, options: ConvertOptions = {}): Promise<OnnxConversion> {
  const model = normModel(source, options);
  const { text, ...graph } = graphOf(model, options);
  // The schema and the protobuf library load for who writes a model.
  const { encodeModel } = await import("./onnx-encoder.js");
  return { target: "onnx", graph, bytes: encodeModel(graph, text), text };
}

function graphOf(model: NormModel, options: ConvertOptions): OnnxGraph & { readonly text: string } {
  const { layout, normalizedShape, data, eps } = model;
  const parts = normalizedShape
    ? layerNode(model, normalizedShape)
    : model.running
      ? batchNode(model, model.running)
      : ownNode(model);
  const { opset, initializers, sentences } = parts;
  const isLast = !normalizedShape && layout === "NHWC";
  const [from, to] = isLast ? ["x_channels_second", "y_channels_second"] : ["x", "y"];
  const node: OnnxNode = {
    opType: parts.opType,
    inputs: [from, ...initializers.map(({ name }) => name)],
    output: to,
    attributes: { epsilon: { float: eps }, ...parts.attributes },
  };
  const transpose = (input: string, output: string, perm: readonly number[]): OnnxNode => ({
    opType: "Transpose",
    inputs: [input],
    output,
    attributes: { perm: { ints: perm } },
  });
  const text = [
    `Converted ${originText(model)}, to an ONNX model of ${parts.opType} (opset ${opset})${normalizedShape ? "" : `, ${layout}`}.`,
    ...sentences,
    ...(isLast ? ["ONNX takes channels second: a Transpose stands before and after."] : []),
    epsText(eps, "onnx", "epsilon"),
    ...omittedText(model),
    ...roundingText(model),
  ].join(" ");
  return {
    opset,
    irVersion: VERSIONS[opset],
    nodes: isLast ? [transpose("x", from, [0, 3, 1, 2]), node, transpose(to, "y", [0, 2, 3, 1])] : [node],
    initializers,
    shape: normalizedShape
      ? layerShape(normalizedShape, options.layout)
      : [...layout].map((axis) => (axis === "C" ? model.channels : axis)),
    metadata: {
      generator: "normstream",
      ...(data ? { input: data.input, samples: String(data.samples) } : {}),
      ...(data?.digest ? { digest: data.digest } : {}),
    },
    text,
  };
}

interface NodeParts {
  readonly opType: string;
  readonly opset: keyof typeof VERSIONS;
  readonly initializers: readonly OnnxTensor[];
  readonly attributes: OnnxNode["attributes"];
  readonly sentences: readonly string[];
}

/** Scale and shift, which these operators ask for whether or not the layer has them. */
function affineTensors({ weight, bias, channels }: NormModel, [scale, shift]: readonly [string, string]): OnnxTensor[] {
  const shape = [channels];
  return [
    { name: scale, shape, data: weight ? toFloat32("weight", weight) : new Float32Array(channels).fill(1) },
    { name: shift, shape, data: bias ? toFloat32("bias", bias) : new Float32Array(channels) },
  ];
}

function batchNode(model: NormModel, running: NonNullable<NormModel["running"]>): NodeParts {
  const { channels, eps, data, norm } = model;
  const { variance, text } = varianceFor(running, "onnx", data?.input);
  const rounded = toFloat32("variance", variance);
  checkDivisor(rounded, eps, data?.input);
  const momentum = running.momentum === null ? CONVENTIONS.onnx.defaultMomentum : otherDirection(running.momentum);
  const { weight, bias, mean, variance: called } = CONVENTIONS.onnx;
  return {
    opType: "BatchNormalization",
    opset: 17,
    initializers: [
      ...affineTensors(model, [weight, bias]),
      { name: mean, shape: [channels], data: toFloat32("mean", running.mean) },
      { name: called, shape: [channels], data: rounded },
    ],
    attributes: { momentum: { float: momentum } },
    sentences: [
      momentumText(running, "onnx", momentum),
      text,
      ...(norm === "instance" ? ["In inference it gives what the instance norm layer gives, by its running averages."] : []),
    ],
  };
}

function ownNode(model: NormModel): NodeParts {
  const { norm, layout, groups } = model;
  if (norm === "batch") throw noAverages();
  const sentences = [
    "Each input is normalized by its own statistics, with the variance divided by n in both; there is no momentum.",
  ];
  if (norm === "instance") {
    if (layout === "NC") throw noPlanes();
    const initializers = affineTensors(model, ["scale", "B"]);
    return { opType: "InstanceNormalization", opset: 17, initializers, attributes: {}, sentences };
  }
  return {
    opType: "GroupNormalization",
    opset: 21,
    initializers: affineTensors(model, ["scale", "bias"]),
    attributes: { num_groups: { int: groups } },
    sentences,
  };
}

function layerNode({ weight, bias, hasBias, channels }: NormModel, shape: readonly number[]): NodeParts {
  const scale = { name: "Scale", shape, data: weight ? toFloat32("weight", weight) : new Float32Array(channels).fill(1) };
  return {
    opType: "LayerNormalization",
    opset: 17,
    initializers: bias && hasBias ? [scale, { name: "B", shape, data: toFloat32("bias", bias) }] : [scale],
    attributes: { axis: { int: -shape.length } },
    sentences: ["The variance is divided by n in both; there is no momentum."],
  };
}

/** Free axes before the ones that are normalized, as many as the layout has. */
function layerShape(shape: readonly number[], layout: Layout | undefined): (number | string)[] {
  const free = Math.max(1, (layout?.length ?? 0) - shape.length);
  return [...Array.from({ length: free }, (_, i) => (i === 0 ? "N" : `L${i}`)), ...shape];
}
