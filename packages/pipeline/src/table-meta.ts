import { blockCount, type NanPolicy, ROW, TABLE_FORMAT, type TableShape } from "@normstream/moments";
import { DTYPES, dataError, type ErrorDetails, formatShape, geometryOf, LAYOUTS, type Layout } from "@normstream/tensor";
import type { Statistics } from "./statistics.js";

/** What `meta.json` says of the rows beside it. */
export interface TableMeta extends TableShape {
  /** What the data was called. */
  readonly input: string;
  /** Shape of the whole input, of which the table may be a part. */
  readonly shape: readonly number[];
  readonly layout: Layout;
  /** Where the part starts among the samples of the whole. */
  readonly firstSample: number;
  readonly totalSamples: number;
  readonly nan: NanPolicy;
  readonly digest: string;
  /** `[C]` names of the channels, where the data have them. */
  readonly channelNames?: readonly string[] | undefined;
  /** What decoded the data, and its version. */
  readonly readers?: readonly string[] | undefined;
}

const NAN_POLICIES = ["propagate", "omit", "error"] as const;

/** What a table says of itself, in the order of `meta.json`. */
export function tableMetaOf({ facts, table, digest }: Statistics): TableMeta {
  return {
    input: facts.input,
    shape: facts.shape,
    dtype: table.dtype,
    layout: facts.layout,
    samples: table.samples,
    channels: table.channels,
    planeSize: table.planeSize,
    grain: table.grain,
    batchSize: table.batchSize,
    firstSample: facts.firstSample,
    totalSamples: facts.totalSamples,
    nan: facts.nan,
    digest,
    ...(facts.channelNames ? { channelNames: facts.channelNames } : {}),
    ...(facts.readers ? { readers: facts.readers } : {}),
  };
}

/** The text of `meta.json`: what the table is, and nothing of the run, so that the same data give the same file. */
export const encodeTableMeta = (statistics: Statistics): string =>
  `${JSON.stringify({ schema: TABLE_FORMAT, ...tableMetaOf(statistics) }, null, 2)}\n`;

/**
 * Reads the text of a `meta.json`.
 * @returns undefined where it is another program's.
 * @throws NormstreamError of kind `data` where it is of another version, incomplete, or contradicts itself.
 */
export function parseTableMeta(text: string, file: string): TableMeta | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  if (typeof fields.schema !== "string" || !fields.schema.startsWith("normstream/table/")) return undefined;
  const where = { file: `${file}:meta.json` };
  if (fields.schema !== TABLE_FORMAT) {
    throw dataError("another version of the table", {
      ...where,
      expected: TABLE_FORMAT,
      found: fields.schema,
      hint: "Read it with the version of Normstream that wrote it.",
    });
  }
  const meta = readFields(fields, where);
  checkConsistency(meta, where);
  return meta;
}

function readFields(fields: Readonly<Record<string, unknown>>, where: ErrorDetails): TableMeta {
  const wrong = (key: string, expected: string) =>
    dataError(`"${key}" is wrong`, { ...where, expected, found: String(JSON.stringify(fields[key])).slice(0, 100) });
  const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const whole = (key: keyof TableMeta): number => {
    const value = fields[key];
    if (!isWhole(value)) throw wrong(key, "a whole number of 0 or more");
    return value;
  };
  const text = (key: keyof TableMeta): string => {
    const value = fields[key];
    if (typeof value !== "string") throw wrong(key, "a string");
    return value;
  };
  const oneOf = <T extends string>(key: keyof TableMeta, known: readonly T[]): T => {
    const value = known.find((candidate) => candidate === fields[key]);
    if (value === undefined) throw wrong(key, `one of ${known.join(", ")}`);
    return value;
  };
  const texts = <Key extends "channelNames" | "readers">(key: Key): { [K in Key]?: readonly string[] } => {
    const value = fields[key];
    if (value === undefined) return {};
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) throw wrong(key, "a list of strings");
    return { [key]: value } as unknown as { [K in Key]?: readonly string[] };
  };
  const { shape } = fields;
  if (!Array.isArray(shape) || !shape.every(isWhole)) throw wrong("shape", "a list of whole numbers");
  return {
    input: text("input"),
    shape,
    dtype: oneOf("dtype", DTYPES),
    layout: oneOf("layout", LAYOUTS),
    samples: whole("samples"),
    channels: whole("channels"),
    planeSize: whole("planeSize"),
    grain: whole("grain"),
    batchSize: whole("batchSize"),
    firstSample: whole("firstSample"),
    totalSamples: whole("totalSamples"),
    nan: oneOf("nan", NAN_POLICIES),
    digest: text("digest"),
    ...texts("channelNames"),
    ...texts("readers"),
  };
}

function checkConsistency(meta: TableMeta, where: ErrorDetails): void {
  const { shape, layout, samples, channels, planeSize, grain, batchSize, firstSample, totalSamples } = meta;
  const fits = shape.length === layout.length;
  const geometry = fits ? geometryOf(shape, layout) : undefined;
  const { channelNames } = meta;
  const isConsistent =
    (channelNames === undefined || channelNames.length === channels) &&
    geometry?.samples === totalSamples &&
    geometry.channels === channels &&
    geometry.planeSize === planeSize &&
    channels > 0 &&
    firstSample + samples <= totalSamples &&
    grain > 0 &&
    Number.isInteger(Math.log2(grain)) &&
    (grain > 1 || batchSize === 0);
  if (!isConsistent) {
    throw dataError("the table contradicts itself", {
      ...where,
      found:
        `shape ${formatShape(shape)} ${layout}, samples ${firstSample} + ${samples} of ${totalSamples}, ` +
        `${channels} channels, plane size ${planeSize}, grain ${grain}, batch size ${batchSize}`,
    });
  }
}

/** Shape of the rows `[blocks, C, 8]` of a table. */
export const rowsShape = (table: TableShape): readonly [number, number, number] => [blockCount(table), table.channels, ROW];
