import { dataError, type ErrorDetails } from "@normstream/tensor";
import { type ElementType, elementType } from "./element-type.js";
import { type PythonLiteral, parsePythonLiteral } from "./literal.js";

/** What the header of a `.npy` array says. */
export interface NpyHeader {
  /** Format version: 1, 2 or 3. */
  readonly version: number;
  /** Where the elements begin. */
  readonly byteLength: number;
  /** Whole numbers of 0 or more; their product is not checked here. */
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly order: "C" | "F";
}

/** Bytes that have to be looked at to know a header's length. */
export const NPY_PREFIX_BYTES = 12;
/** NumPy's own headers have 128 bytes; one above this is not read. */
const MAX_HEADER_BYTES = 1 << 20;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Whether bytes begin as a `.npy` array does. */
export const isNpy = (head: Uint8Array): boolean => MAGIC.every((byte, i) => head[i] === byte);

/**
 * Length of a header with magic, version and length field, from the first 12 bytes: where the elements begin.
 * @throws NormstreamError of kind `data` for another magic or version, a cut prefix, or a header above 1 MiB.
 */
export function npyHeaderByteLength(prefix: Uint8Array, where: ErrorDetails): number {
  if (prefix.length >= MAGIC.length && !isNpy(prefix)) {
    const found = Array.from(prefix.subarray(0, MAGIC.length), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw dataError("is not a .npy file", { ...where, byteOffset: 0, expected: "the magic bytes 93 4e 55 4d 50 59", found });
  }
  const [major, minor] = [prefix[6], prefix[7]];
  if (major !== undefined && minor !== undefined && (major < 1 || major > 3 || minor !== 0)) {
    throw dataError("unknown version of .npy", {
      ...where,
      byteOffset: 6,
      expected: "1.0, 2.0 or 3.0",
      found: `${major}.${minor}`,
    });
  }
  const fieldEnd = major === 1 ? 10 : 12;
  if (prefix.length < fieldEnd) {
    throw dataError("the header is truncated", { ...where, expected: `at least ${fieldEnd} bytes`, found: `${prefix.length}` });
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) {
    throw dataError("the header is too long", {
      ...where,
      byteOffset: 8,
      expected: `at most ${MAX_HEADER_BYTES} bytes`,
      found: `${length}`,
    });
  }
  return fieldEnd + length;
}

/**
 * Parses a whole header; bytes after it are ignored.
 * @throws NormstreamError of kind `data` that names the byte where it shows.
 */
export function parseNpyHeader(bytes: Uint8Array, where: ErrorDetails): NpyHeader {
  const byteLength = npyHeaderByteLength(bytes.subarray(0, NPY_PREFIX_BYTES), where);
  if (bytes.length < byteLength) {
    throw dataError("the header leaves the file", {
      ...where,
      byteOffset: 8,
      expected: `${byteLength} bytes`,
      found: `${bytes.length}`,
    });
  }
  const version = bytes[6] as number;
  const start = version === 1 ? 10 : 12;
  // Version 3 is UTF-8, but only names of fields can hold more than ASCII, and structured types are not read.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, byteLength - start).toString("latin1");
  const dict = parsePythonLiteral(text, start, where);
  const at = { ...where, byteOffset: start };
  if (!(dict instanceof Map)) throw dataError("the header is not a dict", { ...at, found: JSON.stringify(text.slice(0, 16)) });
  const keys = [...dict.keys()].sort().join(", ");
  if (keys !== "descr, fortran_order, shape") {
    throw dataError("the header has other keys", {
      ...at,
      expected: "descr, fortran_order, shape",
      found: keys.slice(0, 100) || "none",
    });
  }
  const [descr, fortran, shape] = [dict.get("descr"), dict.get("fortran_order"), dict.get("shape")];
  const structured = typeof descr === "object" && descr !== null;
  if (typeof descr !== "string" && !structured) {
    throw dataError("descr in the header is not a type", {
      ...at,
      expected: "a string such as '<f4'",
      found: nameOfLiteral(descr),
    });
  }
  if (typeof fortran !== "boolean") {
    throw dataError("fortran_order in the header is not True or False", { ...at, found: nameOfLiteral(fortran) });
  }
  if (typeof shape !== "object" || shape === null || shape instanceof Map || shape.kind !== "tuple") {
    throw dataError("shape in the header is not a tuple", {
      ...at,
      expected: "(2, 3)",
      found: nameOfLiteral(shape),
    });
  }
  const extents = shape.items.map((extent) => {
    if (typeof extent === "number" && Number.isSafeInteger(extent) && extent >= 0) return extent;
    throw dataError("shape in the header holds what is no extent", {
      ...at,
      expected: "whole numbers from 0 to 2^53 - 1",
      found: nameOfLiteral(extent),
    });
  });
  return {
    version,
    byteLength,
    shape: extents,
    type: elementType(structured ? undefined : descr),
    order: fortran && extents.length > 1 ? "F" : "C",
  };
}

/** What to call a value that is not what it should be: itself, or what kind it is. */
function nameOfLiteral(value: PythonLiteral | undefined): string {
  if (value instanceof Map) return "a dict";
  if (typeof value === "object" && value !== null) return `a ${value.kind}`;
  return String(JSON.stringify(value)).slice(0, 40);
}
