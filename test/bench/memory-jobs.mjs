import { C, C_MINMAX, C_STREAM, memoryJob, ONNX, OURS, TORCH, TORCH_STOCK } from "./memory-job.mjs";

/** Jobs on tensors in memory. @param setting { peers, size, folder, say } */
export function memoryJobs(setting) {
  return [...statisticsJobs(setting), ...normalizeJobs(setting), ...layerJobs(setting)];
}

const shown = (shape, dtype = "float32", layout = "first") =>
  `[${shape.join(", ")}] ${dtype} in memory${layout === "last" ? ", channels last" : ""}`;

function statisticsJobs(setting) {
  const { memory, wide, little } = setting.size;
  const bars = { c: 0.65, peers: 4 };
  return [
    { name: "memory statistics", shape: memory, bars },
    { name: "memory statistics of many channels", shape: wide, bars },
    { name: "memory statistics of few values", shape: little, bars },
    { name: "memory statistics far from 0", shape: memory, shift: 1000, says: ", + 1000: every leaf needs a pivot of its own" },
    { name: "memory statistics, channels last", shape: memory, layout: "last", bars },
    { name: "memory statistics of few values, channels last", shape: little, layout: "last", bars },
    { name: "memory statistics, float16", shape: memory, dtype: "float16" },
    { name: "memory statistics, uint8", shape: memory, dtype: "uint8" },
  ].map(({ name, shape, shift, says = "", bars, ...type }) =>
    memoryJob(setting, shape, {
      name,
      group: "Statistics in memory",
      about: `${shown(shape, type.dtype, type.layout)}${says}, statistics of each channel; ours and C's with min and max`,
      movedBytesPerValue: { float16: 2, uint8: 1 }[type.dtype] ?? 4,
      op: "mem_stats",
      shift,
      ...type,
      variants: type.dtype || type.layout ? [C_MINMAX] : [C_MINMAX, C],
      ratios: (exact) => [
        { of: OURS, to: C_MINMAX, atLeast: bars?.c },
        { of: OURS, to: C },
        { of: OURS, to: exact, atLeast: bars?.peers },
      ],
    }),
  );
}

function normalizeJobs(setting) {
  const { memory, instance } = setting.size;
  return [
    { name: "memory batch norm", shape: memory, op: "mem_bn", what: "statistics" },
    { name: "memory instance norm", shape: instance, op: "mem_in", what: "each plane's statistics" },
  ].map(({ name, shape, op, what }) =>
    memoryJob(setting, shape, {
      name,
      group: "Normalizing in memory",
      about: `${shown(shape)} → another tensor: ${what}, then normalize with weight and bias`,
      movedBytesPerValue: 12,
      op,
      variants: [C, C_MINMAX, C_STREAM],
      ratios: () => [
        { of: OURS, to: C, atLeast: 0.8 },
        { of: OURS, to: C_MINMAX },
        { of: OURS, to: C_STREAM },
      ],
    }),
  );
}

function layerJobs(setting) {
  const { memory, wide, little, instance } = setting.size;
  const forward = { moved: 12, c: 0.8, recycled: 3, stock: 5 };
  const backward = { moved: 20, recycled: 2.5 };
  return [
    { name: "batch norm, forward", shape: memory, op: "bn", ...forward },
    { name: "batch norm, forward, many channels", shape: wide, op: "bn", ...forward },
    { name: "batch norm, forward, few values", shape: little, op: "bn", ...forward },
    { name: "batch norm, forward, channels last", shape: memory, op: "bn", layout: "last", ...forward },
    { name: "batch norm, forward, few values, channels last", shape: little, op: "bn", layout: "last", ...forward },
    { name: "batch norm, inference", shape: memory, op: "bn_eval", moved: 8 },
    { name: "instance norm, forward", shape: instance, op: "in", ...forward },
    { name: "instance norm, forward, many channels", shape: wide, op: "in", ...forward },
    { name: "instance norm, forward, few values", shape: little, op: "in", ...forward },
    { name: "batch norm, backward", shape: memory, op: "bn_backward", ...backward },
    { name: "batch norm, backward, many channels", shape: wide, op: "bn_backward", ...backward },
    { name: "batch norm, backward, few values", shape: little, op: "bn_backward", ...backward },
    { name: "batch norm, backward, channels last", shape: memory, op: "bn_backward", layout: "last", ...backward },
    { name: "instance norm, backward", shape: instance, op: "in_backward", ...backward },
    { name: "instance norm, backward, many channels", shape: wide, op: "in_backward", ...backward },
    { name: "instance norm, backward, few values", shape: little, op: "in_backward", ...backward },
  ].map(({ name, shape, op, layout, moved, ...bars }) =>
    memoryJob(setting, shape, {
      name: `layer ${name}`,
      group: "Layers in memory",
      about: `${shown(shape, "float32", layout)}, ${op === "bn_eval" ? "by running statistics" : "in training"}, with weight and bias`,
      movedBytesPerValue: moved,
      op,
      layout,
      variants: variantsOf(op, layout),
      ratios: () => [
        { of: OURS, to: ONNX },
        { of: OURS, to: TORCH, atLeast: bars.recycled },
        { of: OURS, to: TORCH_STOCK, atLeast: bars.stock },
        { of: OURS, to: C, atLeast: bars.c },
        { of: C, to: TORCH },
        { of: C_STREAM, to: TORCH },
      ],
    }),
  );
}

/** What the C programs have of an op. */
function variantsOf(op, layout) {
  if (op === "bn_eval") return [];
  if (layout !== "last") return [C, C_STREAM];
  return op === "bn" ? [C] : [];
}
