import { join } from "node:path";
import { coldJob } from "./cold-job.mjs";
import { DATA_OFFSET, writeTensor } from "./data.mjs";
import { amountsOf, fastestWay, inputOf, momentsOfInput, placeOf } from "./file-input.mjs";
import { runProcess } from "./peer.mjs";
import { fileRuns, momentsOf } from "./reference.mjs";
import { extentsOf, TINY, valuesOf } from "./sizes.mjs";
import { torchStatistics } from "./torch-file.mjs";

const OURS = "Normstream, the pass";
const OURS_WHOLE = "normstream stats, whole process";
const C = "C, 2 threads, min and max too";
const C_BARE = "C, 2 threads, no min and max";
const C_WHOLE = "C, whole process";
const NUMPY_2 = "NumPy, the same in 2 threads";
const NUMPY_WHOLE = "NumPy, the same, whole process";
const PLAIN = "NumPy, summing chunks of a memmap";
const PLAIN_WHOLE = "NumPy, summing chunks, whole process";
const SHA = "sha256sum, for a feel";
const CAT = "cat > /dev/null, for a feel";

/** Jobs that read files. @param setting { peers, size, folder, say } */
export function fileJobs(setting) {
  return [limits(setting), statistics(setting), coldJob(setting), tiny(setting)];
}

function limits(setting) {
  const { peers, size } = setting;
  const bytes = valuesOf(size.file) * 4;
  let input;
  return {
    name: "limits",
    group: "Limits of the machine",
    about: "what C does with the bytes alone: memcpy in memory, and pread of the input from the page cache in blocks of 1 MiB",
    warmups: 2,
    prepare() {
      input = inputOf(setting);
    },
    contenders: () =>
      peers.c
        ? [1, 2].flatMap((threads) => [
            {
              name: `memcpy, ${threads} thread${threads > 1 ? "s" : ""}`,
              payloadBytes: size.copyBytes,
              run: () => peers.c.ask("memcpy", size.copyBytes, threads),
            },
            {
              name: `pread, ${threads} thread${threads > 1 ? "s" : ""}`,
              payloadBytes: bytes,
              run: () => peers.c.ask("pread", DATA_OFFSET, bytes, threads, input),
            },
          ])
        : [],
    ratios: () => [],
  };
}

function statistics(setting) {
  const { peers } = setting;
  const shape = placeOf(setting);
  let input;
  let numpy;
  let ways;
  let torch = [];
  return {
    name: "file statistics",
    group: "Files",
    about: `[${setting.size.file.join(", ")}] float32 .npy in the page cache, statistics of each channel in float64`,
    ours: OURS,
    ...amountsOf(setting),
    movedBytesPerValue: 4,
    async prepare() {
      input = inputOf(setting);
      torch = await torchStatistics(setting, input);
      if (!peers.numpy) return;
      ways = await peers.numpy.ask("variants");
      const way = await fastestWay(setting.size, ways.stats, (name) => peers.numpy.ask("stats", name, ...shape, input));
      numpy = { name: `NumPy, ${way}`, way };
    },
    contenders: () => [
      ...(peers.c
        ? [
            { name: C, run: () => peers.c.ask("stats", ...shape, 2, 1, input) },
            { name: C_BARE, sameWork: false, run: () => peers.c.ask("stats", ...shape, 2, 0, input) },
            { name: C_WHOLE, beside: OURS_WHOLE, run: () => peers.c.once(["stats", ...shape, 2, 1, input]) },
          ]
        : []),
      { name: OURS, run: () => peers.ours.ask("stats", input) },
      ...(peers.cli
        ? [
            {
              name: OURS_WHOLE,
              beside: OURS_WHOLE,
              run: () => peers.cli("stats", input, "--json", "--quiet", "--threads", "2"),
            },
          ]
        : []),
      ...(numpy
        ? [
            { name: numpy.name, run: () => peers.numpy.ask("stats", numpy.way, ...shape, input) },
            { name: NUMPY_2, run: () => peers.numpy.ask("stats", `${numpy.way}${ways.threaded}`, ...shape, input) },
            { name: NUMPY_WHOLE, beside: OURS_WHOLE, run: () => peers.numpy.once(["stats", numpy.way, ...shape, input]) },
            { name: PLAIN, run: () => peers.numpy.ask("stats", ways.plain, ...shape, input) },
            { name: PLAIN_WHOLE, beside: OURS_WHOLE, run: () => peers.numpy.once(["stats", ways.plain, ...shape, input]) },
          ]
        : []),
      ...torch,
      ...(peers.feel
        ? [
            { name: SHA, sameWork: false, beside: OURS_WHOLE, run: () => peers.feel("sha256sum", input) },
            { name: CAT, sameWork: false, beside: OURS_WHOLE, run: () => peers.feel("cat", input) },
          ]
        : []),
    ],
    ratios: () => [
      { of: OURS, to: C, atLeast: 0.65 },
      { of: OURS, to: torch.map(({ name }) => name), atLeast: 3 },
      { of: OURS, to: PLAIN, atLeast: 4 },
      { of: OURS, to: numpy?.name },
      { of: OURS, to: NUMPY_2 },
      { of: OURS_WHOLE, to: PLAIN_WHOLE },
      { of: OURS_WHOLE, to: NUMPY_WHOLE },
      { of: OURS_WHOLE, to: C_WHOLE },
      { of: OURS_WHOLE, to: SHA },
      { of: OURS_WHOLE, to: CAT },
    ],
    reference: () => momentsOfInput(setting),
  };
}

/** What starting and ending costs, beside what Node itself takes. */
function tiny({ peers, folder }) {
  const input = join(folder, "tiny.npy");
  const ours = "normstream stats";
  const node = "node -e 0";
  return {
    name: "small file, whole process",
    group: "Files",
    about: `[${TINY.join(", ")}] float32 .npy, ${((valuesOf(TINY) * 4) / 1e6).toFixed(2)} MB, from start to end`,
    ours,
    values: valuesOf(TINY),
    prepare: () => writeTensor(input, TINY),
    contenders: () => [
      ...(peers.cli ? [{ name: ours, run: () => peers.cli("stats", input, "--json", "--quiet") }] : []),
      ...(peers.c ? [{ name: C_WHOLE, run: () => peers.c.once(["stats", DATA_OFFSET, ...extentsOf(TINY), 2, 1, input]) }] : []),
      { name: node, sameWork: false, run: () => runProcess(process.execPath, ["-e", "0"]) },
    ],
    ratios: () => [{ of: ours, to: node, atMost: 3.5 }],
    reference: () => momentsOf(() => fileRuns(input, TINY), TINY[1]),
  };
}
