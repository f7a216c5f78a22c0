import { throwIfAborted } from "@normstream/tensor";
import { openHeaderSource } from "./bytes/header-source.js";
import { listArrays } from "./registry.js";
import { dtypeProblem, nameOf } from "./selection.js";
import type { Packing, RawDescription } from "./stored-array.js";

/** What a header says of one tensor. */
export interface TensorDescription {
  /** Its name in the file: what `select` takes. Undefined where the format has no names. */
  readonly name: string | undefined;
  readonly shape: readonly number[];
  /** Canonical name of the dtype; where it is not supported, what the file calls it. */
  readonly dtype: string;
  readonly order: "C" | "F";
  readonly bigEndian: boolean;
  /** Bytes of all elements, unpacked. */
  readonly byteLength: number;
  readonly packing: Packing;
  /** Why it cannot be opened, and what to do; undefined where it can. */
  readonly problem: string | undefined;
}

/** What is in a file. */
export interface FileDescription {
  readonly path: string;
  /** `npy`, `npz`, `safetensors`, `idx` or `raw`. */
  readonly format: string;
  /** Size of the file. */
  readonly byteLength: number;
  readonly tensors: readonly TensorDescription[];
}

/**
 * Lists all tensors of a file, from headers alone: also those that have to be selected, or whose dtype is not supported.
 * @throws NormstreamError of kind `io` where the file cannot be read, `data` where it is damaged, `usage` for raw data that is not described.
 */
export async function describeFile(
  path: string,
  options: RawDescription & { readonly signal?: AbortSignal | undefined } = {},
): Promise<FileDescription> {
  await using source = await openHeaderSource(path);
  const { format, entries } = await listArrays(source, options, options.signal);
  const tensors: TensorDescription[] = [];
  for (const entry of entries) {
    throwIfAborted(options.signal);
    const array = await entry.read();
    const { shape, dtypeName: dtype, order, bigEndian, byteLength, packing } = array;
    const problem = dtypeProblem(array, nameOf(entry, entries, path))?.message;
    tensors.push({ name: entry.name, shape, dtype, order, bigEndian, byteLength, packing, problem });
  }
  return { path, format, byteLength: source.byteLength, tensors };
}
