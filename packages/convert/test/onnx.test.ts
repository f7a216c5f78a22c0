import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BatchNorm } from "@normstream/pipeline";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import protobuf from "protobufjs";
import { describe, expect, test } from "vitest";
import { type ConvertOptions, type ConvertSource, toOnnx, writeConversion } from "../src/index.js";
import {
  groupNorm,
  instanceNorm,
  largestDifference,
  layerNorm,
  outputOf,
  reshaped,
  type SampleLayout,
  SHAPES,
  sampleStatistics,
  sampleTensor,
  sampleValues,
  scratchFolder,
  trainedBatchNorm,
  trainedInstanceNorm,
} from "./samples.js";

const path = scratchFolder();
const LAYOUTS = Object.keys(SHAPES) as SampleLayout[];

/** Float32 in another order of operations: the bar of the task is 1e-5. */
const TOLERANCE = 1e-5;

let files = 0;

/** Writes the model, loads the file in onnxruntime, and runs it. */
async function runFile(source: ConvertSource, shape: readonly number[], x: Float32Array, options: ConvertOptions = {}) {
  const file = path(`model-${files++}.onnx`);
  await writeConversion(file, await toOnnx(source, options));
  const session = await InferenceSession.create(file);
  expect([session.inputNames, session.outputNames]).toEqual([["x"], ["y"]]);
  const { y } = await session.run({ x: new OrtTensor("float32", x, [...shape]) });
  expect(y?.dims).toEqual(shape);
  await session.release();
  return y?.data as Float32Array;
}

/** The layer's own inference, and that of the file. */
async function compare(layer: Parameters<typeof outputOf>[0] & ConvertSource, shape: readonly number[], layout: SampleLayout) {
  using x = sampleTensor(shape, layout, { seed: 99 });
  const expected = await outputOf(layer, x);
  const found = await runFile(layer, shape, Float32Array.from(x.data as Float32Array), { layout });
  expect(largestDifference(found, expected)).toBeLessThan(TOLERANCE);
}

describe("onnxruntime gives what the layer gives in inference", () => {
  test.each(LAYOUTS)("batch norm, %s", async (layout) => {
    const layer = await trainedBatchNorm(layout);
    await compare(layer, SHAPES[layout], layout);
    // Free extents: another batch and other planes.
    await compare(layer, reshaped(layout, { more: 2 }), layout);
  });

  test.each(LAYOUTS.filter((layout) => layout !== "NC"))("instance norm, %s", async (layout) => {
    await compare(instanceNorm(layout, true), SHAPES[layout], layout);
    await compare(instanceNorm(layout, false), SHAPES[layout], layout);
    await compare(await trainedInstanceNorm(layout), SHAPES[layout], layout);
  });

  test.each(LAYOUTS)("group norm, %s", async (layout) => {
    await compare(groupNorm(layout), reshaped(layout, { channels: 6 }), layout);
    await compare(groupNorm(layout, false), reshaped(layout, { channels: 6 }), layout);
  });

  test.each([
    ["NC", [3]],
    ["NCL", [9]],
    ["NCL", [3, 9]],
    ["NCHW", [5, 6]],
    ["NCDHW", [3, 4, 3, 5]],
  ] as const)("layer norm, %s over %j", async (layout, normalizedShape) => {
    await compare(layerNorm(normalizedShape), SHAPES[layout], layout);
    await compare(layerNorm(normalizedShape, false), SHAPES[layout], layout);
    await compare(layerNorm(normalizedShape, true, false), SHAPES[layout], layout);
  });
});

test("onnxruntime gives what statistics say: (x − mean) / sqrt(m2 / n + eps)", async () => {
  for (const layout of ["NCHW", "NHWC"] as const) {
    const shape = SHAPES[layout];
    using statistics = await sampleStatistics(shape, layout);
    const x = sampleValues(360);
    const y = await runFile(statistics, shape, x, { weight: [1, 2, 3], bias: [0, 0, 5] });
    const expected = x.map((value, i) => {
      const c = layout === "NHWC" ? i % 3 : Math.floor(i / 30) % 3;
      const [mean, variance] = [statistics.mean[c] as number, statistics.variance[c] as number];
      return ((value - mean) / Math.sqrt(variance + 1e-5)) * (c + 1) + (c === 2 ? 5 : 0);
    });
    expect(largestDifference(y, expected)).toBeLessThan(TOLERANCE);
  }
});

test("statistics of IDX pictures (NHW) make a model of one channel", async () => {
  using statistics = await sampleStatistics([4, 5, 6], "NHW");
  const { graph } = await toOnnx(statistics);
  expect(graph.shape).toEqual(["N", 1, "H", "W"]);
  const x = sampleValues(120);
  const y = await runFile(statistics, [4, 1, 5, 6], x);
  const [mean, variance] = [statistics.mean[0] as number, statistics.variance[0] as number];
  expect(
    largestDifference(
      y,
      x.map((value) => (value - mean) / Math.sqrt(variance + 1e-5)),
    ),
  ).toBeLessThan(TOLERANCE);
});

test("a constant channel gives the bias", async () => {
  using statistics = await sampleStatistics([6, 3], "NC", { data: Array.from({ length: 18 }, (_, i) => (i % 3 === 1 ? 7 : i)) });
  expect(statistics.variance[1]).toBe(0);
  const y = await runFile(
    statistics,
    [6, 3],
    Float32Array.from({ length: 18 }, () => 7),
    { bias: [0, 0.5, 0] },
  );
  expect(y[1]).toBe(0.5);
});

describe("the file, read back through ONNX's own schema", () => {
  const schema = protobuf
    .parse(readFileSync(fileURLToPath(new URL("../vendor/onnx/onnx.proto", import.meta.url)), "utf8"))
    .root.lookupType("onnx.ModelProto");
  const read = (bytes: Uint8Array) => schema.toObject(schema.decode(bytes), { longs: Number, enums: String }) as OnnxModel;

  interface OnnxModel {
    readonly graph: {
      readonly node: readonly {
        opType: string;
        input: string[];
        output: string[];
        attribute: { name: string; type: string }[];
      }[];
      readonly initializer: readonly { name: string; dims: number[]; dataType: number; rawData: Buffer }[];
      readonly [key: string]: unknown;
    };
    readonly [key: string]: unknown;
  }

  test("batch norm of statistics", async () => {
    using statistics = await sampleStatistics([4, 3, 5, 6], "NCHW");
    const { bytes, text } = await toOnnx(statistics, { momentum: 0.3, eps: 1e-3 });
    const model = read(bytes);
    expect(model).toMatchObject({
      irVersion: 8,
      producerName: "normstream",
      docString: text,
      opsetImport: [{ version: 17 }],
      metadataProps: [
        { key: "generator", value: "normstream" },
        { key: "input", value: statistics.facts.input },
        { key: "samples", value: "4" },
        { key: "digest", value: statistics.digest },
      ],
    });
    const [node] = model.graph.node;
    expect(node).toMatchObject({
      opType: "BatchNormalization",
      input: ["x", "scale", "B", "input_mean", "input_var"],
      output: ["y"],
    });
    expect(node?.attribute).toEqual([
      { name: "epsilon", type: "FLOAT", f: Math.fround(1e-3) },
      { name: "momentum", type: "FLOAT", f: Math.fround(0.7) },
    ]);
    const variance = model.graph.initializer.find(({ name }) => name === "input_var");
    expect(variance).toMatchObject({ dims: [3], dataType: 1 });
    const stored = variance?.rawData as Buffer;
    expect([0, 4, 8].map((at) => stored.readFloatLE(at))).toEqual([...Float32Array.from(statistics.variance)]);
    expect(model.graph.input).toEqual([
      {
        name: "x",
        type: {
          tensorType: {
            elemType: 1,
            shape: { dim: [{ dimParam: "N" }, { dimValue: 3 }, { dimParam: "H" }, { dimParam: "W" }] },
          },
        },
      },
    ]);
  });

  test("NHWC stands between transposes", async () => {
    const { bytes } = await toOnnx(instanceNorm("NHWC", true));
    const { node } = read(bytes).graph;
    expect(node.map(({ opType }) => opType)).toEqual(["Transpose", "InstanceNormalization", "Transpose"]);
    expect(node[0]?.attribute).toEqual([{ name: "perm", type: "INTS", ints: [0, 3, 1, 2] }]);
    expect(node[2]?.attribute).toEqual([{ name: "perm", type: "INTS", ints: [0, 2, 3, 1] }]);
  });

  test("group and layer norm name their operator sets and attributes", async () => {
    const group = read((await toOnnx(groupNorm("NCHW"))).bytes);
    expect(group).toMatchObject({ irVersion: 10, opsetImport: [{ version: 21 }] });
    expect(group.graph.node[0]?.attribute).toContainEqual({ name: "num_groups", type: "INT", i: 2 });
    const layer = read((await toOnnx(layerNorm([5, 6]))).bytes);
    expect(layer).toMatchObject({ irVersion: 8, opsetImport: [{ version: 17 }] });
    expect(layer.graph.node[0]?.attribute).toContainEqual({ name: "axis", type: "INT", i: -2 });
  });

  test("the same layer gives the same bytes", async () => {
    const layer = await trainedBatchNorm("NCHW");
    expect((await toOnnx(layer)).bytes).toEqual((await toOnnx(layer)).bytes);
  });
});

test("a layer keeps its variance, so that inference stays the same; momentum turns round", async () => {
  const layer = await trainedBatchNorm("NCHW", { momentum: 0.25, eps: 1e-4 });
  const { graph, text } = await toOnnx(layer);
  expect(graph.nodes[0]?.attributes).toEqual({ epsilon: { float: 1e-4 }, momentum: { float: 0.75 } });
  expect(graph.initializers.find(({ name }) => name === "input_var")?.data).toEqual(
    Float32Array.from(layer.runningVar as Float64Array),
  );
  expect(text).toContain("Momentum 0.25 (PyTorch: new = 0.75 · old + 0.25 · batch) became 0.75 (ONNX weighs the old average");
  expect(text).toContain("input_var is the layer's running variance (correction 1) as it stands");
});

test("what no ONNX model can be is refused", async () => {
  await expect(toOnnx(new BatchNorm(3, { trackRunningStats: false }))).rejects.toThrow(/batch norm without running averages/);
  await expect(toOnnx(instanceNorm("NCHW", true), { layout: "NC" })).rejects.toThrow(/instance norm of layout NC/);
});
