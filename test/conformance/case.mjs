import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BatchNorm,
  computeStatistics,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  loadTensor,
  NormstreamError,
  normalize,
  openTensor,
} from "normstream";
import { difference } from "./compare.mjs";
import { readNpy } from "./npy.mjs";

const CHECKED = [
  ...["y", "batch_mean", "batch_var", "total_mean", "total_var", "error"],
  ...["running_mean", "running_var", "num_batches_tracked"],
  ...["dx", "dweight", "dbias"],
];

/**
 * One output of a case: `y` of each batch counts as one, and so do the statistics.
 * @typedef {{ kind: string, name: string, state: "passed" | "failed", message?: string }} Outcome
 */

/**
 * Runs a case through the public API and compares what comes out.
 * @param {string} folder
 * @param {{ pool?: import("normstream").Pool, shardBytes?: number }} options
 * @returns {Promise<{ name: string, outcomes: Outcome[] }>}
 */
export async function runCase(folder, options = {}) {
  const spec = readCase(folder);
  const unknown = unknownOf(spec).map((name) => ({ kind: name, name, state: "failed", message: "an output of unknown kind" }));
  if (unknown.length > 0) return { name: spec.name, outcomes: unknown };
  if (spec.expected.error !== undefined) return { name: spec.name, outcomes: [await refusal(spec, folder, options)] };
  const outcomes = [];
  const scratch = mkdtempSync(join(tmpdir(), "normstream-conformance-"));
  try {
    await checkBatches(spec, folder, scratch, options, outcomes);
    await checkLayer(spec, folder, options, outcomes);
  } catch (error) {
    outcomes.push({ kind: "case", name: "run", state: "failed", message: error.message });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return { name: spec.name, outcomes };
}

/** Reads a case's description. @throws where it is not of the format. */
function readCase(folder) {
  const spec = JSON.parse(readFileSync(join(folder, "case.json"), "utf8"));
  if (spec.format !== "norm-case/1") throw new Error(`${folder}: a case of format ${spec.format}, expected norm-case/1`);
  return spec;
}

/** An output that this runner has never heard of must not pass for compared. */
function unknownOf({ expected }) {
  return Object.keys(expected).filter((name) => !CHECKED.includes(name));
}

async function checkBatches(spec, folder, scratch, options, outcomes) {
  const { expected, inputs } = spec;
  const affine = affineOf(spec, folder);
  const check = (kind, name, got, file) => {
    const message = difference(kind, got, readNpy(join(folder, file)), spec.tolerance[kind], spec.dtype);
    outcomes.push({ kind, name, state: message === undefined ? "passed" : "failed", ...(message ? { message } : {}) });
  };
  const totals = [];
  for (const [k, file] of inputs.x.entries()) {
    const x = await openInput(spec, folder, file);
    const own = usesRunning(spec) ? undefined : await ownStatistics(spec, x, options);
    if (expected.batch_mean) {
      check("batch_mean", `batch_mean ${k}`, { shape: own.shape, data: own.mean }, expected.batch_mean[k]);
      check("batch_var", `batch_var ${k}`, { shape: own.shape, data: own.variance }, expected.batch_var[k]);
    }
    if (expected.y) {
      const outDType = spec.dtype === "float64" ? "float64" : "float32";
      const path = join(scratch, `y_${k}.npy`);
      await normalize(x, { by: byOf(spec, folder), ...affine, outDType }).to(path, run(options));
      check("y", `y ${k}`, { ...readNpy(path), shape: spec.x_shapes[k] }, expected.y[k]);
    }
    if (expected.total_mean) totals.push(await momentsOf(x, options));
  }
  if (!expected.total_mean) return;
  const total = totals.reduce(mergeMoments);
  const variance = total.m2.map((m2, c) => m2 / total.count[c]);
  check("total_mean", "total_mean", { shape: [spec.channels], data: total.mean }, expected.total_mean);
  check("total_var", "total_var", { shape: [spec.channels], data: variance }, expected.total_var);
}

/** The same batches through a layer: its outputs once more, and its running averages after the last one. */
async function checkLayer(spec, folder, options, outcomes) {
  const { expected, inputs } = spec;
  const layer = layerOf(spec, folder, options);
  const check = (kind, name, got, file) => {
    const message = difference(kind, got, readNpy(join(folder, file)), spec.tolerance[kind], spec.dtype);
    outcomes.push({ kind, name, state: message === undefined ? "passed" : "failed", ...(message ? { message } : {}) });
  };
  const layout = spec.layout === null ? {} : { layout: spec.layout };
  const { pool, shardBytes } = options;
  const cuts = shardBytes === undefined ? {} : { shardBytes };
  const load = async (file) => loadTensor(await openTensor(join(folder, file), layout), { pool });
  for (const [k, file] of inputs.x.entries()) {
    // Gradients are of tensors in memory.
    const x = inputs.dy ? await load(file) : await openTensor(join(folder, file), layout);
    const y = await layer.forward(x, cuts);
    if (expected.y) check("y", `y ${k} of the layer`, { shape: y.shape, data: y.data }, expected.y[k]);
    y[Symbol.dispose]();
    if (inputs.dy) {
      const dy = await load(inputs.dy);
      const { dx, dweight, dbias } = await layer.backward(dy, cuts);
      check("dx", "dx", { shape: dx.shape, data: dx.data }, expected.dx);
      const shape = layer.normalizedShape ?? [spec.channels];
      if (expected.dweight) check("dweight", "dweight", { shape, data: dweight }, expected.dweight);
      if (expected.dbias) check("dbias", "dbias", { shape, data: dbias }, expected.dbias);
      for (const tensor of [x, dy, dx]) tensor[Symbol.dispose]();
    }
  }
  const averages = { running_mean: layer.runningMean, running_var: layer.runningVar };
  for (const [name, data] of Object.entries(averages)) {
    if (expected[name]) check(name, name, { shape: [spec.channels], data }, expected[name]);
  }
  if (typeof expected.num_batches_tracked === "number") {
    const found = layer.numBatchesTracked;
    const passed = found === expected.num_batches_tracked;
    const message = passed ? {} : { message: `${found} instead of ${expected.num_batches_tracked}` };
    outcomes.push({ kind: "num_batches_tracked", name: "num_batches_tracked", state: passed ? "passed" : "failed", ...message });
  }
}

/** A case's layer, with its parameters and its averages as they were before the first batch. */
function layerOf(spec, folder, { pool }) {
  const { eps, affine, momentum, track_running_stats: trackRunningStats, inputs } = spec;
  const runningVarCorrection = spec.running_var_estimator === "population" ? 0 : 1;
  const common = { eps, affine, ...(pool ? { pool } : {}) };
  const tracking = { ...common, momentum, trackRunningStats, runningVarCorrection };
  const layer = {
    batch_norm: () => new BatchNorm(spec.channels, tracking),
    instance_norm: () => new InstanceNorm(spec.channels, tracking),
    group_norm: () => new GroupNorm(spec.groups, spec.channels, common),
    layer_norm: () => new LayerNorm(spec.normalized_shape, common),
  }[spec.op]();
  const state = { ...layer.stateDict() };
  for (const name of ["weight", "bias", "running_mean", "running_var"]) {
    if (inputs[name] && name in state) state[name] = readNpy(join(folder, inputs[name])).data;
  }
  if (trackRunningStats) state.num_batches_tracked = inputs.num_batches_tracked ?? 0;
  layer.loadStateDict(state);
  return layer.train(spec.mode === "train");
}

/** A case that must be refused, with an error in words and for the data's sake, not with a fault of ours. */
async function refusal(spec, folder, options) {
  const scratch = mkdtempSync(join(tmpdir(), "normstream-conformance-"));
  const outcome = { kind: "refusals", name: spec.expected.error };
  try {
    const x = await openInput(spec, folder, spec.inputs.x[0]);
    await normalize(x, { by: byOf(spec, folder), ...affineOf(spec, folder) }).to(join(scratch, "y.npy"), run(options));
    return { ...outcome, state: "failed", message: "it was not refused" };
  } catch (error) {
    const refused = error instanceof NormstreamError && error.kind === "data" && error.message.includes("one value per");
    if (refused) return { ...outcome, state: "passed" };
    return { ...outcome, state: "failed", message: `refused for another reason: ${error.message}` };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const run = ({ pool, shardBytes }) => ({ pool, ...(shardBytes === undefined ? {} : { shardBytes }) });

/** Whether `y` is computed with running statistics. */
const usesRunning = ({ mode, track_running_stats }) => mode === "eval" && track_running_stats;

/** A batch as a tensor of samples and channels; layer norm's rows become samples of one channel. */
async function openInput(spec, folder, file) {
  const path = join(folder, file);
  if (spec.op !== "layer_norm") return await openTensor(path, { layout: spec.layout });
  const x = await openTensor(path);
  if (x.order !== "C") throw new Error("layer norm of a file in Fortran order: its rows do not stand together");
  const width = spec.normalized_shape.reduce((a, b) => a * b, 1);
  const values = x.shape.reduce((a, b) => a * b, 1);
  return { ...x, shape: [values / width, 1, width], layout: "NCL" };
}

function affineOf(spec, folder) {
  const read = (file) => readNpy(join(folder, file)).data;
  const { weight, bias } = spec.inputs;
  return { eps: spec.eps, ...(weight ? { weight: read(weight) } : {}), ...(bias ? { bias: read(bias) } : {}), ...groupsOf(spec) };
}

const groupsOf = ({ op, groups }) => (op === "group_norm" ? { groups } : {});

function byOf(spec, folder) {
  if (!usesRunning(spec)) return spec.op.replace("_norm", "");
  const read = (file) => readNpy(join(folder, file)).data;
  return { runningMean: read(spec.inputs.running_mean), runningVar: read(spec.inputs.running_var) };
}

/** The batch's own statistics as its norm groups them, with the shape that the answers have. */
async function ownStatistics(spec, x, options) {
  const perInstance = spec.op !== "batch_norm";
  const statistics = await computeStatistics(x, { ...run(options), perInstance });
  const { moments } = {
    batch_norm: () => statistics.batchNorm(),
    instance_norm: () => statistics.instanceNorm(),
    group_norm: () => statistics.groupNorm(spec.groups),
    layer_norm: () => statistics.layerNorm(),
  }[spec.op]();
  const { samples } = statistics;
  statistics[Symbol.dispose]();
  const shape = {
    batch_norm: [spec.channels],
    instance_norm: [samples, spec.channels],
    group_norm: [samples, spec.groups],
    layer_norm: [samples],
  }[spec.op];
  return { shape, mean: moments.mean, variance: moments.variance };
}

async function momentsOf(x, options) {
  const statistics = await computeStatistics(x, run(options));
  const { count, mean, m2 } = statistics.moments;
  statistics[Symbol.dispose]();
  return { count, mean, m2 };
}

/** Statistics of two batches taken together (Chan, Golub, LeVeque 1979), channel by channel. */
function mergeMoments(a, b) {
  const count = a.count.map((n, c) => n + b.count[c]);
  const delta = a.mean.map((mean, c) => b.mean[c] - mean);
  return {
    count,
    mean: a.mean.map((mean, c) => mean + delta[c] * (b.count[c] / count[c])),
    m2: a.m2.map((m2, c) => m2 + b.m2[c] + delta[c] ** 2 * ((a.count[c] * b.count[c]) / count[c])),
  };
}
