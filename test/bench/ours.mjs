// Normstream as a peer: a warm process that runs the built package's API in as many threads as its argument says, 2 unless it
// says so. It reads one command a line from stdin, fields separated by tabs, and answers each with one line of JSON on stdout;
// times are taken inside, around the call alone.
//   stats INPUT                    statistics of a file, kept for `normalize`
//   normalize INPUT OUTPUT         input → existing output, by the statistics kept
//   forward INPUT OUTPUT           both
//   load N C S SHIFT PATH DTYPE LAYOUT
//                                  fill the tensor x in memory, add SHIFT, channels `first` or `last`
//   mem_stats                      batch statistics of x
//   mem_bn                         batch norm of x into y: statistics, then normalize
//   mem_in                         instance norm of x into y
//   bn | in | bn_eval              forward of a layer in training, or in inference, x into y
//   bn_backward | in_backward      its backward pass, after a forward pass that is not timed
import { performance } from "node:perf_hooks";
import { argv } from "node:process";
import { createInterface } from "node:readline";
import { BatchNorm, computeStatistics, createPool, InstanceNorm, normalize, openTensor, tensor } from "normstream";
import { gradientAt, loadValues, sampleIndices } from "./reference.mjs";
import { asType } from "./values.mjs";

const pool = createPool({ threads: Number(argv[2] ?? 2) });
let kept;
let x;
let y;
let dy;
let dx;
let layers;
/** Makes a tensor of the shape and the layout that were loaded. */
let make;

const listed = ({ mean, variance, moments: { min, max } }) =>
  Object.fromEntries(Object.entries({ mean, variance, min, max }).map(([name, values]) => [name, Array.from(values)]));

const sampleOf = ({ data }) => sampleIndices(data.length).map((index) => data[index]);

function load([n, c, s, shift, path, dtype, layout]) {
  for (const old of [x, y, dy, dx]) old?.[Symbol.dispose]();
  dy = dx = y = undefined;
  const [samples, channels, size] = [n, c, s].map(Number);
  const shape = layout === "last" ? [samples, 1, size, channels] : [samples, channels, 1, size];
  make = (type, data) => tensor(shape, type, { pool, layout: layout === "last" ? "NHWC" : "NCHW", data });
  const values = loadValues(path, samples * channels * size);
  if (Number(shift) !== 0) for (let i = 0; i < values.length; i++) values[i] += Number(shift);
  x = make(dtype, asType[dtype](values));
  if (dtype !== "float32") return;
  y = make(dtype);
  const options = { pool, affine: true };
  layers = { bn: new BatchNorm(channels, options), in: new InstanceNorm(channels, options) };
  layers.bn_eval = new BatchNorm(channels, options).eval();
  for (const { weight, bias } of Object.values(layers)) {
    weight.fill(1.1);
    bias.fill(0.3);
  }
}

function affine(by) {
  const channels = x.shape[x.layout.indexOf("C")];
  return { by, weight: new Float64Array(channels).fill(1.1), bias: new Float64Array(channels).fill(0.3) };
}

/** What a backward pass needs before it: dy and dx once, and a forward pass each time. */
async function prepareBackward(name) {
  dy ??= make(
    "float32",
    Float32Array.from({ length: x.data.length }, (_, i) => gradientAt(i)),
  );
  dx ??= make("float32");
  await layers[name].forward(x, { into: y });
}

async function forward(name) {
  await layers[name].forward(x, { into: y });
  return () => ({ sample: sampleOf(y) });
}

async function backward(name) {
  await layers[name].backward(dy, { into: dx });
  return () => ({ sample: sampleOf(dx) });
}

const commands = {
  bn: () => forward("bn"),
  in: () => forward("in"),
  bn_eval: () => forward("bn_eval"),
  bn_backward: () => backward("bn"),
  in_backward: () => backward("in"),
  async stats([input]) {
    kept?.[Symbol.dispose]();
    const source = await openTensor(input);
    kept = await computeStatistics(source, { pool });
    await source[Symbol.asyncDispose]?.();
    return () => listed(kept);
  },
  async normalize([input, output]) {
    await normalize(await openTensor(input), { by: kept.batchNorm() }).to(output, { pool, overwrite: true });
  },
  async forward([input, output]) {
    await normalize(await openTensor(input), { by: "batch" }).to(output, { pool, overwrite: true });
  },
  async load(fields) {
    load(fields);
  },
  async mem_stats() {
    const statistics = await computeStatistics(x, { pool });
    return () => {
      const answer = listed(statistics);
      statistics[Symbol.dispose]();
      return answer;
    };
  },
  async mem_bn() {
    await normalize(x, affine("batch")).toTensor({ pool, into: y });
    return () => ({ sample: sampleOf(y) });
  },
  async mem_in() {
    await normalize(x, affine("instance")).toTensor({ pool, into: y });
    return () => ({ sample: sampleOf(y) });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [op, ...fields] = line.split("\t");
  if (op.endsWith("_backward")) await prepareBackward(op.slice(0, 2));
  const start = performance.now();
  const answer = await commands[op](fields);
  const ms = performance.now() - start;
  process.stdout.write(`${JSON.stringify({ ms, ...answer?.() })}\n`);
}
await pool[Symbol.asyncDispose]();
