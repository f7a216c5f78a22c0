// Normstream as a peer: a warm process that runs the built package's API. It reads one command a line from stdin, fields
// separated by tabs, and answers each with one line of JSON on stdout; times are taken inside, around the call alone.
//   stats INPUT                    statistics of a file, kept for `normalize`
//   normalize INPUT OUTPUT         input → existing output, by the statistics kept
//   forward INPUT OUTPUT           both
//   load N C S SHIFT OFFSET PATH   fill the tensor x in memory, and add SHIFT
//   mem_stats                      batch statistics of x
//   mem_bn                         batch norm of x into y: statistics, then normalize
//   mem_in                         instance norm of x into y
import { closeSync, openSync, readSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { computeStatistics, createPool, normalize, openTensor, tensor } from "normstream";

const pool = createPool({ threads: 2 });
let kept;
let x;
let y;

const listed = ({ mean, variance, moments: { min, max } }) =>
  Object.fromEntries(Object.entries({ mean, variance, min, max }).map(([name, values]) => [name, Array.from(values)]));

/** 64 values of y, spread over it. */
function sampleOf({ data }) {
  const step = Math.floor(data.length / 64);
  return Array.from({ length: 64 }, (_, k) => data[k * step + ((k * 7) % step)]);
}

function load([n, c, s, shift, offset, path]) {
  x?.[Symbol.dispose]();
  y?.[Symbol.dispose]();
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
  if (Number(shift) !== 0) for (let i = 0; i < x.data.length; i++) x.data[i] += Number(shift);
}

function affine(by) {
  const channels = x.shape[1];
  return { by, weight: new Float64Array(channels).fill(1.1), bias: new Float64Array(channels).fill(0.3) };
}

const commands = {
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
  const start = performance.now();
  const answer = await commands[op](fields);
  const ms = performance.now() - start;
  process.stdout.write(`${JSON.stringify({ ms, ...answer?.() })}\n`);
}
await pool[Symbol.asyncDispose]();
