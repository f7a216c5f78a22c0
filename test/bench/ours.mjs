// Normstream as a peer: a warm process that runs the built package's API. It reads one command a line from stdin, fields
// separated by tabs, and answers each with one line of JSON on stdout; times are taken inside, around the call alone.
//   stats INPUT                    statistics of a file, kept for `normalize`
//   normalize INPUT OUTPUT         input → existing output, by the statistics kept
//   forward INPUT OUTPUT           both
//   load N C S SHIFT OFFSET PATH   fill the tensor x in memory, and add SHIFT
//   mem_stats                      batch statistics of x
//   mem_bn                         batch norm of x into y: statistics, then normalize
//   mem_in                         instance norm of x into y
//   bn | in                        forward of a layer in training, x into y
//   bn_backward | in_backward      its backward pass, after a forward pass that is not timed
import { closeSync, openSync, readSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { BatchNorm, computeStatistics, createPool, InstanceNorm, normalize, openTensor, tensor } from "normstream";

const pool = createPool({ threads: 2 });
let kept;
let x;
let y;
let dy;
let dx;
let layers;

const listed = ({ mean, variance, moments: { min, max } }) =>
  Object.fromEntries(Object.entries({ mean, variance, min, max }).map(([name, values]) => [name, Array.from(values)]));

/** 64 values of y, spread over it. */
function sampleOf({ data }) {
  const step = Math.floor(data.length / 64);
  return Array.from({ length: 64 }, (_, k) => data[k * step + ((k * 7) % step)]);
}

function load([n, c, s, shift, offset, path]) {
  for (const old of [x, y, dy, dx]) old?.[Symbol.dispose]();
  dy = dx = undefined;
  const shape = [Number(n), Number(c), Number(s)];
  x = tensor(shape, "float32", { pool });
  y = tensor(shape, "float32", { pool });
  const fd = openSync(path, "r");
  const bytes = new Uint8Array(x.data.buffer, x.data.byteOffset, x.data.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const got = readSync(fd, bytes, at, Math.min(bytes.length - at, 1 << 24), Number(offset) + at);
    if (got === 0) throw new Error(`${path} is too short`);
    at += got;
  }
  closeSync(fd);
  const options = { pool, affine: true };
  layers = { bn: new BatchNorm(shape[1], options), in: new InstanceNorm(shape[1], options) };
  for (const { weight, bias } of Object.values(layers)) {
    weight.fill(1.1);
    bias.fill(0.3);
  }
  if (Number(shift) !== 0) for (let i = 0; i < x.data.length; i++) x.data[i] += Number(shift);
}

function affine(by) {
  const channels = x.shape[1];
  return { by, weight: new Float64Array(channels).fill(1.1), bias: new Float64Array(channels).fill(0.3) };
}

/** What a backward pass needs before it: dy and dx once, and a forward pass each time. */
async function prepareBackward(name) {
  dy ??= tensor(x.shape, "float32", { pool, data: Float32Array.from({ length: x.data.length }, (_, i) => (i % 1009) / 512 - 1) });
  dx ??= tensor(x.shape, "float32", { pool });
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
  bn_backward: () => backward("bn"),
  in_backward: () => backward("in"),
  async stats([input]) {
    kept?.[Symbol.dispose]();
    kept = await computeStatistics(await openTensor(input), { pool });
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
