import { readFile, stat } from "node:fs/promises";
import {
  COUNT,
  M2,
  MAX,
  MEAN,
  MIN,
  type Moments,
  NAN,
  type NanPolicy,
  NEG_INF,
  POS_INF,
  ROW,
  type RowBounds,
} from "@normstream/moments";
import type { Summary } from "@normstream/pipeline";
import { DTYPES, type DType, dataError, geometryOf, ioError, LAYOUTS, type Layout, usageError } from "@normstream/tensor";
import { STATISTICS_SCHEMA } from "./statistics-json.js";

/** Statistics of one data set without their table: what a `.json` file of `stats` holds. */
export interface SummaryFile {
  readonly path: string;
  readonly input: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly layout: Layout;
  readonly samples: number;
  /** `[C, 8]` */
  readonly rows: Float64Array;
  /** `[C]`, or null where it is not known. */
  readonly meanInstanceStd: Float64Array | null;
  /** What became of values that are not finite; undefined where there are none, so that it does not matter. */
  readonly nan: Exclude<NanPolicy, "error"> | undefined;
  /** `[C]`: how far the numbers may be off, where a part was subtracted; undefined where they come from passes. */
  readonly bounds: readonly RowBounds[] | undefined;
  /** `[C]` names, where the data had them. */
  readonly channelNames: readonly string[] | undefined;
  /** Null for what was merged from summaries. */
  readonly digest: string | null;
  /** Where they come from, not looked into. */
  readonly lineage: unknown;
}

/** A summary as the library takes it. */
export const summaryOf = ({
  input,
  shape,
  dtype,
  layout,
  samples,
  rows,
  nan = "propagate",
  bounds,
  channelNames,
}: SummaryFile): Summary => ({
  facts: { input, shape, dtype, layout, nan, channelNames },
  samples,
  total: rows,
  bounds,
});

const MAX_BYTES = 256e6;

/** The arrays of `[C]` numbers of a summary, and their places in a row. */
const FIELDS = { count: COUNT, mean: MEAN, m2: M2, min: MIN, max: MAX, nan: NAN, posInf: POS_INF, negInf: NEG_INF } as const;

/**
 * Reads a `.json` file that `stats` wrote for batch norm.
 * @throws NormstreamError: `data` where it is no such file or contradicts itself; `usage` for statistics of another norm; `io`
 */
export async function readSummary(path: string): Promise<SummaryFile> {
  const fields = await readDocument(path);
  const wrong = (key: string) =>
    dataError(`"${key}" is wrong`, { file: path, hint: "Write it again with normstream stats INPUT -o FILE.json." });
  const { input, shape, samples, digest = null } = fields;
  const dtype = DTYPES.find((known) => known === fields.dtype);
  const layout = LAYOUTS.find((known) => known === fields.layout);
  if (typeof input !== "string") throw wrong("input");
  if (!Array.isArray(shape) || !shape.every(isWhole) || shape.length !== layout?.length) throw wrong("shape");
  if (!isWhole(samples)) throw wrong("samples");
  if (digest !== null && typeof digest !== "string") throw wrong("digest");
  if (dtype === undefined) throw wrong("dtype");
  const { channels } = geometryOf(shape, layout);
  if (fields.norm !== "batch" || (Array.isArray(fields.count) && Array.isArray(fields.count[0]))) {
    throw usageError(`holds statistics of ${fields.norm === "batch" ? "batches" : `${fields.norm} norm`}`, {
      file: path,
      expected: "batch norm over all samples",
      hint: "Merge tables (.npz) instead.",
    });
  }
  const list = (key: string, from = fields): Float64Array => {
    const values = from[key];
    if (!Array.isArray(values) || values.length !== channels) throw wrong(key);
    return Float64Array.from(values, (value) => numberOf(value) ?? fail(wrong(key)));
  };
  const rows = new Float64Array(channels * ROW);
  const moments = Object.fromEntries(Object.keys(FIELDS).map((key) => [key, list(key)])) as unknown as Moments;
  for (const [key, place] of Object.entries(FIELDS) as [keyof typeof FIELDS, number][]) {
    for (let c = 0; c < channels; c++) rows[c * ROW + place] = moments[key][c] as number;
  }
  const bounds = fields.bounds === undefined ? undefined : readBounds(fields.bounds, list);
  const meanInstanceStd = fields.meanInstanceStd === null ? null : list("meanInstanceStd");
  return {
    path,
    input,
    shape,
    dtype,
    layout,
    samples,
    rows: finiteRows(rows),
    meanInstanceStd,
    nan: policyOf(rows),
    bounds,
    channelNames: namesOf(fields.channelNames, channels),
    digest,
    lineage: fields.lineage,
  };
}

const namesOf = (value: unknown, channels: number): readonly string[] | undefined =>
  Array.isArray(value) && value.length === channels && value.every((name) => typeof name === "string") ? value : undefined;

function readBounds(value: unknown, list: (key: string, from: Readonly<Record<string, unknown>>) => Float64Array): RowBounds[] {
  const fields = (typeof value === "object" && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const [mean, m2, min, max] = ["mean", "m2", "min", "max"].map((key) => list(key, fields)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return Array.from(mean, (_, c) => ({
    mean: mean[c] as number,
    m2: m2[c] as number,
    min: min[c] as number,
    max: max[c] as number,
  }));
}

async function readDocument(path: string): Promise<Readonly<Record<string, unknown>>> {
  const cannotRead = (cause: unknown) => {
    throw ioError("cannot read", cause, { file: path });
  };
  const { size } = await stat(path).catch(cannotRead);
  if (size > MAX_BYTES)
    throw dataError("the file is too large for a summary", {
      file: path,
      expected: `at most ${MAX_BYTES} bytes`,
      found: `${size}`,
    });
  const text = await readFile(path, "utf8").catch(cannotRead);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw dataError(`is not JSON: ${(cause as Error).message}`, { file: path, cause });
  }
  const fields = (typeof value === "object" && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  if (fields.schema !== STATISTICS_SCHEMA) {
    throw dataError("holds no statistics", {
      file: path,
      expected: `"schema": "${STATISTICS_SCHEMA}"`,
      found: String(JSON.stringify(fields.schema)),
    });
  }
  return fields;
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const fail = (error: Error): never => {
  throw error;
};

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : undefined;
}

/** Which policy the numbers were finished under: under `omit`, a mean is finite beside values that are not. */
function policyOf(rows: Float64Array): SummaryFile["nan"] {
  let policy: SummaryFile["nan"];
  for (let at = 0; at < rows.length; at += ROW) {
    const others = (rows[at + NAN] as number) + (rows[at + POS_INF] as number) + (rows[at + NEG_INF] as number);
    if (others > 0 && (rows[at + COUNT] as number) > 0) policy = Number.isFinite(rows[at + MEAN]) ? "omit" : "propagate";
  }
  return policy;
}

/** Rows as they were before the policy: NaN never enters them, since the counts say it. */
function finiteRows(rows: Float64Array): Float64Array {
  const out = rows.slice();
  for (let at = 0; at < out.length; at += ROW) {
    if (!Number.isFinite(out[at + MEAN])) out[at + MEAN] = 0;
    if (Number.isNaN(out[at + M2])) out[at + M2] = 0;
  }
  return out;
}
