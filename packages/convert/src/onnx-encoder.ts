import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor } from "./onnx-graph.js";
import { onnx } from "./onnx-schema/onnx-pb.js";

const { AttributeType } = onnx.AttributeProto;
const { FLOAT } = onnx.TensorProto.DataType;

/** Encodes a graph as the bytes of an `.onnx` file: a `ModelProto` of ONNX's own schema. Equal graphs give equal bytes. */
export function encodeModel(graph: OnnxGraph, docString: string): Uint8Array {
  const { opset, irVersion, nodes, initializers, shape, metadata } = graph;
  const value = (name: string) => ({
    name,
    type: {
      tensorType: {
        elemType: FLOAT,
        shape: { dim: shape.map((extent) => (typeof extent === "number" ? { dimValue: extent } : { dimParam: extent })) },
      },
    },
  });
  return onnx.ModelProto.encode({
    irVersion,
    producerName: "normstream",
    docString,
    opsetImport: [{ domain: "", version: opset }],
    graph: {
      name: "normalization",
      node: nodes.map(nodeProto),
      initializer: initializers.map(tensorProto),
      input: [value("x")],
      output: [value("y")],
    },
    metadataProps: Object.entries(metadata).map(([key, text]) => ({ key, value: text })),
  }).finish();
}

function nodeProto({ opType, inputs, output, attributes }: OnnxNode) {
  return {
    opType,
    name: `${opType}_${output}`,
    input: [...inputs],
    output: [output],
    attribute: Object.entries(attributes).map(([name, attribute]) => ({ name, ...attributeValue(attribute) })),
  };
}

function attributeValue(attribute: OnnxAttribute) {
  if ("float" in attribute) return { type: AttributeType.FLOAT, f: attribute.float };
  if ("int" in attribute) return { type: AttributeType.INT, i: attribute.int };
  return { type: AttributeType.INTS, ints: [...attribute.ints] };
}

/** Raw data is little-endian whatever the machine, as ONNX asks. */
function tensorProto({ name, shape, data }: OnnxTensor) {
  const bytes = new Uint8Array(data.length * 4);
  const view = new DataView(bytes.buffer);
  data.forEach((value, i) => {
    view.setFloat32(i * 4, value, true);
  });
  return { name, dims: [...shape], dataType: FLOAT, rawData: bytes };
}
