// Where the time of a warm pass over a file goes:  node test/bench/profile.mjs FILE.npy [ROUNDS]
// For 1 and 2 threads: the pass, what the main thread worked (planning, handing out, merging rows), what the threads worked together
// (reading and computing), and what two threads gained. Medians.
import { performance } from "node:perf_hooks";
import { argv } from "node:process";
import { computeStatistics, createPool, openTensor } from "normstream";

const WARM_UPS = 5;
const [file, rounds = "9"] = argv.slice(2);
if (!file) throw new Error("which file? node test/bench/profile.mjs FILE.npy [ROUNDS]");

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function measure(threads) {
  const pool = createPool({ threads });
  const passes = [];
  for (let round = -WARM_UPS; round < Number(rounds); round++) {
    const source = await openTensor(file);
    const [cpu, loop, started] = [process.cpuUsage(), performance.eventLoopUtilization(), performance.now()];
    const statistics = await computeStatistics(source, { pool });
    const ms = performance.now() - started;
    const main = performance.eventLoopUtilization(loop).active;
    const { user, system } = process.cpuUsage(cpu);
    statistics[Symbol.dispose]();
    if (round >= 0) passes.push({ ms, main, threads: (user + system) / 1000 - main, system: system / 1000 });
  }
  await pool[Symbol.asyncDispose]();
  const of = (what) => median(passes.map((pass) => pass[what]));
  return { ms: of("ms"), main: of("main"), threads: of("threads"), system: of("system") };
}

const [one, two] = [await measure(1), await measure(2)];
for (const [threads, { ms, main, threads: worked, system }] of [
  ["1 thread", one],
  ["2 threads", two],
]) {
  const parts = `main thread ${main.toFixed(0)} ms, threads ${worked.toFixed(0)} ms together, ${system.toFixed(0)} ms of all in the system`;
  console.log(`${threads}: ${ms.toFixed(0)} ms; ${parts}`);
}
console.log(`2 threads against 1: ${(one.ms / two.ms).toFixed(2)} ×`);
