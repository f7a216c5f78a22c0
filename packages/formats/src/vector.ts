import { dataError, elementCount, internalError, itemSize, throwIfAborted } from "@normstream/tensor";
import type { HeaderSource } from "./bytes/header-source.js";
import { fromFortranOrder, widen } from "./bytes/widening.js";
import { openHeaderSource } from "./places/header-source-opening.js";
import { listArrays } from "./registry.js";
import { nameOf, requireDType, selectEntry } from "./selection.js";
import type { StoredArray } from "./stored-array.js";

/** Vectors are a value a channel: more than this is a mistake. */
const MAX_BYTES = 64_000_000;

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
  const count = elementCount(array.shape, { file: name });
  if (count * 8 > MAX_BYTES) {
    throw dataError("the vector is too large", { file: name, expected: `at most ${MAX_BYTES / 8} values`, found: `${count}` });
  }
  const bytes = await readAll(array, source, options.signal);
  if (bytes.length !== count * itemSize(dtype)) {
    throw dataError("the file shrank while it was read", {
      file: name,
      expected: `${array.byteLength} bytes`,
      found: `${bytes.length}`,
    });
  }
  const values = widen(bytes, dtype, array.bigEndian);
  return array.order === "F" ? fromFortranOrder(values, array.shape) : values;
}

async function readAll(
  { storage, byteLength }: StoredArray,
  source: HeaderSource,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  throwIfAborted(signal);
  if (storage.kind === "file") return source.read(storage.byteOffset, byteLength);
  if (storage.kind !== "stream") throw internalError("a vector is read from a file or stream");
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.open(signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
