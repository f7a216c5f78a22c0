import { throwIfAborted } from "@normstream/tensor";
import { openInput } from "./input-opening.js";
import { nameOf, problemOf } from "./selection.js";
import type { Packing, SetOptions } from "./stored-array.js";

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
  /** In how many files it is, where it is in several. */
  readonly files: number | null;
  /** Why it cannot be opened, and what to do; undefined where it can. */
  readonly problem: string | undefined;
}

/** What is in a file, or in the files of a folder. */
export interface FileDescription {
  readonly path: string;
  /** `npy`, `npz`, `safetensors`, `idx` or `raw`. */
  readonly format: string;
  /** Size of the file; null where the input is no single file. */
  readonly byteLength: number | null;
  readonly tensors: readonly TensorDescription[];
}

/**
 * Lists all tensors of a file, from headers alone: also those that have to be selected, or whose dtype is not supported.
 * @throws NormstreamError of kind `io` where the file cannot be read, `data` where it is damaged, `usage` for raw data that is not described.
 */
export async function describeFile(path: string, options: SetOptions = {}): Promise<FileDescription> {
  await using input = await openInput(path, options);
  const { format, entries, byteLength: fileBytes } = input;
  const tensors: TensorDescription[] = [];
  for (const entry of entries) {
    throwIfAborted(options.signal);
    const array = await entry.read();
    const { shape, dtypeName: dtype, order, bigEndian, byteLength, packing } = array;
    const problem = problemOf(array, nameOf(entry, entries, path))?.message;
    array.release?.();
    const files = "count" in array.storage ? array.storage.count : null;
    tensors.push({ name: entry.name, shape, dtype, order, bigEndian, byteLength, packing, files, problem });
  }
  return { path, format, byteLength: fileBytes, tensors };
}
