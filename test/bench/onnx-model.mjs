// Models of one node, as protobuf of ONNX's schema: onnx/onnx.proto names the fields whose numbers stand here.

const FLOAT = 1;
const IR_VERSION = 8;
const OPSET = 15;

/**
 * A model that takes its node's inputs by name, float32 each, and gives `y`.
 * @param inputs shapes by name, in the order of the operator
 */
export function oneNodeModel(operator, inputs, shape, epsilon) {
  const node = [
    ...Object.keys(inputs).map((name) => text(1, name)),
    text(2, "y"),
    text(4, operator),
    bytes(5, [text(1, "epsilon"), float(2, epsilon), number(20, FLOAT)]),
  ];
  const graph = [
    bytes(1, node),
    text(2, "norm"),
    ...Object.entries(inputs).map(([name, extents]) => bytes(11, valueInfo(name, extents))),
    bytes(12, valueInfo("y", shape)),
  ];
  return Buffer.concat([number(1, IR_VERSION), bytes(7, graph), bytes(8, [text(1, ""), number(2, OPSET)])]);
}

function valueInfo(name, extents) {
  const dimensions = extents.map((extent) => bytes(1, [number(1, extent)]));
  return [text(1, name), bytes(2, [bytes(1, [number(1, FLOAT), bytes(2, dimensions)])])];
}

function varint(value) {
  const digits = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...digits, rest]);
    digits.push((rest % 128) | 128);
  }
}

const number = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);

function float(field, value) {
  const content = Buffer.alloc(4);
  content.writeFloatLE(value);
  return Buffer.concat([varint(field * 8 + 5), content]);
}

function bytes(field, parts) {
  const content = Buffer.concat(parts);
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

const text = (field, value) => bytes(field, [Buffer.from(value)]);
