import { dataError, type ErrorDetails } from "@normstream/tensor";
import { parseStrictJson } from "./json.js";

/** An index takes no more than this: millions of names. */
const MAX_INDEX_BYTES = 100_000_000;
/** A message shows so much of a name. */
const SHOWN = 100;

/**
 * Parses a `.safetensors.index.json`: which file holds each tensor, in the index's order.
 * @returns names of files, which stand beside the index: no folder is left or entered
 * @throws NormstreamError of kind `data` for what is no such index, or names a file elsewhere
 */
export function parseWeightMap(json: Uint8Array, where: ErrorDetails): ReadonlyMap<string, string> {
  const index = parseStrictJson(json, 0, where);
  const map = index instanceof Map ? index.get("weight_map") : undefined;
  if (!(map instanceof Map)) throw dataError("is no index of safetensors", { ...where, expected: "an object weight_map" });
  for (const [name, file] of map) {
    if (typeof file === "string" && isPlainName(file)) continue;
    throw dataError(`the file of tensor ${JSON.stringify(name.slice(0, SHOWN))} is malformed`, {
      ...where,
      expected: "the name of a .safetensors file beside the index",
      found: JSON.stringify(file)?.slice(0, SHOWN),
    });
  }
  return map as Map<string, string>;
}

/** @throws NormstreamError of kind `data` for an index that is larger than any. */
export function checkIndexSize(byteLength: number, where: ErrorDetails): void {
  if (byteLength <= MAX_INDEX_BYTES) return;
  throw dataError("the index is too long", { ...where, expected: `at most ${MAX_INDEX_BYTES} bytes`, found: `${byteLength}` });
}

const isPlainName = (file: string): boolean => /\.safetensors$/i.test(file) && !/[/\\\0?#]/.test(file);
