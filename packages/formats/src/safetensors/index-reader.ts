import { dataError } from "@normstream/tensor";
import { openHeaderSource } from "../places/header-source-opening.js";
import { isFarPlace } from "../places/place.js";
import { requireDType } from "../selection.js";
import { joinArrays, type NamedArray } from "../sets/joined-arrays.js";
import type { ArrayEntry, ArrayReader, ReadOptions } from "../stored-array.js";
import { readSafetensors } from "./reader.js";
import { seriesOf } from "./shard-names.js";
import { checkIndexSize, parseWeightMap } from "./weight-map.js";

/**
 * Reads an index of `.safetensors` files that stand beside it (Hugging Face's `model.safetensors.index.json`): all their tensors, each in
 * the file that the index names. Parts of one tensor, `x-00001-of-00003` and so on, are `x`, joined along N.
 */
export const readSafetensorsIndex: ArrayReader = async (source, options) => {
  const where = { file: source.name, hint: "Copy the index again, or write it again with save_pretrained." };
  checkIndexSize(source.byteLength, where);
  const fileOf = parseWeightMap(await source.read(0, source.byteLength), where);
  const entriesOf = lastOpened(options);

  const partOf = async (tensor: string) => {
    const path = besides(source.path, fileOf.get(tensor) as string);
    const entry = (await entriesOf(path)).get(tensor);
    if (entry) return { name: `${path}:${tensor}`, array: await entry.read() };
    throw dataError(`the file holds no tensor ${JSON.stringify(tensor.slice(0, 100))}, which its index puts there`, {
      file: path,
      hint: "Copy the index and its files again, all of one version.",
    });
  };
  async function* partsOf(tensors: readonly string[]): AsyncGenerator<NamedArray> {
    for (const tensor of tensors) {
      const { name, array } = await partOf(tensor);
      yield { name, array, dtype: requireDType(array, name) };
    }
  }
  const entryOf = ([name, tensors]: readonly [string, readonly string[]]): ArrayEntry => ({
    name,
    async read() {
      if (tensors.length === 1 && tensors[0] === name) return (await partOf(name)).array;
      const { array, index } = await joinArrays(source.path, partsOf(tensors), options.layout, "samples");
      return { ...array, release: () => index[Symbol.dispose]() };
    },
  });
  return { format: "safetensors", isIndex: true, entries: [...seriesOf(fileOf.keys())].map(entryOf) };
};

/** The tensors of a file by their names. The file that was asked for last is not opened again. */
function lastOpened(options: ReadOptions): (path: string) => Promise<ReadonlyMap<string | undefined, ArrayEntry>> {
  let last: { readonly path: string; readonly entries: ReadonlyMap<string | undefined, ArrayEntry> } | undefined;
  return async (path) => {
    if (last?.path !== path) {
      await using file = await openHeaderSource(path, options.signal);
      const { entries } = await readSafetensors(file, options);
      last = { path, entries: new Map(entries.map((entry) => [entry.name, entry])) };
    }
    return last.entries;
  };
}

/** A file beside another one, which may be a URL with a query. */
function besides(path: string, file: string): string {
  const [, folder = "", query = ""] = (isFarPlace(path) ? /^([^?#]*\/)[^?#]*(.*)$/s : /^(.*\/)?[^/]*()$/s).exec(path) ?? [];
  return `${folder}${isFarPlace(path) ? encodeURIComponent(file) : file}${query}`;
}
