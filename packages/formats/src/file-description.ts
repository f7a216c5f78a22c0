import { throwIfAborted } from "@normstream/tensor";
import { openInput } from "./input-opening.js";
import { findManifest } from "./manifest/manifest-place.js";
import { nameOf, problemOf } from "./selection.js";
import type { SetOptions } from "./stored-array.js";
import type { TensorDescription } from "./tensor-description.js";
import { openPart } from "./tensor-opening.js";

/** What is in a file, or in the files of a folder. */
export interface FileDescription {
  readonly path: string;
  /** `npy`, `npz`, `safetensors`, `idx`, `manifest`, … */
  readonly format: string;
  /** Size of the file; null where the input is no single file. */
  readonly byteLength: number | null;
  readonly tensors: readonly TensorDescription[];
}

/**
 * Lists all tensors of a file, from headers alone: also those that have to be selected, or whose dtype is not supported. Of a manifest it
 * lists the splits.
 * @throws NormstreamError of kind `io` where the file cannot be read, `data` where it is damaged, `usage` for raw data that is not described.
 */
export async function describeFile(
  path: string,
  options: SetOptions & { readonly split?: string | undefined } = {},
): Promise<FileDescription> {
  const manifest = await findManifest(path);
  if (manifest !== undefined) {
    const { describeManifest } = await import("./manifest/manifest-description.js");
    return { path, format: "manifest", byteLength: null, tensors: await describeManifest(manifest, options, openPart) };
  }
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
