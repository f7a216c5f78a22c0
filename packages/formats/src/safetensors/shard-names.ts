/** The index that Hugging Face's libraries write beside the shards of a model; a folder that holds it is read by it. */
export const SHARD_INDEX = "model.safetensors.index.json";

/** Whether a file is such an index, by its name. */
export const isShardIndex = (path: string): boolean => /\.safetensors\.index\.json$/i.test(path);

/** What one tensor in several files is called there: `NAME-00001-of-00003`, as the files are numbered. */
const NUMBERED = /^(.+)-\d{5,}-of-(\d{5,})$/;

/** The name of part `i` of `count`, counted from 0. */
export const partName = (name: string, i: number, count: number): string =>
  `${name}-${String(i + 1).padStart(5, "0")}-of-${String(count).padStart(5, "0")}`;

/** Tensors by the name under which they are opened: one, or the parts of one, joined along N in the order of their numbers. */
export function seriesOf(names: Iterable<string>): Map<string, readonly string[]> {
  const all = new Set(names);
  const found = new Map<string, readonly string[]>();
  const inSeries = new Set<string>();
  for (const name of all) {
    if (inSeries.has(name)) continue;
    const [, base = "", count] = NUMBERED.exec(name) ?? [];
    const parts = base === "" || all.has(base) || found.has(base) ? undefined : partsOf(base, Number(count), all);
    // A number that is written otherwise, or no part of the series.
    const isPart = parts?.includes(name) === true;
    found.set(isPart ? base : name, isPart ? parts : [name]);
    if (isPart) for (const part of parts) inSeries.add(part);
  }
  return found;
}

/** All parts of a series; undefined where one is not there. */
function partsOf(base: string, count: number, all: ReadonlySet<string>): readonly string[] | undefined {
  if (count < 1 || count > all.size) return undefined;
  const parts = Array.from({ length: count }, (_, i) => partName(base, i, count));
  return parts.every((part) => all.has(part)) ? parts : undefined;
}
