import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeNpyHeader } from "@normstream/formats";
import type { Layout } from "@normstream/tensor";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { BatchNorm, InstanceNorm, loadTensor, normalize, openTensor, tensor, toKeras, toOnnx, writeConversion } from "normstream";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// The built package, from a file of data to what other runtimes make of what it exports: command line and program.
const BIN = fileURLToPath(new URL("../../packages/normstream/bin/normstream.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "normstream-frameworks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend("cpu");
});

function run(line: string): void {
  const { status, stderr } = spawnSync(process.execPath, [BIN, ...line.split(" "), "--quiet"], { cwd: folder, encoding: "utf8" });
  expect({ line, status, stderr }).toEqual({ line, status: 0, stderr: "" });
}

async function runOnnx(file: string, shape: readonly number[], x: Float32Array): Promise<Float32Array> {
  const session = await InferenceSession.create(file);
  const { y } = await session.run({ x: new OrtTensor("float32", x, [...shape]) });
  await session.release();
  return y?.data as Float32Array;
}

async function runTfjs(file: string, shape: readonly number[], x: Float32Array): Promise<Float32Array> {
  const { weightsManifest, ...model } = JSON.parse(readFileSync(file, "utf8")) as tf.io.ModelJSON;
  const weights = weightsManifest.flatMap(({ paths }) => paths.map((name) => readFileSync(path(name))));
  const weightSpecs = weightsManifest.flatMap((group) => group.weights);
  const weightData = Uint8Array.from(Buffer.concat(weights)).buffer;
  const loaded = await loadLayersModel(tf.io.fromMemory({ ...model, weightSpecs, weightData }));
  const y = loaded.predict(tf.tensor(x, [...shape])) as tf.Tensor;
  return (await y.data()) as Float32Array;
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((found[i] as number) - (expected[i] as number));
    if (!(difference <= largest)) largest = difference;
  }
  expect(largest).toBeLessThan(1e-5);
}

/** Pictures of three channels of their own means and spreads, float32. */
function pictures(shape: readonly number[], layout: Layout): Float32Array {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const plane = layout === "NHWC" ? 1 : (shape[2] as number) * (shape[3] as number);
  let state = 42;
  return values.map((_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const c = Math.floor(i / plane) % 3;
    return (state / 2 ** 32 - 0.5) * (c + 1) * 20 + c * 10;
  });
}

function writePictures(name: string, shape: readonly number[], values: Float32Array): void {
  writeFileSync(path(name), Buffer.concat([encodeNpyHeader(shape, "float32"), new Uint8Array(values.buffer)]));
}

const SHAPES = { NCHW: [8, 3, 6, 5], NHWC: [8, 6, 5, 3] } as const;

describe.each(["NCHW", "NHWC"] as const)("exported files, %s", (layout) => {
  const shape = SHAPES[layout];
  const x = pictures(shape, layout);
  beforeAll(() => writePictures(`${layout}.npy`, shape, x));

  test.each(["batch", "instance"] as const)("%s norm: onnxruntime and TF.js give what normalize writes", async (norm) => {
    run(`stats ${layout}.npy --layout ${layout} -o ${layout}-${norm}.npz`);
    for (const [to, extension] of [
      ["onnx", "onnx"],
      ["keras", "json"],
    ]) {
      run(`export ${layout}-${norm}.npz --to ${to} --norm ${norm} -o ${layout}-${norm}.${extension}`);
    }
    const source = await openTensor(path(`${layout}.npy`), { layout });
    await normalize(source, { by: norm }).to(path(`${layout}-${norm}.npy`));
    using expected = await loadTensor(await openTensor(path(`${layout}-${norm}.npy`), { layout }));
    const values = expected.data as Float32Array;
    expectClose(await runOnnx(path(`${layout}-${norm}.onnx`), shape, x), values);
    expectClose(await runTfjs(path(`${layout}-${norm}.json`), shape, x), values);
  });

  test.each(["batch", "instance"] as const)("a %s norm layer, in a program", async (norm) => {
    const layer = norm === "batch" ? new BatchNorm(3, { layout }) : new InstanceNorm(3, { layout, affine: true });
    layer.weight?.set([0.5, -1, 2]);
    layer.bias?.set([1, 0, -3]);
    using input = tensor(shape, "float32", { layout, data: x });
    using _ = await layer.forward(input);
    layer.eval();
    using y = await layer.forward(input);
    await writeConversion(path(`layer-${norm}-${layout}.onnx`), await toOnnx(layer));
    await writeConversion(path(`layer-${norm}-${layout}.json`), toKeras(layer));
    const values = y.data as Float32Array;
    expectClose(await runOnnx(path(`layer-${norm}-${layout}.onnx`), shape, x), values);
    expectClose(await runTfjs(path(`layer-${norm}-${layout}.json`), shape, x), values);
  });
});
