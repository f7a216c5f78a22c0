import {
  type FileList,
  fileOf,
  parseFileLine,
  placeName,
  readZipMember,
  type SourceFile,
  zipMemberLines,
} from "@normstream/formats";
import type { NanPolicy } from "@normstream/moments";
import type { StatisticsFacts } from "@normstream/pipeline";
import { dataError, NormstreamError, type TensorSource } from "@normstream/tensor";
import { version } from "../../package.json";
import { currentCommand } from "./given-command.js";
import type { InputOptions } from "./options.js";

const LINEAGE_SCHEMA = "normstream/lineage/1";
/** Members of a table's archive. */
export const LINEAGE_MEMBER = "lineage.json";
export const FILES_MEMBER = "files.jsonl";

/** How the input was opened, as far as it was said: what opens it again. */
export type OpenedWith = Pick<
  InputOptions,
  "layout" | "select" | "split" | "shape" | "dtype" | "color" | "resize" | "skipBad" | "missing"
>;

const OPENED_WITH = ["layout", "select", "split", "shape", "dtype", "color", "resize", "skipBad", "missing"] as const;

/** Where statistics come from: what a run read, and with what. */
export interface Lineage {
  readonly schema: typeof LINEAGE_SCHEMA;
  /** Version of Normstream, and of the Node that ran it. */
  readonly normstream: string;
  readonly node: string;
  /** The arguments of the command. */
  readonly command: readonly string[];
  /** When it began, ISO 8601. */
  readonly started: string;
  /** As it was given. */
  readonly input: string;
  readonly options: OpenedWith;
  readonly format: string;
  readonly dtype: string;
  readonly nan: NanPolicy;
  /** What became of images that cannot be decoded. */
  readonly bad: "error" | "skip";
  /** What decoded it, and its version. */
  readonly readers: readonly string[];
  /** What was left out, and chunks that were not there. */
  readonly skipped: NonNullable<StatisticsFacts["skipped"]> | null;
  readonly missing: NonNullable<StatisticsFacts["missing"]> | null;
  /** How many files there are, and the SHA-256 of the lines that say which. */
  readonly files: { readonly count: number; readonly digest: string };
}

/** What is known of a run's lineage before it begins. */
export type LineageStart = Omit<Lineage, "nan" | "skipped" | "missing">;

/** Begins a lineage, before the data is read: a file that changes meanwhile is another one than it says. */
export function startLineage(input: string, source: TensorSource, options: OpenedWith, files: FileList): LineageStart {
  const given = OPENED_WITH.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]]));
  return {
    schema: LINEAGE_SCHEMA,
    normstream: version,
    node: process.versions.node,
    command: currentCommand(),
    started: new Date().toISOString(),
    input: placeName(input),
    options: Object.fromEntries(given),
    format: source.format,
    dtype: source.dtype,
    bad: options.skipBad ? "skip" : "error",
    readers: source.readers ?? [],
    files: { count: files.count, digest: files.digest },
  };
}

/** What is known at its end. */
export const finishLineage = (start: LineageStart, { nan, skipped, missing }: StatisticsFacts): Lineage => ({
  ...start,
  nan,
  skipped: skipped ?? null,
  missing: missing ?? null,
});

/** A lineage that statistics hold, and the files that it lists. */
export interface StoredLineage extends Lineage {
  /** In their order; again from the first one each time. */
  list(signal: AbortSignal): AsyncIterable<SourceFile>;
}

/** What is written of it. */
export const withoutList = ({ list: _, ...lineage }: StoredLineage): Lineage => lineage;

/** The lineage in a table's archive; undefined where there is none. @throws NormstreamError of kind `data` where it is damaged */
export async function tableLineage(path: string, signal: AbortSignal): Promise<StoredLineage | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readZipMember(path, LINEAGE_MEMBER, { signal });
  } catch (error) {
    if (error instanceof NormstreamError && error.kind === "usage") return undefined;
    throw error;
  }
  const where = `${path}:${LINEAGE_MEMBER}`;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    // Told below.
  }
  return {
    ...lineageOf(value, where),
    async *list(signal) {
      const lines = await zipMemberLines(path, FILES_MEMBER, { signal });
      for await (const line of lines ?? []) yield parseFileLine(line, `${path}:${FILES_MEMBER}`);
    },
  };
}

/** The lineage in a summary; undefined where there is none. @throws NormstreamError of kind `data` where it is damaged */
export function summaryLineage(value: unknown, file: string): StoredLineage | undefined {
  if (value === undefined) return undefined;
  const where = `${file}:lineage`;
  const { list, ...document } = value as { readonly list?: unknown };
  if (!Array.isArray(list)) throw damaged(where);
  return {
    ...lineageOf(document, where),
    async *list() {
      for (const entry of list) yield fileOf(entry, where);
    },
  };
}

function lineageOf(value: unknown, where: string): Lineage {
  const fields = (value ?? {}) as Partial<Record<keyof Lineage, unknown>>;
  const texts = [fields.normstream, fields.node, fields.started, fields.input, fields.format, fields.dtype];
  const isList = (list: unknown) => Array.isArray(list) && list.every((entry) => typeof entry === "string");
  const isObject = (object: unknown) => typeof object === "object" && object !== null;
  const isOurs =
    fields.schema === LINEAGE_SCHEMA &&
    texts.every((text) => typeof text === "string") &&
    [fields.command, fields.readers].every(isList) &&
    isObject(fields.options) &&
    isObject(fields.files);
  if (!isOurs) throw damaged(where);
  return value as Lineage;
}

const damaged = (file: string) =>
  dataError("the lineage is damaged, or of another version", {
    file,
    expected: LINEAGE_SCHEMA,
    hint: "Compute the statistics again.",
  });

/** What people want to see of a lineage. */
export const lineageFacts = ({ started, normstream, node, command, readers, files }: Lineage): [string, string][] => [
  [
    "computed",
    `${started} by normstream ${normstream} on Node ${node}${readers.length > 0 ? ` with ${readers.join(", ")}` : ""}`,
  ],
  ["command", `normstream ${command.join(" ")}`],
  ["lineage", `${files.count} ${files.count === 1 ? "file" : "files"}, digest ${files.digest}`],
];
