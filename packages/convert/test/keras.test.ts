import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readVector, readZipMember } from "@normstream/formats";
import { BatchNorm } from "@normstream/pipeline";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { type ConvertOptions, type ConvertSource, loadingCode, tfjsArtifacts, toKeras, writeConversion } from "../src/index.js";
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

/** Float32 in another order of operations: the bar of the task is 1e-5. */
const TOLERANCE = 1e-5;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend("cpu");
});

/** Reads a model from files as TF.js's own loaders do: the JSON, then the weight files that it names, beside it. */
const filesHandler = (file: string): tf.io.IOHandler => ({
  async load() {
    const { weightsManifest, ...model } = JSON.parse(readFileSync(file, "utf8")) as tf.io.ModelJSON;
    const weights = weightsManifest.flatMap(({ paths }) => paths.map((name) => readFileSync(join(dirname(file), name))));
    return {
      ...model,
      weightSpecs: weightsManifest.flatMap((group) => group.weights),
      weightData: Uint8Array.from(Buffer.concat(weights)).buffer,
    };
  },
});

async function predict(handler: tf.io.IOHandler, shape: readonly number[], x: Float32Array): Promise<Float32Array> {
  const model = await loadLayersModel(handler, { strict: true });
  const input = tf.tensor(x, [...shape]);
  const output = model.predict(input) as tf.Tensor;
  expect(output.shape).toEqual(shape);
  const values = (await output.data()) as Float32Array;
  tf.dispose([input, output]);
  model.dispose();
  return values;
}

let files = 0;

async function runFiles(source: ConvertSource, shape: readonly number[], x: Float32Array, options: ConvertOptions = {}) {
  const file = path(`model-${files++}.json`);
  await writeConversion(file, toKeras(source, options));
  return predict(filesHandler(file), shape, x);
}

async function compare(layer: Parameters<typeof outputOf>[0] & ConvertSource, shape: readonly number[], layout: SampleLayout) {
  using x = sampleTensor(shape, layout, { seed: 99 });
  const expected = await outputOf(layer, x);
  const found = await runFiles(layer, shape, Float32Array.from(x.data as Float32Array), { layout });
  expect(largestDifference(found, expected)).toBeLessThan(TOLERANCE);
}

const LAYOUTS = (Object.keys(SHAPES) as SampleLayout[]).filter((layout) => layout !== "NCDHW");

describe("TF.js gives what the layer gives in inference", () => {
  test.each(LAYOUTS)("batch norm, %s", async (layout) => {
    const layer = await trainedBatchNorm(layout);
    await compare(layer, SHAPES[layout], layout);
    await compare(layer, reshaped(layout, { more: 2 }), layout);
    const plain = new BatchNorm(3, { layout, affine: false }).eval();
    await compare(plain, SHAPES[layout], layout);
  });

  test.each(LAYOUTS.filter((layout) => layout !== "NC"))("instance norm, %s", async (layout) => {
    await compare(instanceNorm(layout, true), SHAPES[layout], layout);
    await compare(instanceNorm(layout, false), reshaped(layout, { more: 1 }), layout);
    await compare(await trainedInstanceNorm(layout), SHAPES[layout], layout);
  });

  test.each([
    ["NC", [3]],
    ["NCL", [9]],
    ["NCL", [3, 9]],
    ["NCHW", [5, 6]],
    ["NHWC", [5, 6, 3]],
  ] as const)("layer norm, %s over %j", async (layout, normalizedShape) => {
    await compare(layerNorm(normalizedShape), SHAPES[layout], layout);
    await compare(layerNorm(normalizedShape, false), SHAPES[layout], layout);
  });
});

test("TF.js gives what statistics say: (x − mean) / sqrt(m2 / n + eps)", async () => {
  for (const layout of ["NCHW", "NHWC"] as const) {
    using statistics = await sampleStatistics(SHAPES[layout], layout);
    const x = sampleValues(360);
    const y = await runFiles(statistics, SHAPES[layout], x, { eps: 1e-3 });
    const expected = x.map((value, i) => {
      const c = layout === "NHWC" ? i % 3 : Math.floor(i / 30) % 3;
      return (value - (statistics.mean[c] as number)) / Math.sqrt((statistics.variance[c] as number) + 1e-3);
    });
    expect(largestDifference(y, expected)).toBeLessThan(TOLERANCE);
  }
});

test("why channels that stand second are moved: TF.js's own axis 1 gives other numbers on the CPU, and says nothing", async () => {
  const layer = await trainedBatchNorm("NCHW");
  using x = sampleTensor(SHAPES.NCHW, "NCHW", { seed: 99 });
  const conversion = toKeras(layer);
  const { modelTopology, ...rest } = tfjsArtifacts(conversion);
  const topology = modelTopology as { config: { layers: { class_name: string; config: object }[] } };
  const single = topology.config.layers.find(({ class_name }) => class_name === "BatchNormalization");
  const layers = [
    { class_name: "BatchNormalization", config: { ...single?.config, axis: 1, batch_input_shape: conversion.inputShape } },
  ];
  const artifacts = { ...rest, modelTopology: { ...modelTopology, config: { name: "axis_1", layers } } };
  const values = Float32Array.from(x.data as Float32Array);
  const y = await predict(tf.io.fromMemory(artifacts as unknown as tf.io.ModelArtifacts), SHAPES.NCHW, values);
  expect(largestDifference(y, await outputOf(layer, x))).toBeGreaterThan(0.1);
});

test("a model goes to TF.js without files too", async () => {
  const layer = await trainedBatchNorm("NHWC");
  using x = sampleTensor(SHAPES.NHWC, "NHWC");
  const artifacts = tfjsArtifacts(toKeras(layer)) as unknown as tf.io.ModelArtifacts;
  const y = await predict(tf.io.fromMemory(artifacts), SHAPES.NHWC, Float32Array.from(x.data as Float32Array));
  expect(largestDifference(y, await outputOf(layer, x))).toBeLessThan(TOLERANCE);
});

test("TF.js's momentum moves the averages as PyTorch's does", async () => {
  const layer = await trainedBatchNorm("NC", { momentum: 0.25 });
  const before = layer.runningMean?.slice() as Float64Array;
  const file = path("training.json");
  await writeConversion(file, toKeras(layer));
  const model = await loadLayersModel(filesHandler(file));
  using x = sampleTensor([8, 3], "NC", { seed: 5 });
  const input = tf.tensor(Float32Array.from(x.data as Float32Array), [8, 3]);
  model.layers[0]?.apply(input, { training: true });
  const [, , movingMean] = model.layers[0]?.getWeights() ?? [];
  layer.train();
  using _ = await layer.forward(x);
  expect(largestDifference(layer.runningMean as Float64Array, before)).toBeGreaterThan(0.01);
  // Float32 averages of numbers around 1.
  expect(largestDifference((await movingMean?.data()) as Float32Array, layer.runningMean as Float64Array)).toBeLessThan(1e-6);
});

test("config, weights and their order are Keras's", async () => {
  using statistics = await sampleStatistics([4, 5, 6, 3], "NHWC");
  const conversion = toKeras(statistics, { momentum: 0.01, eps: 1e-3 });
  expect(conversion).toMatchObject({
    className: "BatchNormalization",
    config: { axis: -1, momentum: 0.99, epsilon: 1e-3, center: true, scale: true },
    inputShape: [null, null, null, 3],
  });
  expect(conversion.weights.map(({ name }) => name)).toEqual(["gamma", "beta", "moving_mean", "moving_variance"]);
  expect(conversion.weights[3]?.data).toEqual(Float32Array.from(statistics.variance));
  expect(toKeras(statistics, { layout: "NCHW" })).toMatchObject({ config: { axis: 1 }, inputShape: [null, 3, null, null] });
  const cumulative = toKeras(statistics, { momentum: null });
  expect(cumulative.config.momentum).toBe(0.99);
  expect(cumulative.text).toContain("A cumulative average (momentum null) has no equal in Keras: its default 0.99 stands there");
});

test("the text says what was converted", async () => {
  const data = Array.from({ length: 200 }, (_, i) => i);
  using statistics = await sampleStatistics([100, 2], "NC", { data });
  expect(toKeras(statistics).text).toBe(
    "Converted the statistics of tensor: 100 samples, 2 channels, to keras.layers.BatchNormalization, axis -1 (NC). " +
      "Momentum 0.1 (PyTorch: new = 0.9 · old + 0.1 · batch) became 0.9 (Keras weighs the old average: the same rule). " +
      "moving_variance has correction 0 (m2 / n), as Keras counts; PyTorch's running_var would be × n / (n − 1), n = 100. " +
      "epsilon is 1e-5; Keras's own default is 0.001. All numbers are rounded from float64 to float32.",
  );
});

test("a .npz file holds float32 weights by Keras's names, and the layer's config", async () => {
  const layer = groupNorm("NHWC");
  const file = path("group.npz");
  expect(await writeConversion(file, toKeras(layer))).toEqual([file]);
  expect([...(await readVector(file, { select: "gamma" }))]).toEqual([...(layer.weight as Float64Array)]);
  expect([...(await readVector(file, { select: "beta" }))]).toEqual([...(layer.bias as Float64Array)]);
  expect(JSON.parse(Buffer.from(await readZipMember(file, "layer.json")).toString())).toEqual({
    class_name: "GroupNormalization",
    config: { axis: -1, groups: 2, epsilon: 1e-5, center: true, scale: true },
  });
  expect(loadingCode("group.npz", toKeras(layer))).toBe(
    "import keras, numpy\n" +
      "layer = keras.layers.GroupNormalization(axis=-1, groups=2, epsilon=1e-05, center=True, scale=True)\n" +
      "layer.build(x.shape)\n" +
      'layer.set_weights([numpy.load("group.npz")[name] for name in ["gamma", "beta"]])',
  );
});

test("the text says where a TF.js model is built otherwise", () => {
  const text = (layout: SampleLayout) => toKeras(instanceNorm(layout, true)).text;
  expect(text("NHWC")).toContain("In Keras instance norm is 3 groups of one channel");
  expect(text("NHWC")).toContain("A TF.js model has LayerNormalization over the spatial axes instead.");
  expect(text("NHWC")).not.toContain("Permute");
  expect(text("NCHW")).toContain("in its model a Permute moves the channels there and back");
  expect(text("NCDHW")).not.toContain("TF.js");
});

describe("two files appear as one", () => {
  test("the weights are named by their content, and a replaced model keeps to its own until the end", async () => {
    const file = path("replaced.json");
    const [first] = await writeConversion(file, toKeras(await trainedBatchNorm("NC")));
    expect(first).toMatch(/replaced\.[0-9a-f]{12}\.bin$/);
    await expect(writeConversion(file, toKeras(await trainedBatchNorm("NCL")))).rejects.toThrow(/the file exists/);
    expect(readdirSync(path("")).filter((name) => name.startsWith("replaced"))).toHaveLength(2);
    const [second] = await writeConversion(file, toKeras(await trainedBatchNorm("NCL")), { overwrite: true });
    expect(second).not.toBe(first);
    expect(existsSync(first as string)).toBe(true);
    expect(JSON.parse(readFileSync(file, "utf8")).weightsManifest[0].paths).toEqual([second?.split("/").at(-1)]);
  });
});

test("a run that is stopped leaves neither file, or the ones that were there", async () => {
  const file = path("stopped.json");
  const conversion = toKeras(await trainedBatchNorm("NC"));
  // Stops after the first file: the signal is asked before and after each.
  let asked = 0;
  const signal = Object.defineProperty(new AbortController().signal, "aborted", { get: () => ++asked > 3 });
  await expect(writeConversion(file, conversion, { signal })).rejects.toThrow(/stopped/);
  expect(asked).toBe(4);
  expect(readdirSync(path("")).filter((name) => name.includes("stopped"))).toEqual([]);
  const [weights] = await writeConversion(file, conversion);
  asked = 0;
  await expect(writeConversion(file, conversion, { signal, overwrite: true })).rejects.toThrow(/stopped/);
  expect(existsSync(weights as string)).toBe(true);
});

test("what TF.js or Keras has no layer for is refused", () => {
  expect(() => tfjsArtifacts(toKeras(groupNorm("NHWC")))).toThrow(/TF.js has no layer for group norm. Write .npz/);
  const volume = new BatchNorm(3, { layout: "NCDHW" });
  expect(() => tfjsArtifacts(toKeras(volume))).toThrow(/rank 5; expected rank 2 to 4/);
  expect(toKeras(volume).inputShape).toEqual([null, 3, null, null, null]);
  expect(() => toKeras(new BatchNorm(3, { trackRunningStats: false }))).toThrow(/batch norm without running averages/);
  expect(() => toKeras(instanceNorm("NCHW", true), { layout: "NC" })).toThrow(/instance norm of layout NC/);
});
