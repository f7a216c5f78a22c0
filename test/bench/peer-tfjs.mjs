// The TensorFlow.js peer: statistics and batch norm of a tensor in memory, its channels last as TensorFlow.js has them, in one
// thread (its threads do not run in Node). It reads one command a line from stdin, fields separated by tabs, and answers each
// with one line of JSON on stdout; times are taken inside, around the call alone.
//   version
//   load N C S PATH   fill x [N, 1, S, C] float32
//   stats             tf.moments, which are float32
//   bn                tf.moments and tf.batchNorm with scale 1.1 and offset 0.3
// It is started as: peer-tfjs.mjs FOLDER BACKEND, of node_modules, and `wasm` or `cpu`.
import { createRequire } from "node:module";
import { join } from "node:path";
import { argv } from "node:process";
import { createInterface } from "node:readline";
import { BIAS, EPS, loadValues, sampleIndices, WEIGHT } from "./reference.mjs";

const [folder, backend] = argv.slice(2);
const require = createRequire(join(folder, "package.json"));
const tf = require("@tensorflow/tfjs-core");
const module = require(`@tensorflow/tfjs-backend-${backend}`);
if (backend === "wasm") module.setWasmPaths(`${join(folder, "node_modules", "@tensorflow", "tfjs-backend-wasm", "dist")}/`);
tf.env().set("PROD", true);
await tf.setBackend(backend);

let x;
let scale;
let offset;

const commands = {
  version: () => () => ({ version: tf.version_core }),
  load([n, c, s, path]) {
    for (const tensor of [x, scale, offset]) tensor?.dispose();
    const [samples, channels, size] = [n, c, s].map(Number);
    x = tf.tensor4d(loadValues(path, samples * channels * size), [samples, 1, size, channels]);
    scale = tf.fill([channels], WEIGHT);
    offset = tf.fill([channels], BIAS);
  },
  stats() {
    const { mean, variance } = tf.tidy(() => tf.moments(x, [0, 1, 2]));
    const [means, variances] = [mean.dataSync(), variance.dataSync()];
    return () => {
      tf.dispose([mean, variance]);
      return { mean: Array.from(means), variance: Array.from(variances) };
    };
  },
  bn() {
    const y = tf.tidy(() => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm(x, mean, variance, offset, scale, EPS);
    });
    return () => {
      const data = y.dataSync();
      const sample = sampleIndices(data.length).map((index) => data[index]);
      y.dispose();
      return { sample };
    };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [op, ...fields] = line.split("\t");
  const start = performance.now();
  const answer = commands[op](fields);
  const ms = performance.now() - start;
  process.stdout.write(`${JSON.stringify({ ms, ...answer?.() })}\n`);
}
