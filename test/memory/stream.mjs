// A stream of tensors of 4 MB through applyLayer, with a consumer that is ten times slower than the producer:
//   node test/memory/stream.mjs [COUNT]      default 10000, some minutes
// It prints one line of JSON: the peak of resident memory, the most tensors that were alive, and what is left 100 ms after unsubscribing.
import { setTimeout as wait } from "node:timers/promises";
import { applyLayer, BatchNorm, createPool, fromTensors, tensor } from "normstream";

const SHAPE = [16, 64, 32, 32];
const SLOWER = 10;
const count = Number(process.argv[2] ?? 10_000);

const values = Float32Array.from({ length: 16 * 64 * 32 * 32 }, (_, i) => ((i * 7919) % 1009) / 100);
const pool = createPool({ threads: 2 });
const layer = new BatchNorm(64, { pool });
const { heap } = pool;
let made = 0;
let consumed = 0;
let mostAlive = 0;
let producing = 0;
let peak = 0;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 5);

async function* produce() {
  for (let k = 0; k < count + 8; k++) {
    const started = performance.now();
    const x = tensor(SHAPE, "float32", { pool });
    x.data.set(values);
    x.data[k % values.length] = k;
    made++;
    mostAlive = Math.max(mostAlive, made - consumed);
    producing += performance.now() - started;
    yield x;
  }
}

const warm = tensor(SHAPE, "float32", { pool });
for (let k = 0; k < 3; k++) (await layer.forward(warm))[Symbol.dispose]();
warm[Symbol.dispose]();
// A thread takes memory of its own when it has started, which on a busy machine may be after the others have done all of the above.
const threadBytes = await bytesOfOneThread();
while (heap.bytesInUse < pool.threads * threadBytes) await wait(1);
const baseline = heap.bytesInUse;
const started = performance.now();
let areFinite = true;

/** What a thread holds from its start to its end. */
async function bytesOfOneThread() {
  const single = createPool({ threads: 1 });
  const x = tensor([2, 1], "float32", { pool: single, data: [1, 2] });
  (await new BatchNorm(1, { pool: single }).forward(x))[Symbol.dispose]();
  x[Symbol.dispose]();
  const bytes = single.heap.bytesInUse;
  await single[Symbol.asyncDispose]();
  return bytes;
}

// The consumer takes one at a time, as one that writes to a slow place would.
const queue = [];
let arrived = () => {};
const subscription = fromTensors(produce(), { maxInFlight: 4 })
  .pipe(applyLayer(layer))
  .subscribe((y) => {
    queue.push(y);
    arrived();
  });
while (consumed < count) {
  if (queue.length === 0) {
    await new Promise((resolve) => {
      arrived = resolve;
    });
  }
  const y = queue.shift();
  areFinite &&= Number.isFinite(y.data[consumed % y.data.length]);
  await wait((SLOWER * producing) / made);
  consumed++;
  y[Symbol.dispose]();
}
const seconds = (performance.now() - started) / 1000;

const unsubscribed = performance.now();
subscription.unsubscribe();
for (const y of queue) y[Symbol.dispose]();
while (heap.bytesInUse > baseline && performance.now() - unsubscribed < 5000) await wait(1);
const baselineMs = performance.now() - unsubscribed;
const bytesLeft = heap.bytesInUse - baseline;
await pool[Symbol.asyncDispose]();
clearInterval(watch);
await wait(50);
const left = process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort/.test(name));
const facts = { count, consumed, mostAlive, peakMB: peak / 1e6, producingMs: producing / made, seconds, areFinite };
process.stdout.write(`${JSON.stringify({ ...facts, baselineMs, bytesLeft, left })}\n`);
