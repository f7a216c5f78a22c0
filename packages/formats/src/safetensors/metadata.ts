import { openHeaderSource } from "../places/header-source-opening.js";
import { parseSafetensorsHeader, SAFETENSORS_PREFIX_BYTES, safetensorsHeaderByteLength } from "./header.js";
import { parseStrictJson } from "./json.js";

/**
 * Reads the strings that a `.safetensors` file keeps beside its tensors: `__metadata__` of its header.
 * @returns an empty map where it keeps none
 * @throws NormstreamError of kind `data` where the header is damaged, `io` where the file cannot be read
 */
export async function readSafetensorsMetadata(path: string): Promise<ReadonlyMap<string, string>> {
  await using source = await openHeaderSource(path);
  const where = { file: path };
  const length = safetensorsHeaderByteLength(await source.read(0, SAFETENSORS_PREFIX_BYTES), source.byteLength, where);
  const json = await source.read(SAFETENSORS_PREFIX_BYTES, length);
  parseSafetensorsHeader(json, source.byteLength - SAFETENSORS_PREFIX_BYTES - length, where);
  const header = parseStrictJson(json, SAFETENSORS_PREFIX_BYTES, where);
  const metadata = header instanceof Map ? header.get("__metadata__") : undefined;
  // The header was checked: the metadata are strings.
  return metadata instanceof Map ? (metadata as Map<string, string>) : new Map();
}
