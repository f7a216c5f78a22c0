import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { DATA_OFFSET, writeTensor } from "./data.mjs";
import { fileRuns, momentsOf } from "./reference.mjs";
import { extentsOf, valuesOf } from "./sizes.mjs";

/** The big input file of a run, which its jobs share; made once. */
export function inputOf({ folder, size, say }) {
  const path = join(folder, "input.npy");
  const bytes = valuesOf(size.file) * 4;
  if (!existsSync(path) || statSync(path).size !== DATA_OFFSET + bytes) {
    say(`writing ${(bytes / 1e9).toFixed(3)} GB of input`);
    writeTensor(path, size.file);
  }
  return path;
}

/** Its exact moments by channel, computed once. */
export function momentsOfInput(setting) {
  const { file } = setting.size;
  setting.moments ??= momentsOf(() => fileRuns(inputOf(setting), file), file[1]);
  return setting.moments;
}

/** Where its elements stand and its N, C, S: what the peers are told of it. */
export const placeOf = ({ size }) => [DATA_OFFSET, ...extentsOf(size.file)];

export const amountsOf = ({ size }) => ({ values: valuesOf(size.file), payloadBytes: valuesOf(size.file) * 4 });

/** The fastest of a peer's ways on this machine: the best of so many runs each. */
export async function fastestWay({ tries }, ways, run) {
  const times = new Map(ways.map((way) => [way, Number.POSITIVE_INFINITY]));
  for (const way of ways) for (let i = 0; i < tries; i++) times.set(way, Math.min(times.get(way), (await run(way)).ms));
  return ways.reduce((best, way) => (times.get(way) < times.get(best) ? way : best));
}
