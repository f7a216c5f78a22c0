import { closeSync, ftruncateSync, openSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npyVector, readValues, syncFile, writeValues } from "./data.mjs";
import { amountsOf, fastestWay, inputOf, momentsOfInput, placeOf } from "./file-input.mjs";
import { normalizedValues } from "./reference.mjs";
import { extentsOf, valuesOf } from "./sizes.mjs";
import { torchNormalize } from "./torch-file.mjs";

const CHECKED_VALUES = 256;
const OURS = "Normstream, the pass";
const OURS_WHOLE = "normstream normalize, whole process";
const NUMPY_2 = "NumPy, the same in 2 threads";
const NUMPY_WHOLE = "NumPy, whole process";
const PLAIN = "NumPy, chunks of a memmap";
/** Writes a new file and replaces the old one by it, so that a failed run leaves the old one: as we do. */
const REPLACING = ", replacing the file";

/** Jobs that normalize a file into a file. @param setting { peers, size, folder, say } */
export function normalizeJobs(setting) {
  return [normalizeGiven(setting), normalizeComplete(setting)];
}

/** What the normalizing jobs share: the output, and a check of values of it that were overwritten before. */
function normalizing(setting) {
  const { peers, folder, size } = setting;
  const [, channels, planeSize] = extentsOf(size.file);
  const shape = placeOf(setting);
  const count = valuesOf(size.file);
  const output = join(folder, "output.npy");
  const indices = Array.from({ length: CHECKED_VALUES }, (_, i) => Math.floor((i / (CHECKED_VALUES - 1)) * (count - 1)));
  const state = { input: "", output, numpy: undefined, moments: undefined, torch: undefined, threaded: "", plain: "" };
  return {
    state,
    shape,
    async prepare() {
      state.input = inputOf(setting);
      const { input } = state;
      state.moments = await peers.ours.ask("stats", input);
      await peers.ours.ask("normalize", input, output);
      syncFile(output);
      if (peers.c) await peers.c.ask("stats", ...shape, 2, 1, input);
      state.torch = await torchNormalize(setting, input, output);
      if (!peers.numpy) return;
      const { stats, normalize, threaded, plain } = await peers.numpy.ask("variants");
      const statsWay = await fastestWay(setting.size, stats, (way) => peers.numpy.ask("stats", way, ...shape, input));
      const way = await fastestWay(setting.size, normalize, async (name) => {
        const answer = await peers.numpy.ask("normalize", name, ...shape, input, output);
        syncFile(output);
        return answer;
      });
      state.numpy = { name: `NumPy, ${way}`, way, statsWay };
      state.threaded = threaded;
      state.plain = plain;
    },
    beforeCheck: () => writeValues(output, indices, Number.NaN),
    written: () => ({ sample: readValues(output, indices) }),
    reference: () => {
      const groupOf = (index) => Math.floor(index / planeSize) % channels;
      const values = readValues(state.input, indices);
      return { sample: normalizedValues(values, indices, groupOf, momentsOfInput(setting), { weight: 1, bias: 0 }) };
    },
    // Pages that wait to be written would slow whoever comes next.
    settle: () => syncFile(output),
  };
}

/** What a peer takes that writes a new file and then puts it in the place of the old one; it overwrites in place by itself. */
async function replacing(output, run) {
  const fresh = `${output}.new`;
  const file = openSync(fresh, "w");
  ftruncateSync(file, statSync(output).size);
  closeSync(file);
  const { ms, ...answer } = await run(fresh);
  const started = performance.now();
  rmSync(output);
  renameSync(fresh, output);
  return { ...answer, ms: ms + performance.now() - started };
}

const commandOf = ({ input, output }) => ["normalize", input, "-o", output, "--overwrite", "--json", "--quiet", "--threads", "2"];

function normalizeGiven(setting) {
  const { peers, folder } = setting;
  const { state, shape, ...shared } = normalizing(setting);
  const c = "C, 2 threads";
  const vectors = { mean: join(folder, "mean.npy"), variance: join(folder, "variance.npy") };
  return {
    name: "file normalize, statistics given",
    group: "Files",
    ours: OURS,
    about: "the same file → a file that exists: batch norm by statistics that are known, one pass",
    ...amountsOf(setting),
    movedBytesPerValue: 8,
    ...shared,
    async prepare() {
      await shared.prepare();
      for (const [name, path] of Object.entries(vectors)) writeFileSync(path, npyVector(state.moments[name]));
    },
    contenders: () => [
      ...(peers.c
        ? [
            { name: c, run: () => peers.c.ask("normalize", ...shape, 2, state.input, state.output) },
            {
              name: `${c}${REPLACING}`,
              run: () => replacing(state.output, (fresh) => peers.c.ask("normalize", ...shape, 2, state.input, fresh)),
            },
          ]
        : []),
      { name: OURS, run: () => peers.ours.ask("normalize", state.input, state.output) },
      ...(peers.cli
        ? [
            {
              name: OURS_WHOLE,
              beside: OURS_WHOLE,
              run: () => peers.cli(...commandOf(state), "--running-mean", vectors.mean, "--running-var", vectors.variance),
            },
          ]
        : []),
      ...(state.numpy
        ? [
            {
              name: state.numpy.name,
              run: () => peers.numpy.ask("normalize", state.numpy.way, ...shape, state.input, state.output),
            },
            {
              name: NUMPY_2,
              run: () => peers.numpy.ask("normalize", `${state.numpy.way}${state.threaded}`, ...shape, state.input, state.output),
            },
            { name: PLAIN, run: () => peers.numpy.ask("normalize", state.plain, ...shape, state.input, state.output) },
            {
              name: `${PLAIN}${REPLACING}`,
              run: () =>
                replacing(state.output, (fresh) => peers.numpy.ask("normalize", state.plain, ...shape, state.input, fresh)),
            },
          ]
        : []),
      ...(state.torch
        ? [
            {
              name: state.torch.name,
              run: () => peers.torchFile.ask("normalize", state.torch.way, ...shape, state.input, state.output),
            },
          ]
        : []),
    ],
    ratios: () => [
      { of: OURS, to: c },
      { of: OURS, to: `${c}${REPLACING}` },
      { of: OURS, to: PLAIN },
      { of: OURS, to: state.torch?.name },
      { of: OURS, to: `${PLAIN}${REPLACING}` },
      { of: OURS, to: state.numpy?.name },
      { of: OURS, to: NUMPY_2 },
      { of: c, to: PLAIN },
    ],
  };
}

function normalizeComplete(setting) {
  const { peers } = setting;
  const { state, shape, ...shared } = normalizing(setting);
  const c = "C, 2 threads, both passes";
  const ours = "Normstream, both passes";
  const forward = () => ["forward", state.numpy.statsWay, state.numpy.way, ...shape, state.input, state.output];
  const plain = (output) => ["forward", state.plain, state.plain, ...shape, state.input, output];
  return {
    name: "file normalize, complete",
    group: "Files",
    ours,
    about: "the same file → a file that exists: batch statistics, then normalize, two passes over the input",
    ...amountsOf(setting),
    movedBytesPerValue: 12,
    ...shared,
    contenders: () => [
      ...(peers.c
        ? [
            { name: c, run: () => peers.c.ask("forward", ...shape, 2, 1, state.input, state.output) },
            {
              name: `${c}${REPLACING}`,
              run: () => replacing(state.output, (fresh) => peers.c.ask("forward", ...shape, 2, 1, state.input, fresh)),
            },
          ]
        : []),
      { name: ours, run: () => peers.ours.ask("forward", state.input, state.output) },
      ...(state.numpy ? [{ name: state.numpy.name, run: () => peers.numpy.ask(...forward()) }] : []),
      ...(peers.cli
        ? [
            {
              name: OURS_WHOLE,
              beside: OURS_WHOLE,
              run: () => peers.cli(...commandOf(state)),
            },
          ]
        : []),
      ...(state.numpy
        ? [
            { name: NUMPY_WHOLE, beside: OURS_WHOLE, run: () => peers.numpy.once(forward()) },
            { name: PLAIN, run: () => peers.numpy.ask(...plain(state.output)) },
            {
              name: `${PLAIN}${REPLACING}`,
              run: () => replacing(state.output, (fresh) => peers.numpy.ask(...plain(fresh))),
            },
          ]
        : []),
      ...(state.torch
        ? [
            {
              name: state.torch.name,
              run: () =>
                peers.torchFile.ask("forward", state.torch.statsWay, state.torch.way, ...shape, state.input, state.output),
            },
          ]
        : []),
    ],
    ratios: () => [
      { of: ours, to: c },
      { of: ours, to: `${c}${REPLACING}` },
      { of: ours, to: PLAIN, atLeast: 6 },
      { of: ours, to: state.torch?.name, atLeast: 9 },
      { of: ours, to: `${PLAIN}${REPLACING}` },
      { of: ours, to: state.numpy?.name },
      { of: OURS_WHOLE, to: NUMPY_WHOLE },
      { of: c, to: PLAIN },
    ],
  };
}
