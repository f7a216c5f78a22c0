import { fromFortranOrder, widen } from "./bytes/widening.js";
import { openHeaderSource } from "./places/header-source-opening.js";
import { listArrays } from "./registry.js";
import { nameOf, requireDType, selectEntry } from "./selection.js";
import { readSmallArray } from "./small-tensors.js";

/**
 * Reads a small tensor of any rank (weight, bias, running statistics) as float64, flattened in C order.
 *
 * @returns [elements] float64, the caller's own.
 * @throws NormstreamError of kind `data` where it would take more than 64 MB, is damaged or of a dtype that is not supported;
 * `usage` where `select` does not fit; `io` where the file cannot be read.
 */
export async function readVector(
  path: string,
  options: { readonly select?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<Float64Array> {
  await using source = await openHeaderSource(path);
  const { entries } = await listArrays(source, {}, options.signal);
  const entry = selectEntry(entries, options.select, path);
  const name = nameOf(entry, entries, path);
  const array = await entry.read();
  const dtype = requireDType(array, name);
  const bytes = await readSmallArray(array, dtype, name, source, options.signal);
  const values = widen(bytes, dtype, array.bigEndian);
  return array.order === "F" ? fromFortranOrder(values, array.shape) : values;
}
