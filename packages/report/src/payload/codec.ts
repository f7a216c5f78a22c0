import { dataError } from "@normstream/tensor";
import { arrayOf, type PackedArray, type Packing, pack, packedSize, unpack } from "./packing.js";

/** Arrays of more numbers than this are base64: notebooks print every number of a JSON array on a line of its own. */
const PLAIN_NUMBERS = 16;

/** Plain JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * One part of a payload: how it is written, how it is read, and what JSON Schema says of it. Reading trusts nothing: it builds a new
 * value from the fields that it knows and throws one line at the first that is wrong.
 */
export interface Codec<T> {
  encode(value: T): Json;
  /** @param path of the value, for messages */
  decode(value: unknown, path: string): T;
  readonly schema: { readonly [key: string]: Json };
}

/** An error about a part of the payload. What was found is named by its kind alone: it may be of any size and depth. */
export function wrong(path: string, expected: string, value: unknown): Error {
  return dataError(`this is no report: "${path}" is wrong`, { expected, found: kindOf(value) });
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "string") return value.length > 40 ? `a text of ${value.length} characters` : JSON.stringify(value);
  if (typeof value === "object") return "an object";
  return value === undefined ? "nothing" : String(value);
}

/** Characters that do not show: controls, line and paragraph separators, and those that turn the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
const HIDDEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** What does not show becomes a space. */
export const withoutHidden = (value: string): string => value.replace(HIDDEN, " ");

/** A text of at most `most` characters; longer ones are cut when they are written. What does not show becomes a space. */
export function text(most: number, options: { lines?: boolean } = {}): Codec<string> {
  const clean = (value: string) => {
    const shown = withoutHidden(value);
    return options.lines ? shown : shown.replaceAll("\n", " ");
  };
  return {
    encode: (value) => {
      const shown = clean(value);
      return shown.length > most ? `${shown.slice(0, most - 1)}…` : shown;
    },
    decode(value, path) {
      if (typeof value !== "string" || value.length > most) throw wrong(path, `a text of at most ${most} characters`, value);
      return clean(value);
    },
    schema: { type: "string", maxLength: most },
  };
}

/** A text of a few known ones. */
export function word<T extends string>(words: readonly T[]): Codec<T> {
  return {
    encode: (value) => value,
    decode(value, path) {
      const known = words.find((candidate) => candidate === value);
      if (known === undefined) throw wrong(path, `one of ${words.map((w) => `"${w}"`).join(", ")}`, value);
      return known;
    },
    schema: words.length === 1 ? { const: words[0] as T } : { enum: [...words] },
  };
}

const BEYOND = ["NaN", "Infinity", "-Infinity"] as const;

/** A number within bounds, written to `digits` significant ones where that is said. `loose` also takes NaN and infinities, which JSON spells as texts. */
export function number(
  options: { least?: number; most?: number; whole?: boolean; loose?: boolean; digits?: number } = {},
): Codec<number> {
  const { least = -Number.MAX_VALUE, most = Number.MAX_VALUE, whole = false, loose = false } = options;
  const bounds = {
    ...(options.least === undefined ? {} : { minimum: least }),
    ...(options.most === undefined ? {} : { maximum: most }),
  };
  const plain = { type: whole ? "integer" : "number", ...bounds };
  return {
    encode: (value) => {
      if (!Number.isFinite(value)) return String(value);
      return options.digits === undefined ? value : Number(value.toPrecision(options.digits));
    },
    decode(value, path) {
      if (loose && BEYOND.some((known) => known === value)) return Number(value);
      const isNumber = typeof value === "number" && value >= least && value <= most;
      if (!isNumber || (whole && !Number.isSafeInteger(value))) {
        const kind = whole ? "a whole number" : "a number";
        throw wrong(
          path,
          `${kind}${options.least === undefined ? "" : ` from ${least}`}${options.most === undefined ? "" : ` to ${most}`}`,
          value,
        );
      }
      return value;
    },
    schema: loose ? { anyOf: [plain, { enum: [...BEYOND] }] } : plain,
  };
}

export const truth: Codec<boolean> = {
  encode: (value) => value,
  decode(value, path) {
    if (typeof value !== "boolean") throw wrong(path, "true or false", value);
    return value;
  },
  schema: { type: "boolean" },
};

export const nullable = <T>(codec: Codec<T>): Codec<T | null> => ({
  encode: (value) => (value === null ? null : codec.encode(value)),
  decode: (value, path) => (value === null ? null : codec.decode(value, path)),
  schema: { anyOf: [codec.schema, { type: "null" }] },
});

/** A list of at most `most`. */
export const list = <T>(item: Codec<T>, most: number, least = 0): Codec<readonly T[]> => ({
  encode: (value) => value.map((entry) => item.encode(entry)),
  decode(value, path) {
    if (!Array.isArray(value) || value.length > most || value.length < least) {
      throw wrong(path, least === most ? `a list of ${most}` : `a list of at most ${most}`, value);
    }
    return value.map((entry, i) => item.decode(entry, `${path}[${i}]`));
  },
  schema: { type: "array", items: item.schema, maxItems: most, ...(least > 0 ? { minItems: least } : {}) },
});

/** An object of these fields; others are ignored when it is read. */
export function object<T extends object>(fields: { readonly [K in keyof T]: Codec<T[K]> }): Codec<Readonly<T>> {
  const codecs = Object.entries(fields) as [keyof T & string, Codec<unknown>][];
  return {
    encode: (value) => Object.fromEntries(codecs.map(([key, codec]) => [key, codec.encode(value[key])])),
    decode(value, path) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(path, "an object", value);
      const found = value as Readonly<Record<string, unknown>>;
      const read = codecs.map(([key, codec]) => {
        const inner = path === "" ? key : `${path}.${key}`;
        return [key, codec.decode(Object.hasOwn(found, key) ? found[key] : undefined, inner)];
      });
      return Object.fromEntries(read) as Readonly<T>;
    },
    schema: {
      type: "object",
      properties: Object.fromEntries(codecs.map(([key, codec]) => [key, codec.schema])),
      required: codecs.map(([key]) => key),
    },
  };
}

/** Numbers of one packing: a list where there are at most 16, base64 where there are more. At most `most`. */
export function packed<P extends Packing>(packing: P, most: number): Codec<PackedArray<P>> {
  const plain = list(number({ loose: packing === "f4" || packing === "f2" }), PLAIN_NUMBERS);
  const longest = 4 * Math.ceil((most * packedSize(packing)) / 3);
  return {
    encode: (value) => (value.length > PLAIN_NUMBERS ? pack(value, packing) : plain.encode(Array.from(value))),
    decode(value, path) {
      if (typeof value !== "string") return arrayOf(plain.decode(value, path), packing);
      const numbers = value.length <= longest ? unpack(value, packing) : null;
      if (!numbers) throw wrong(path, `at most ${most} numbers in base64`, value);
      return numbers;
    },
    schema: { anyOf: [plain.schema, { type: "string", contentEncoding: "base64", maxLength: longest }] },
  };
}

/** A view, or why there is none. */
export function orAbsent<T extends object>(codec: Codec<T>): Codec<T | { readonly absent: string }> {
  const absent = object({ absent: text(300) });
  return {
    encode: (value) => ("absent" in value ? absent.encode(value as { absent: string }) : codec.encode(value as T)),
    decode: (value, path) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, "absent")
        ? absent.decode(value, path)
        : codec.decode(value, path),
    schema: { anyOf: [codec.schema, absent.schema] },
  };
}
