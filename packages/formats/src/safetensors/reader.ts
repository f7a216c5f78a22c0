import type { ArrayEntry, ArrayReader } from "../stored-array.js";
import { conversionHint, dtypeOfCode } from "./element-type.js";
import {
  parseSafetensorsHeader,
  SAFETENSORS_PREFIX_BYTES,
  type SafetensorsEntry,
  safetensorsHeaderByteLength,
} from "./header.js";

/** Reads a `.safetensors` file: any number of named tensors, little-endian, in C order. */
export const readSafetensors: ArrayReader = async (source) => {
  const where = { file: source.name, hint: "Copy the file again, or write it again with save_file." };
  const length = safetensorsHeaderByteLength(await source.read(0, SAFETENSORS_PREFIX_BYTES), source.byteLength, where);
  const start = SAFETENSORS_PREFIX_BYTES + length;
  const json = await source.read(SAFETENSORS_PREFIX_BYTES, length);
  const parsed = parseSafetensorsHeader(json, source.byteLength - start, where);

  const entryOf = ({ name, code, shape, begin, end }: SafetensorsEntry): ArrayEntry => ({
    name,
    read: async () => {
      const dtype = dtypeOfCode(code);
      return {
        shape,
        dtypeName: dtype ?? code,
        dtype,
        hint: dtype ? undefined : conversionHint(code),
        order: "C",
        bigEndian: false,
        byteLength: end - begin,
        packing: "stored",
        storage: { kind: "file", path: source.path, byteOffset: start + begin, identity: source.identity },
      };
    },
  });
  return { format: "safetensors", entries: parsed.map(entryOf) };
};
