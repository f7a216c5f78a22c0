import { existsSync } from "node:fs";
import { join } from "node:path";
import { DATA_OFFSET, writeTensor } from "./data.mjs";
import { fastestWay } from "./file-input.mjs";
import {
  BIAS,
  columnRuns,
  inputGradients,
  loadValues,
  momentsOf,
  normalizedValues,
  planeRuns,
  sampleIndices,
  WEIGHT,
} from "./reference.mjs";
import { extentsOf, valuesOf } from "./sizes.mjs";
import { asType } from "./values.mjs";

export const OURS = "Normstream";
export const C = "C, 2 threads";
export const C_MINMAX = "C, 2 threads, min and max too";
export const C_STREAM = "C, 2 threads, stores past the cache";
export const TORCH = "PyTorch, 2 threads, recycled buffers";
export const TORCH_STOCK = "PyTorch, 2 threads, its own buffers";
export const ONNX = "ONNX Runtime, 2 threads";

/** How the float32 program is asked: with min and max, with stores past the cache. */
const C_OPTIONS = { [C]: [0, 0], [C_MINMAX]: [1, 0], [C_STREAM]: [0, 1] };
/** Float32 sums of a million values and more, and values that were normalized by them. */
const ROUGH = 1e-2;
/** Values that plain JavaScript of TensorFlow.js is asked to take: more would take minutes. */
const MOST_PLAIN = 1e6;
/** E[x²] − E[x]² in float64 of values that are far from 0. */
const CANCELLING = 1e-6;

/**
 * A job on a tensor in memory, which every program loads from one file.
 *
 * @param what the job's own properties, and: `op` of ours.mjs; `dtype`; `layout`, channels `first` or `last`; `shift` added to the values;
 *   `variants` of the C program; `ratios`, which is given the names of the peers that are neither C nor ours
 */
export function memoryJob(setting, shape, what) {
  const { op, dtype = "float32", layout = "first", shift = 0, variants = [], ratios, ...job } = what;
  const { peers } = setting;
  const extents = extentsOf(shape);
  const takesStatistics = op === "mem_stats";
  const loading = [...extents, shift, DATA_OFFSET];
  let input;
  let found = [];
  return {
    ...job,
    ours: OURS,
    values: valuesOf(shape),
    payloadBytes: valuesOf(shape) * { float32: 4, float16: 2, uint8: 1 }[dtype],
    // Calls are short: the first ones run on the engine's baseline compiler, and a few do not tell much.
    warmups: setting.size.warmups,
    roundsFactor: setting.size.calls,
    async prepare() {
      input = inputOf(setting, shape, layout);
      const c = cFor(peers, dtype, layout);
      await c?.ask("load", ...(c === peers.c ? loading : loadingOf(c, peers, extents, dtype)), input);
      await peers.ours.ask("load", ...extents, shift, input, dtype, layout);
      found = takesStatistics
        ? await statisticsPeers(setting, [...loading, input, dtype, layout], shift === 0 ? undefined : CANCELLING)
        : await layerPeers(peers, op, [...loading, input, dtype, layout]);
      if (dtype === "float32" && shift === 0) found.push(...(await npmPeers(peers, { op, layout, shape, input })));
    },
    contenders: () => [
      ...cContenders(peers, { op, dtype, layout, variants }),
      ...found,
      { name: OURS, run: () => peers.ours.ask(op) },
    ],
    ratios: () => ratios(found.map(({ name }) => name)),
    reference: () => referenceOf(input, shape, { op, dtype, layout, shift }),
  };
}

/** The file of all tensors with their channels first; those with their channels last have one that is read as a table. */
function inputOf({ size, folder, say }, shape, layout) {
  const path = join(folder, layout === "last" ? `last-${shape.join("-")}.npy` : "memory.npy");
  if (!existsSync(path)) {
    say(`writing ${((valuesOf(shape) * 4) / 1e9).toFixed(3)} GB of input for the jobs in memory`);
    const [samples, channels, planeSize] = extentsOf(shape);
    if (layout === "last") writeTensor(path, [samples * planeSize, channels]);
    else writeTensor(path, size.memory);
  }
  return path;
}

/** The C program for a type and a layout: with its channels last a tensor is a table. */
function cFor({ c, cTable, cPlanes }, dtype, layout) {
  if (layout === "last") return cTable;
  return dtype === "float32" ? c : cPlanes;
}

function loadingOf(c, { cTable }, [samples, channels, planeSize], dtype) {
  return c === cTable ? [samples * planeSize, channels, dtype, DATA_OFFSET] : [samples, channels, planeSize, dtype, DATA_OFFSET];
}

function cContenders(peers, { op, dtype, layout, variants }) {
  const c = cFor(peers, dtype, layout);
  if (!c) return [];
  if (c !== peers.c) return variants.map((name) => ({ name, run: () => c.ask(op === "mem_stats" ? "stats" : "bn", 2) }));
  // Statistics without min and max are less than what we do; a norm's do not need them.
  return variants.map((name) => ({
    name,
    sameWork: op !== "mem_stats" || name === C_MINMAX,
    run: () => c.ask(op, 2, ...C_OPTIONS[name]),
  }));
}

/** NumPy and PyTorch in the fastest of their ways: in float64, and PyTorch in float32 too. */
async function statisticsPeers({ peers, size }, loading, tolerance) {
  const { numpyMemory: numpy, torch } = peers;
  const contenders = [];
  if (numpy) {
    await numpy.ask("load", ...loading);
    const way = await fastestWay(size, (await numpy.ask("ways")).ways, (each) => numpy.ask("stats", each));
    contenders.push({ name: `NumPy, ${way}`, tolerance, run: () => numpy.ask("stats", way) });
  }
  if (torch) {
    await torch.ask("load", ...loading);
    const { exact, rough } = await torch.ask("ways");
    const [way, roughWay] = [
      await fastestWay(size, exact, (each) => torch.ask("stats", each)),
      await fastestWay(size, rough, (each) => torch.ask("stats", each)),
    ];
    contenders.push(
      { name: `PyTorch, ${way}`, tolerance, run: () => torch.ask("stats", way) },
      { name: `PyTorch, ${roughWay}, in float32`, sameWork: false, tolerance: ROUGH, run: () => torch.ask("stats", roughWay) },
    );
  }
  return contenders;
}

/** PyTorch's layers with both allocators; the methods of `normalize` have no layer's twin here. */
async function layerPeers({ torch, torchStock }, op, loading) {
  if (op.startsWith("mem_")) return [];
  const contenders = [];
  for (const [name, peer] of [
    [TORCH, torch],
    [TORCH_STOCK, torchStock],
  ]) {
    if (!peer) continue;
    await peer.ask("load", ...loading);
    contenders.push({ name, run: () => peer.ask(op) });
  }
  return contenders;
}

/** TensorFlow.js has its channels last, ONNX Runtime first, and neither has all ops. */
async function npmPeers({ tfWasm, tfCpu, onnx }, { op, layout, shape, input }) {
  const isFew = valuesOf(shape) <= MOST_PLAIN;
  const ops = layout === "last" ? { mem_stats: "stats", bn: "bn" } : { bn_eval: "bn_eval", in: "in" };
  const programs =
    layout === "last"
      ? [
          ["TensorFlow.js, wasm, 1 thread", tfWasm],
          ["TensorFlow.js, plain JavaScript", isFew ? tfCpu : null],
        ]
      : [[ONNX, onnx]];
  const contenders = [];
  for (const [name, peer] of programs) {
    if (!peer || !ops[op]) continue;
    await peer.ask("load", ...extentsOf(shape), input);
    const rough = op === "mem_stats" ? { sameWork: false } : {};
    contenders.push({ name, tolerance: ROUGH, ...rough, run: () => peer.ask(ops[op]) });
  }
  return contenders;
}

function referenceOf(input, shape, { op, dtype, layout, shift }) {
  const [samples, channels, planeSize] = extentsOf(shape);
  const values = loadValues(input, samples * channels * planeSize);
  if (shift !== 0) for (let i = 0; i < values.length; i++) values[i] += shift;
  const data = asType[dtype](values);
  const isInstance = op === "mem_in" || op.startsWith("in");
  const groups = isInstance ? samples * channels : channels;
  if (isInstance && layout === "last") throw new Error("no reference of instance norm with channels last");
  const runs = () => (layout === "last" ? columnRuns(data, channels) : planeRuns(data, shape, groups));
  const groupOf = (index) => (layout === "last" ? index % channels : Math.floor(index / planeSize) % groups);
  if (op === "mem_stats") return momentsOf(runs, groups);
  const indices = sampleIndices(data.length);
  const moments =
    op === "bn_eval" ? { mean: new Float64Array(groups), variance: new Float64Array(groups).fill(1) } : momentsOf(runs, groups);
  if (op.endsWith("_backward")) return { sample: inputGradients(data, indices, groupOf, moments, runs) };
  const taken = indices.map((index) => data[index]);
  return { sample: normalizedValues(taken, indices, groupOf, moments, { weight: WEIGHT, bias: BIAS }) };
}
