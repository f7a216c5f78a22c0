// Normstream as a peer for tables: a warm process that runs the built package's API. It reads one command a line from stdin,
// fields separated by tabs, and answers each with one line of JSON on stdout; times are taken inside, around the call alone.
//   load N C DTYPE OFFSET PATH   fill the table, as peer_table.c does
//   stats                        statistics of each column
import { closeSync, openSync, readSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { computeStatistics, createPool, tensor } from "normstream";

const BLOCK_VALUES = 1 << 20;
const pool = createPool({ threads: 2 });
let table;

const clamped = (level) => Math.min(255, Math.max(0, level));

function load([n, c, dtype, offset, path]) {
  table?.[Symbol.dispose]();
  table = tensor([Number(n), Number(c)], dtype, { pool });
  const { data } = table;
  const block = new Float32Array(BLOCK_VALUES);
  const fd = openSync(path, "r");
  for (let at = 0; at < data.length; at += BLOCK_VALUES) {
    const values = block.subarray(0, Math.min(BLOCK_VALUES, data.length - at));
    if (readSync(fd, values, 0, values.byteLength, Number(offset) + at * 4) < values.byteLength)
      throw new Error(`${path} is too short`);
    if (dtype === "uint8") for (let i = 0; i < values.length; i++) data[at + i] = clamped(Math.floor(40 * values[i] + 128));
    else data.set(values, at);
  }
  closeSync(fd);
}

for await (const line of createInterface({ input: process.stdin })) {
  const [op, ...fields] = line.split("\t");
  if (op === "load") {
    load(fields);
    process.stdout.write('{"ms":0}\n');
    continue;
  }
  const start = performance.now();
  const statistics = await computeStatistics(table, { pool });
  const ms = performance.now() - start;
  const { mean, variance, moments } = statistics;
  const lists = { mean, variance, min: moments.min, max: moments.max };
  const listed = Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, Array.from(values)]));
  statistics[Symbol.dispose]();
  process.stdout.write(`${JSON.stringify({ ms, ...listed })}\n`);
}
await pool[Symbol.asyncDispose]();
