import { existsSync } from "node:fs";
import { join } from "node:path";
import { compareSamples, compareStatistics } from "./answers.mjs";
import { DATA_OFFSET, writeTensor } from "./data.mjs";
import { extentsOf, valuesOf } from "./sizes.mjs";

const OURS = "Normstream";
const C = "C, 2 threads";
const C_MINMAX = "C, 2 threads, min and max too";
const TORCH = "PyTorch, 2 threads, recycled buffers";
const C_STREAM = "C, 2 threads, stores past the cache";

/** Jobs on tensors in memory. @param setting { peers, size, folder, say } */
export function memoryJobs(setting) {
  const { memory, instance } = setting.size;
  const shown = (shape) => `[${shape.join(", ")}] float32`;
  return [
    memoryJob(setting, memory, {
      name: "memory statistics",
      about: `${shown(memory)} in memory, statistics of each channel, min and max included`,
      movedBytesPerValue: 4,
      op: "mem_stats",
      variants: [C_MINMAX, C],
      ratios: [
        { of: OURS, to: C_MINMAX, atLeast: 0.5 },
        { of: OURS, to: C },
      ],
      compare: compareStatistics,
    }),
    memoryJob(setting, memory, {
      name: "memory statistics far from 0",
      about: `${shown(memory)} in memory, the same values + 1000, where every leaf needs a pivot of its own`,
      movedBytesPerValue: 4,
      op: "mem_stats",
      shift: 1000,
      variants: [C_MINMAX, C],
      ratios: [
        { of: OURS, to: C_MINMAX },
        { of: OURS, to: C },
      ],
      compare: compareStatistics,
    }),
    memoryJob(setting, memory, {
      name: "memory batch norm",
      about: `${shown(memory)} in memory → another tensor: statistics, then normalize with weight and bias`,
      movedBytesPerValue: 12,
      op: "mem_bn",
      variants: [C, C_MINMAX, C_STREAM],
      ratios: [
        { of: OURS, to: C, atLeast: 0.65 },
        { of: OURS, to: C_MINMAX },
        { of: OURS, to: C_STREAM },
      ],
      compare: compareSamples,
    }),
    memoryJob(setting, instance, {
      name: "memory instance norm",
      about: `${shown(instance)} in memory → another tensor: each plane's statistics, then normalize with weight and bias`,
      movedBytesPerValue: 12,
      op: "mem_in",
      variants: [C, C_MINMAX, C_STREAM],
      ratios: [
        { of: OURS, to: C, atLeast: 0.65 },
        { of: OURS, to: C_MINMAX },
        { of: OURS, to: C_STREAM },
      ],
      compare: compareSamples,
    }),
    ...[
      { name: "layer batch norm, forward", shape: memory, op: "bn", moved: 12, atLeast: 2.5 },
      { name: "layer instance norm, forward", shape: instance, op: "in", moved: 12, atLeast: 2.5 },
      { name: "layer batch norm, backward", shape: memory, op: "bn_backward", moved: 20, atLeast: 2 },
      { name: "layer instance norm, backward", shape: instance, op: "in_backward", moved: 20, atLeast: 2 },
    ].map(({ name, shape, op, moved, atLeast }) =>
      memoryJob(setting, shape, {
        name,
        about: `${shown(shape)} in memory, in training, with weight and bias`,
        movedBytesPerValue: moved,
        op,
        variants: [C, C_STREAM],
        withTorch: true,
        ratios: [
          { of: OURS, to: TORCH, atLeast },
          { of: OURS, to: C },
          { of: C, to: TORCH },
          { of: C_STREAM, to: TORCH },
        ],
        compare: compareSamples,
      }),
    ),
  ];
}

function memoryJob({ peers, size, folder, say }, shape, { op, shift = 0, variants, ratios, withTorch = false, ...job }) {
  const options = { [C]: [0, 0], [C_MINMAX]: [1, 0], [C_STREAM]: [0, 1] };
  return {
    ...job,
    values: valuesOf(shape),
    payloadBytes: valuesOf(shape) * 4,
    // Calls are short: the first ones run on the engine's baseline compiler, and a few do not tell much.
    warmups: 6,
    roundsFactor: 5,
    async prepare() {
      const path = join(folder, "memory.npy");
      if (!existsSync(path)) {
        say(`writing ${((valuesOf(size.memory) * 4) / 1e9).toFixed(3)} GB of input for the jobs in memory`);
        writeTensor(path, size.memory);
      }
      for (const peer of [peers.ours, peers.c, withTorch ? peers.torch : null])
        await peer?.ask("load", ...extentsOf(shape), shift, DATA_OFFSET, path);
    },
    contenders: () => [
      ...(peers.c ? variants.map((name) => ({ name, run: () => peers.c.ask(op, 2, ...options[name]) })) : []),
      ...(withTorch && peers.torch ? [{ name: TORCH, run: () => peers.torch.ask(op) }] : []),
      { name: OURS, run: () => peers.ours.ask(op) },
    ],
    ratios: () => ratios,
  };
}
