// The ONNX Runtime peer: norms of a tensor in memory in two threads, into an output that is used again. It reads one command a
// line from stdin, fields separated by tabs, and answers each with one line of JSON on stdout; times are taken inside, around
// the call alone.
//   version
//   load N C S PATH   fill x [N, C, 1, S] float32
//   bn_eval           BatchNormalization by mean 0 and variance 1, with weight 1.1 and bias 0.3
//   in                InstanceNormalization with the same
// It is started as: peer-onnx.mjs FOLDER, of node_modules.
import { createRequire } from "node:module";
import { join } from "node:path";
import { argv } from "node:process";
import { createInterface } from "node:readline";
import { oneNodeModel } from "./onnx-model.mjs";
import { BIAS, EPS, loadValues, sampleIndices, WEIGHT } from "./reference.mjs";

const ort = createRequire(join(argv[2], "package.json"))("onnxruntime-node");
let feeds;
let y;
let sessions;

async function load([n, c, s, path]) {
  const [samples, channels, size] = [n, c, s].map(Number);
  const shape = [samples, channels, 1, size];
  const vector = (value) => new ort.Tensor("float32", new Float32Array(channels).fill(value), [channels]);
  const x = new ort.Tensor("float32", loadValues(path, samples * channels * size), shape);
  y = new ort.Tensor("float32", new Float32Array(x.data.length), shape);
  const common = { x, scale: vector(WEIGHT), bias: vector(BIAS) };
  feeds = { bn_eval: { ...common, mean: vector(0), variance: vector(1) }, in: common };
  sessions = {};
  for (const [op, operator] of [
    ["bn_eval", "BatchNormalization"],
    ["in", "InstanceNormalization"],
  ]) {
    const shapes = Object.fromEntries(Object.entries(feeds[op]).map(([name, { dims }]) => [name, dims]));
    const model = oneNodeModel(operator, shapes, shape, EPS);
    sessions[op] = await ort.InferenceSession.create(model, { intraOpNumThreads: 2, logSeverityLevel: 3 });
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [op, ...fields] = line.split("\t");
  if (op === "version" || op === "load") {
    if (op === "load") await load(fields);
    process.stdout.write(`${JSON.stringify({ ms: 0, version: ort.env.versions.node })}\n`);
    continue;
  }
  const start = performance.now();
  await sessions[op].run(feeds[op], { y });
  const ms = performance.now() - start;
  process.stdout.write(`${JSON.stringify({ ms, sample: sampleIndices(y.data.length).map((index) => y.data[index]) })}\n`);
}
