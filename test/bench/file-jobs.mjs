import { join } from "node:path";
import { compareStatistics } from "./answers.mjs";
import { DATA_OFFSET, writeTensor } from "./data.mjs";
import { amountsOf, fastestWay, inputOf, placeOf } from "./file-input.mjs";
import { runProcess } from "./peer.mjs";
import { extentsOf, TINY, valuesOf } from "./sizes.mjs";

const OURS = "Normstream, the pass";
const OURS_WHOLE = "normstream stats, whole process";
const C = "C, 2 threads, min and max too";
const C_BARE = "C, 2 threads, no min and max";
const C_WHOLE = "C, whole process";
const NUMPY_2 = "numpy, the same in 2 threads";
const NUMPY_WHOLE = "numpy, the same, whole process";
const PLAIN = "numpy, summing chunks of a memmap";
const PLAIN_WHOLE = "numpy, summing chunks, whole process";

/** Jobs that read files. @param setting { peers, size, folder, say } */
export function fileJobs(setting) {
  return [limits(setting), statistics(setting), tiny(setting)];
}

function limits(setting) {
  const { peers, size } = setting;
  const bytes = valuesOf(size.file) * 4;
  let input;
  return {
    name: "limits",
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
  return {
    name: "file statistics",
    about: `[${setting.size.file.join(", ")}] float32 .npy in the page cache, statistics of each channel in float64`,
    ...amountsOf(setting),
    movedBytesPerValue: 4,
    async prepare() {
      input = inputOf(setting);
      if (!peers.numpy) return;
      ways = await peers.numpy.ask("variants");
      const way = await fastestWay(ways.stats, (name) => peers.numpy.ask("stats", name, ...shape, input));
      numpy = { name: `numpy, ${way}`, way };
    },
    contenders: () => [
      ...(peers.c
        ? [
            { name: C, run: () => peers.c.ask("stats", ...shape, 2, 1, input) },
            { name: C_BARE, run: () => peers.c.ask("stats", ...shape, 2, 0, input) },
            { name: C_WHOLE, run: () => peers.c.once(["stats", ...shape, 2, 1, input]) },
          ]
        : []),
      { name: OURS, run: () => peers.ours.ask("stats", input) },
      ...(peers.cli ? [{ name: OURS_WHOLE, run: () => peers.cli("stats", input, "--json", "--quiet", "--threads", "2") }] : []),
      ...(numpy
        ? [
            { name: numpy.name, run: () => peers.numpy.ask("stats", numpy.way, ...shape, input) },
            { name: NUMPY_2, run: () => peers.numpy.ask("stats", `${numpy.way}${ways.threaded}`, ...shape, input) },
            { name: NUMPY_WHOLE, run: () => peers.numpy.once(["stats", numpy.way, ...shape, input]) },
            { name: PLAIN, run: () => peers.numpy.ask("stats", ways.plain, ...shape, input) },
            { name: PLAIN_WHOLE, run: () => peers.numpy.once(["stats", ways.plain, ...shape, input]) },
          ]
        : []),
    ],
    ratios: () => [
      { of: OURS, to: C, atLeast: 0.5 },
      { of: OURS, to: PLAIN, atLeast: 3.5 },
      { of: OURS, to: numpy?.name },
      { of: OURS, to: NUMPY_2 },
      { of: OURS_WHOLE, to: PLAIN_WHOLE, atLeast: 2 },
      { of: OURS_WHOLE, to: NUMPY_WHOLE },
      { of: OURS_WHOLE, to: C_WHOLE },
    ],
    compare: compareStatistics,
  };
}

/** What starting and ending costs, beside what Node itself takes. */
function tiny({ peers, folder }) {
  const input = join(folder, "tiny.npy");
  return {
    name: "small file, whole process",
    about: `[${TINY.join(", ")}] float32 .npy, ${((valuesOf(TINY) * 4) / 1e6).toFixed(2)} MB, from start to end`,
    values: valuesOf(TINY),
    prepare: () => writeTensor(input, TINY),
    contenders: () => [
      ...(peers.cli ? [{ name: "normstream stats", run: () => peers.cli("stats", input, "--json", "--quiet") }] : []),
      ...(peers.c ? [{ name: C_WHOLE, run: () => peers.c.once(["stats", DATA_OFFSET, ...extentsOf(TINY), 2, 1, input]) }] : []),
      { name: "node -e 0", run: () => runProcess(process.execPath, ["-e", "0"]) },
    ],
    ratios: () => [],
    limits: () => [{ of: "normstream stats", atMostMs: 400 }],
    compare: compareStatistics,
  };
}
