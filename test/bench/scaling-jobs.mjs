import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { writeSparse, writeTensor } from "./data.mjs";
import { amountsOf, inputOf, momentsOfInput } from "./file-input.mjs";
import { loadValues, momentsOf, planeRuns } from "./reference.mjs";
import { extentsOf, valuesOf } from "./sizes.mjs";

/** Bytes of a sample of the files that grow: `[64, 56, 56]` float32. */
const GROWING = [64, 56, 56];
const BAR_OF_TWO = 1.8;

/** Jobs on how costs grow with threads and with bytes. @param setting { peers, size, folder, say, gigabytes: the most of a file } */
export function scalingJobs(setting) {
  return [threadsJob(setting, memoryStatistics(setting)), threadsJob(setting, fileStatistics(setting)), growth(setting)];
}

/** Powers of two up to the cores, and all of them. */
function threadCounts() {
  const cores = Math.max(2, availableParallelism());
  const powers = Array.from({ length: Math.floor(Math.log2(cores)) + 1 }, (_, k) => 2 ** k);
  return [...new Set([...powers, cores])];
}

const nameOf = (threads) => `Normstream, ${threads} thread${threads > 1 ? "s" : ""}`;

/** The same work by processes of Normstream that differ in their threads. @param work { name, about, load, ask, bar, … } */
function threadsJob({ peers }, { load, ask, bar, ...job }) {
  const counts = threadCounts();
  const programs = new Map();
  return {
    ...job,
    group: "How it grows",
    async prepare() {
      for (const threads of counts) programs.set(threads, peers.start(threads));
      for (const program of programs.values()) await load(program);
    },
    contenders: () => counts.map((threads) => ({ name: nameOf(threads), run: () => ask(programs.get(threads)) })),
    ratios: () =>
      counts.slice(1).map((threads) => ({ of: nameOf(threads), to: nameOf(1), atLeast: threads === 2 ? bar : undefined })),
    async finish() {
      for (const program of programs.values()) await program.close();
    },
  };
}

function memoryStatistics({ size, folder }) {
  const shape = size.memory;
  const path = join(folder, "threads.npy");
  return {
    name: "memory statistics by threads",
    about: `[${shape.join(", ")}] float32 in memory, statistics of each channel`,
    values: valuesOf(shape),
    payloadBytes: valuesOf(shape) * 4,
    warmups: size.warmups,
    roundsFactor: size.calls,
    async load(program) {
      writeTensor(path, shape);
      await program.ask("load", ...extentsOf(shape), 0, path, "float32", "first");
    },
    ask: (program) => program.ask("mem_stats"),
    bar: BAR_OF_TWO,
    reference: () => momentsOf(() => planeRuns(loadValues(path, valuesOf(shape)), shape, shape[1]), shape[1]),
  };
}

function fileStatistics(setting) {
  return {
    name: "file statistics by threads",
    about: `[${setting.size.file.join(", ")}] float32 .npy in the page cache, statistics of each channel`,
    ...amountsOf(setting),
    load: () => inputOf(setting),
    ask: (program) => program.ask("stats", inputOf(setting)),
    reference: () => momentsOfInput(setting),
  };
}

/** What a byte costs of files that are larger and larger: holes but for some samples, which read like others and need no disk. */
function growth({ peers, size, folder, gigabytes }) {
  const sizes = size.gigabytes.filter((each) => each <= gigabytes);
  const files = [];
  const name = (each) => `Normstream, ${each} GB`;
  return {
    name: "file statistics by bytes",
    group: "How it grows",
    about: `.npy files of ${sizes.join(", ")} GB, [N, ${GROWING.join(", ")}] float32 that is 0 but for some samples and not in the page cache, statistics of each channel`,
    prepare() {
      if (!peers.c) return;
      for (const each of sizes) {
        const shape = [Math.round((each * 1e9) / (valuesOf(GROWING) * 4)), ...GROWING];
        const path = join(folder, `growth-${each}.npy`);
        files.push({ each, path, shape, written: writeSparse(path, shape) });
      }
    },
    contenders: () =>
      files.map(({ each, path, shape, written }) => ({
        name: name(each),
        payloadBytes: valuesOf(shape) * 4,
        before: () => peers.c.ask("evict", path),
        run: () => peers.ours.ask("stats", path),
        reference: () => sparseMoments(shape, written),
      })),
    ratios: () =>
      sizes
        .slice(1)
        .map((each) => ({ of: name(each), to: name(sizes[0]), perByte: true, atMost: each === 32 ? 1.1 : undefined })),
    finish() {
      for (const { path } of files) rmSync(path);
    },
    skipped: () => (peers.c ? [] : ["without the C program nothing evicts the files"]),
  };
}

/** Moments of a file of which `count` samples are the one that was written, and the others 0. */
function sparseMoments([samples, channels], { sample, count }) {
  const own = momentsOf(() => planeRuns(sample, [1, ...GROWING], channels), channels);
  const part = count / samples;
  const mean = own.mean.map((each) => part * each);
  // Of two groups: what each varies, and how far their means lie apart.
  const variance = own.variance.map((each, c) => part * each + part * (1 - part) * own.mean[c] ** 2);
  return { mean, variance, min: own.min.map((each) => Math.min(0, each)), max: own.max.map((each) => Math.max(0, each)) };
}
