import { amountsOf, inputOf, momentsOfInput, placeOf } from "./file-input.mjs";
import { torchStatistics } from "./torch-file.mjs";

const OURS = "Normstream, the pass";
const C = "C, 2 threads, min and max too";
const PLAIN = "NumPy, summing chunks of a memmap";
/** What may still be in the page cache of a file that was evicted. */
const MOST_RESIDENT = 0.02;

/** Statistics of a file from the disk: it is dropped from the page cache before each run. */
export function coldJob(setting) {
  const { peers } = setting;
  const shape = placeOf(setting);
  let input;
  let ways;
  let torch = [];
  let resident = 1;
  const evict = async () => (await peers.c.ask("evict", input)).resident;
  const before = async () => {
    resident = Math.max(resident, await evict());
  };
  return {
    name: "file statistics, cold",
    group: "Files",
    about: `[${setting.size.file.join(", ")}] float32 .npy that is not in the page cache, statistics of each channel`,
    ours: OURS,
    ...amountsOf(setting),
    async prepare() {
      input = inputOf(setting);
      if (!peers.c) return;
      resident = await evict();
      if (resident > MOST_RESIDENT) return;
      ways = await peers.numpy?.ask("variants");
      torch = await torchStatistics(setting, input);
    },
    contenders: () =>
      resident <= MOST_RESIDENT
        ? [
            { name: C, before, run: () => peers.c.ask("stats", ...shape, 2, 1, input) },
            { name: OURS, before, run: () => peers.ours.ask("stats", input) },
            ...(ways ? [{ name: PLAIN, before, run: () => peers.numpy.ask("stats", ways.plain, ...shape, input) }] : []),
            ...torch.slice(0, 1).map((each) => ({ ...each, before })),
          ]
        : [],
    ratios: () => [
      { of: OURS, to: C },
      { of: OURS, to: PLAIN },
      { of: OURS, to: torch[0]?.name },
    ],
    reference: () => momentsOfInput(setting),
    skipped() {
      if (!peers.c) return ["without the C program nothing evicts the file"];
      return resident <= MOST_RESIDENT ? [] : [`${(100 * resident).toFixed(0)} % of the file stayed in the page cache`];
    },
  };
}
