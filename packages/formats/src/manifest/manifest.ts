import { dataError, LAYOUTS, type Layout, type NormstreamError } from "@normstream/tensor";
import { FORMATS, type Format } from "./format-names.js";

/** What every manifest says of itself. */
export const MANIFEST_SCHEMA = "normstream/manifest/1";
/** What a manifest is called where a folder is named. */
export const MANIFEST_NAME = "normstream.json";

/** Some of the data: files that are read alike. */
export interface ManifestPart {
  /** What splits call it. */
  readonly name: string | undefined;
  /** Files, folders, patterns and URLs, as they were written: relative to the manifest. */
  readonly paths: readonly string[];
  /** What the files have to be; `raw` says that `shape` and `dtype` describe each file. */
  readonly format: Format | undefined;
  /** Which array, or which columns. */
  readonly select: string | undefined;
  readonly layout: Layout | undefined;
  /** What the shape has to be; null for an extent that may be any. */
  readonly shape: readonly (number | null)[] | undefined;
  readonly dtype: string | undefined;
}

/** Samples of a part, or of all parts together. */
export interface SplitItem {
  /** Its name; undefined for all parts, joined in their order. */
  readonly part: string | undefined;
  /** From the first number to before the second, counted from 0. */
  readonly samples: readonly [from: number, to: number] | undefined;
}

/** A data set of many parts, as a `normstream.json` says it. */
export interface Manifest {
  /** Where it was read, for messages. */
  readonly file: string;
  readonly name: string | undefined;
  readonly parts: readonly ManifestPart[];
  readonly splits: ReadonlyMap<string, readonly SplitItem[]>;
}

/**
 * Reads the text of a manifest. Nothing is opened.
 * @throws NormstreamError of kind `data` with a JSON pointer to what is wrong (RFC 6901).
 */
export function parseManifest(text: string, file: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw dataError(`the manifest is not JSON: ${(cause as Error).message}`, { file, cause });
  }
  const reader = new Reader(file);
  const { schema } = reader.object(value, "");
  if (schema !== MANIFEST_SCHEMA) throw reader.wrong("/schema", `"${MANIFEST_SCHEMA}"`, schema);
  const top = reader.object(value, "", ["$schema", "schema", "name", "description", "parts", "splits"]);
  for (const key of ["$schema", "description"] as const) reader.optional(top[key], (found) => reader.text(found, `/${key}`));
  const name = reader.optional(top.name, (found) => reader.text(found, "/name"));
  const parts = reader.list(top.parts, "/parts").map((part, i) => readPart(reader, part, `/parts/${i}`));
  for (const [i, part] of parts.entries()) {
    const first = parts.findIndex((other) => part.name !== undefined && other.name === part.name);
    if (first >= 0 && first < i) throw reader.wrong(`/parts/${i}/name`, `a name that no other part has`, part.name);
  }
  const splits = new Map<string, readonly SplitItem[]>();
  const found = reader.optional(top.splits, (value) => reader.object(value, "/splits")) ?? {};
  for (const [split, items] of Object.entries(found)) {
    const pointer = `/splits/${escaped(split)}`;
    if (split === "") throw reader.wrong("/splits", "names of splits that are not empty", split);
    splits.set(
      split,
      reader.list(items, pointer).map((item, i) => readItem(reader, item, `${pointer}/${i}`, parts)),
    );
  }
  return { file, name, parts, splits };
}

function readPart(reader: Reader, value: unknown, pointer: string): ManifestPart {
  if (typeof value === "string") {
    const paths = [reader.text(value, pointer)];
    return {
      name: undefined,
      paths,
      format: undefined,
      select: undefined,
      layout: undefined,
      shape: undefined,
      dtype: undefined,
    };
  }
  const part = reader.object(value, pointer, ["name", "path", "format", "select", "layout", "shape", "dtype"]);
  const texts = (key: "path" | "select"): string[] =>
    typeof part[key] === "string"
      ? [reader.text(part[key], `${pointer}/${key}`)]
      : reader
          .list(part[key], `${pointer}/${key}`, "a text, or a list of them")
          .map((text, i) => reader.text(text, `${pointer}/${key}/${i}`));
  return {
    name: reader.optional(part.name, (found) => reader.text(found, `${pointer}/name`)),
    paths: texts("path"),
    format: reader.optional(part.format, (found) => reader.word(found, `${pointer}/format`, FORMATS)),
    select: reader.optional(part.select, () => texts("select").join(",")),
    layout: reader.optional(part.layout, (found) => reader.word(found, `${pointer}/layout`, LAYOUTS)),
    shape: reader.optional(part.shape, (found) =>
      reader.list(found, `${pointer}/shape`).map((extent, i) => reader.extent(extent, `${pointer}/shape/${i}`)),
    ),
    dtype: reader.optional(part.dtype, (found) => reader.text(found, `${pointer}/dtype`)),
  };
}

function readItem(reader: Reader, value: unknown, pointer: string, parts: readonly ManifestPart[]): SplitItem {
  const known = (name: string, at: string): string => {
    if (parts.some((part) => part.name === name)) return name;
    const names = parts.flatMap((part) => (part.name === undefined ? [] : [part.name]));
    throw reader.wrong(at, names.length > 0 ? `the name of a part: ${names.slice(0, 20).join(", ")}` : "parts with names", name);
  };
  if (typeof value === "string") return { part: known(reader.text(value, pointer), pointer), samples: undefined };
  const item = reader.object(value, pointer, ["part", "samples"]);
  const part = reader.optional(item.part, (found) => known(reader.text(found, `${pointer}/part`), `${pointer}/part`));
  const samples = reader.optional(item.samples, (found) => reader.range(found, `${pointer}/samples`));
  if (part === undefined && samples === undefined) throw reader.wrong(pointer, '"part", "samples" or both', value);
  return { part, samples };
}

/** Takes values apart, and says where one is not what it should be. */
class Reader {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  wrong(pointer: string, expected: string, found: unknown): NormstreamError {
    const shown = found === undefined ? "nothing" : JSON.stringify(found);
    const what = pointer === "" ? "is no manifest" : `the manifest is wrong at ${pointer}`;
    return dataError(what, { file: this.#file, expected, found: shown.length > 80 ? `${shown.slice(0, 79)}…` : shown });
  }

  /** @param known the keys that it may have; undefined: any */
  object(value: unknown, pointer: string, known?: readonly string[]): Readonly<Record<string, unknown>> {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.wrong(pointer, "an object", value);
    const stranger = known && Object.keys(value).find((key) => !known.includes(key));
    if (stranger !== undefined) {
      throw dataError(`the manifest is wrong at ${pointer}/${escaped(stranger)}`, {
        file: this.#file,
        expected: `one of ${(known as readonly string[]).join(", ")}`,
        found: JSON.stringify(stranger),
      });
    }
    return value as Readonly<Record<string, unknown>>;
  }

  list(value: unknown, pointer: string, expected = "a list of one or more"): readonly unknown[] {
    if (!Array.isArray(value) || value.length === 0) throw this.wrong(pointer, expected, value);
    return value;
  }

  text(value: unknown, pointer: string): string {
    if (typeof value !== "string" || value === "") throw this.wrong(pointer, "a text that is not empty", value);
    return value;
  }

  word<T extends string>(value: unknown, pointer: string, words: readonly T[]): T {
    const word = words.find((known) => known === value);
    if (word === undefined) throw this.wrong(pointer, `one of ${words.join(", ")}`, value);
    return word;
  }

  extent(value: unknown, pointer: string): number | null {
    if (value === null || isWhole(value)) return value;
    throw this.wrong(pointer, "a whole number, or null for any", value);
  }

  range(value: unknown, pointer: string): readonly [number, number] {
    const [from, to] = Array.isArray(value) && value.length === 2 ? value : [];
    if (isWhole(from) && isWhole(to) && from < to) return [from, to];
    throw this.wrong(pointer, "[from, to] with from below to", value);
  }

  optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
    return value === undefined ? undefined : read(value);
  }
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** A key as a part of a JSON pointer. */
const escaped = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");
