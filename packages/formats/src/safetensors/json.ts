import { dataError, type ErrorDetails } from "@normstream/tensor";

/** A value of JSON. Objects are maps, so that no key is special; their keys are unique. */
export type JsonValue = string | number | boolean | null | JsonValue[] | Map<string, JsonValue>;

/** A header nests three deep; more is refused rather than followed. */
const MAX_DEPTH = 8;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Parses JSON strictly, straight from bytes: a key that comes twice is an error, and so is nesting deeper than a header's.
 *
 * @param byteOffset where the bytes begin in their file.
 * @throws NormstreamError of kind `data` that names the byte.
 */
export function parseStrictJson(bytes: Uint8Array, byteOffset: number, where: ErrorDetails): JsonValue {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let at = 0;

  const fail = (expected: string, position = at): never => {
    const rest = Buffer.from(bytes.subarray(position, position + 16)).toString("utf8");
    const found = position < bytes.length ? JSON.stringify(rest) : "the end of the header";
    throw dataError("the header is not valid JSON", { ...where, byteOffset: byteOffset + position, expected, found });
  };
  const skipSpace = (): void => {
    for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = bytes[at]) at++;
  };
  const accept = (character: string): boolean => {
    skipSpace();
    if (bytes[at] !== character.charCodeAt(0)) return false;
    at++;
    return true;
  };
  // Strings and numbers are found here and decoded by the platform, which knows their grammar.
  const decode = (start: number, expected: string): JsonValue => {
    try {
      return JSON.parse(decoder.decode(bytes.subarray(start, at)));
    } catch {
      return fail(expected, start);
    }
  };

  function value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) fail(`at most ${MAX_DEPTH} levels of nesting`);
    if (accept("{")) return object(depth);
    if (accept("[")) return array(depth);
    if (bytes[at] === QUOTE) return string();
    const start = at;
    for (let byte = bytes[at]; byte !== undefined && isScalarByte(byte); byte = bytes[at]) at++;
    return decode(start, "an object, array, string, number, true, false or null");
  }

  function object(depth: number): JsonValue {
    const entries = new Map<string, JsonValue>();
    if (accept("}")) return entries;
    for (;;) {
      skipSpace();
      const start = at;
      if (bytes[at] !== QUOTE) fail("a key in quotes");
      const key = string();
      if (entries.has(key)) fail(`the key ${JSON.stringify(key)} once`, start);
      if (!accept(":")) fail('":"');
      entries.set(key, value(depth + 1));
      if (accept("}")) return entries;
      if (!accept(",")) fail('"," or "}"');
    }
  }

  function array(depth: number): JsonValue {
    const items: JsonValue[] = [];
    if (accept("]")) return items;
    for (;;) {
      items.push(value(depth + 1));
      if (accept("]")) return items;
      if (!accept(",")) fail('"," or "]"');
    }
  }

  function string(): string {
    const start = at++;
    for (; bytes[at] !== QUOTE; at++) {
      if (bytes[at] === BACKSLASH) at++;
      if (at >= bytes.length) fail("the string to end", start);
    }
    at++;
    return decode(start, "a string of valid UTF-8") as string;
  }

  const result = value(0);
  skipSpace();
  if (at < bytes.length) fail("nothing after the JSON");
  return result;
}

/** Bytes of numbers and of true, false, null. */
const isScalarByte = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x2d ||
  byte === 0x2b ||
  byte === 0x2e ||
  byte === 0x45;
