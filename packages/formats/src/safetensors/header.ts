import { dataError, type ErrorDetails, elementCount, itemSize } from "@normstream/tensor";
import { bytesFollowing } from "../bytes/byte-count.js";
import { dtypeOfCode, otherItemSize } from "./element-type.js";
import { type JsonValue, parseStrictJson } from "./json.js";

/** One tensor of a `.safetensors` file. */
export interface SafetensorsEntry {
  readonly name: string;
  /** As the file spells it: `F32`. */
  readonly code: string;
  readonly shape: readonly number[];
  /** First byte and the byte after the last one, counted from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

/** The file begins with the header's length in so many bytes. */
export const SAFETENSORS_PREFIX_BYTES = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Length of the JSON header, from the file's first 8 bytes.
 * @throws NormstreamError of kind `data` where it is cut, above 100 MB, or leaves the file.
 */
export function safetensorsHeaderByteLength(prefix: Uint8Array, fileByteLength: number, where: ErrorDetails): number {
  if (prefix.length < SAFETENSORS_PREFIX_BYTES) {
    throw dataError("the header is truncated", { ...where, expected: "at least 8 bytes", found: `${prefix.length}` });
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, SAFETENSORS_PREFIX_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw dataError("the header is too long", {
      ...where,
      byteOffset: 0,
      expected: `at most ${MAX_HEADER_BYTES} bytes`,
      found: `${length}`,
    });
  }
  const end = SAFETENSORS_PREFIX_BYTES + Number(length);
  if (end > fileByteLength) {
    throw dataError("the header leaves the file", {
      ...where,
      byteOffset: 0,
      expected: `${end} bytes`,
      found: `${fileByteLength}`,
    });
  }
  return Number(length);
}

/**
 * Parses the JSON header and checks that its tensors tile the data: no hole, no overlap, nothing outside.
 * @param dataByteLength bytes that the file holds after the header.
 * @throws NormstreamError of kind `data` that names the byte or the tensor.
 */
export function parseSafetensorsHeader(json: Uint8Array, dataByteLength: number, where: ErrorDetails): SafetensorsEntry[] {
  const at = { ...where, byteOffset: SAFETENSORS_PREFIX_BYTES };
  const header = parseStrictJson(json, SAFETENSORS_PREFIX_BYTES, where);
  if (json[0] !== 0x7b || !(header instanceof Map))
    throw dataError("the header is not a JSON object", { ...at, expected: '"{"' });
  const entries: SafetensorsEntry[] = [];
  for (const [name, value] of header) {
    if (name === "__metadata__") checkMetadata(value, at);
    else entries.push(entryOf(name, value, at));
  }
  checkTiling(entries, dataByteLength, { ...where, byteOffset: SAFETENSORS_PREFIX_BYTES + json.length });
  return entries;
}

function checkMetadata(value: JsonValue, at: ErrorDetails): void {
  if (value instanceof Map && [...value.values()].every((text) => typeof text === "string")) return;
  throw dataError("__metadata__ in the header is malformed", { ...at, expected: "an object of strings" });
}

function entryOf(name: string, value: JsonValue, at: ErrorDetails): SafetensorsEntry {
  const fail = (what: string, expected: string, found?: string): never => {
    throw dataError(`${what} of tensor ${JSON.stringify(name.slice(0, 100))} is malformed`, { ...at, expected, found });
  };
  if (!(value instanceof Map)) return fail("the entry", "an object");
  const keys = [...value.keys()].sort().join(", ");
  if (keys !== "data_offsets, dtype, shape")
    fail("the entry", "the keys data_offsets, dtype, shape", keys.slice(0, 100) || "none");
  const [code, shape, offsets] = [value.get("dtype"), value.get("shape"), value.get("data_offsets")];
  if (typeof code !== "string") return fail("dtype", 'a string such as "F32"');
  if (!isExtents(shape)) return fail("shape", "an array of whole numbers from 0 to 2^53 - 1");
  if (!isExtents(offsets) || offsets.length !== 2) return fail("data_offsets", "two whole numbers, begin and end");
  const [begin, end] = offsets as [number, number];
  if (begin > end) fail("data_offsets", "begin <= end", `${begin} and ${end}`);
  const dtype = dtypeOfCode(code);
  const size = dtype ? itemSize(dtype) : otherItemSize(code);
  const expected = elementCount(shape, at) * (size ?? 0);
  if (size !== undefined && end - begin !== expected) {
    fail("data_offsets", `${expected} bytes for shape [${shape.slice(0, 12)}] of ${code}`, `${end - begin}`);
  }
  return { name, code, shape, begin, end };
}

const isExtents = (value: JsonValue | undefined): value is number[] =>
  Array.isArray(value) &&
  value.every((extent) => Number.isSafeInteger(extent) && (extent as number) >= 0 && !Object.is(extent, -0));

function checkTiling(entries: readonly SafetensorsEntry[], dataByteLength: number, at: ErrorDetails): void {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const name = JSON.stringify(entry.name.slice(0, 100));
    if (entry.begin !== end) {
      throw dataError(`tensor ${name} ${entry.begin < end ? "overlaps another one" : "leaves a hole before it"}`, {
        ...at,
        expected: `begin ${end}`,
        found: `${entry.begin}`,
      });
    }
    if (entry.end > dataByteLength) {
      throw dataError(`the data is truncated in tensor ${name}`, {
        ...at,
        expected: `${entry.end} bytes of data`,
        found: `${dataByteLength}`,
      });
    }
    end = entry.end;
  }
  if (end !== dataByteLength) {
    throw dataError(`${bytesFollowing(dataByteLength - end)} the data`, {
      ...at,
      expected: `${end} bytes of data`,
      found: `${dataByteLength}`,
    });
  }
}
