import { NormstreamError, type TensorSource } from "@normstream/tensor";
import { placeName } from "../places/place.js";
import type { TensorDescription } from "../tensor-description.js";
import { type ManifestOptions, type OpenPart, openManifest } from "./manifest-opening.js";
import { readManifest } from "./manifest-place.js";

/**
 * What the splits of a manifest are, from the headers of their parts: the chosen one; else each of them; where there are none, all parts.
 * A split that cannot be opened is told with its problem.
 */
export async function describeManifest(
  path: string,
  options: ManifestOptions,
  openPart: OpenPart,
): Promise<readonly TensorDescription[]> {
  const { splits } = await readManifest(path, options.signal);
  const names = options.split !== undefined ? [options.split] : splits.size > 0 ? [...splits.keys()] : [undefined];
  const tensors: TensorDescription[] = [];
  for (const split of names) {
    try {
      await using source = await openManifest(path, { ...options, split }, openPart);
      tensors.push(descriptionOf(split, source));
    } catch (error) {
      const isAboutContents = error instanceof NormstreamError && (error.kind === "usage" || error.kind === "data");
      if (!isAboutContents || names.length < 2) throw error;
      tensors.push({ ...UNKNOWN, name: split, problem: error.message });
    }
  }
  return tensors;
}

/** What can be said of a split that cannot be opened. */
const UNKNOWN: Omit<TensorDescription, "name" | "problem"> = {
  shape: [],
  dtype: "unknown",
  order: "C",
  bigEndian: false,
  byteLength: 0,
  packing: "stored",
  files: null,
};

function descriptionOf(name: string | undefined, source: TensorSource): TensorDescription {
  const { shape, dtype, order, bigEndian, byteLength, storage } = source;
  const packing = storage.kind === "stream" ? (/\.gz$/i.test(placeName(storage.path ?? "")) ? "gzip" : "deflated") : "stored";
  const files = "count" in storage ? storage.count : 1;
  return { name, shape, dtype, order, bigEndian, byteLength, packing, files, problem: undefined };
}
