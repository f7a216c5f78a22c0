import type { FileList } from "@normstream/formats";
import type { Moments, RowBounds } from "@normstream/moments";
import type { StatisticsFacts } from "@normstream/pipeline";
import type { NormView } from "./norm-view.js";

/** Statistics in the form that every output takes: of a pass, of merged tables, or of merged summaries. */
export interface StatisticsResult {
  readonly facts: Pick<
    StatisticsFacts,
    | "input"
    | "shape"
    | "dtype"
    | "layout"
    | "firstSample"
    | "totalSamples"
    | "engine"
    | "threads"
    | "bytes"
    | "resumedBytes"
    | "seconds"
    | "channelNames"
    | "readers"
    | "skipped"
    | "missing"
  >;
  readonly samples: number;
  readonly view: NormView;
  /** `[C]`, over all samples; null where a row holds several samples. */
  readonly meanInstanceStd: Float64Array | null;
  /** Null where it comes from summaries. */
  readonly digest: string | null;
  /** `[C]`: how far the numbers may be off, where a part was subtracted from a summary. */
  readonly bounds?: readonly RowBounds[] | undefined;
}

export const STATISTICS_SCHEMA = "normstream/statistics/1";

/** Entries of an array that stdout takes; more belong into a file. */
export const STDOUT_ENTRIES = 100_000;

/** Entries that are made at a time. */
const BAND = 65_536;

const FIELDS: readonly (readonly [string, (moments: Moments) => Float64Array])[] = [
  ["count", (m) => m.count],
  ["mean", (m) => m.mean],
  ["m2", (m) => m.m2],
  ["variance", (m) => m.variance],
  ["std", (m) => m.variance.map(Math.sqrt)],
  ["meanInstanceStd", () => new Float64Array()],
  ["min", (m) => m.min],
  ["max", (m) => m.max],
  ["nan", (m) => m.nan],
  ["posInf", (m) => m.posInf],
  ["negInf", (m) => m.negInf],
];

/**
 * The document `normstream/statistics/1`, in pieces, so that millions of statistics need no more memory than a band of them.
 * Arrays are `[C]`, `[sets][groups]`, or `[sets]` for layer norm.
 * @param options.arrays false leaves null in their places
 * @param options.lineage where they come from, file by file
 */
export function* statisticsJson(
  result: StatisticsResult,
  options: { arrays: boolean; lineage?: { readonly document: object; readonly files: FileList } | undefined } = { arrays: true },
): Generator<string> {
  const { facts, samples, view, meanInstanceStd, digest } = result;
  const { input, shape, dtype, layout, engine, threads, bytes, resumedBytes, seconds } = facts;
  const { channelNames, readers, skipped, missing } = facts;
  const head = {
    ...{ schema: STATISTICS_SCHEMA, input, shape, dtype, layout, norm: view.norm, samples },
    ...(channelNames ? { channelNames } : {}),
  };
  yield `{\n${entriesOf(head)},\n`;
  const band = Math.max(1, Math.floor(BAND / view.groups));
  // One band is made once; several are made again for each array.
  const only = view.sets <= band ? view.moments(0, view.sets) : undefined;
  for (const [name, take] of FIELDS) {
    yield `  "${name}": `;
    if (name === "meanInstanceStd") yield meanInstanceStd ? `[${numbers(meanInstanceStd).join(",")}]` : "null";
    else if (!options.arrays) yield "null";
    else if (view.setName === null) yield listOf(view, take(only ?? view.moments(0, 1)));
    else {
      yield "[";
      for (let from = 0; from < view.sets; from += band) {
        const to = Math.min(view.sets, from + band);
        yield `${from > 0 ? "," : ""}${listOf(view, take(only ?? view.moments(from, to)))}`;
      }
      yield "]";
    }
    yield ",\n";
  }
  if (result.bounds) yield `  "bounds": ${boundsOf(result.bounds)},\n`;
  const found = {
    ...(skipped ? { skipped: { count: skipped.count, first: skipped.first } } : {}),
    ...(missing ? { missingChunks: missing } : {}),
    ...(readers ? { readers } : {}),
  };
  if (Object.keys(found).length > 0) yield `${entriesOf(found)},\n`;
  if (options.lineage) yield* lineageJson(options.lineage);
  yield `${entriesOf({ digest, engine, threads, bytes, resumedBytes, seconds })}\n}\n`;
}

/** The lineage with its files in `list`. */
function* lineageJson({ document, files }: { readonly document: object; readonly files: FileList }): Generator<string> {
  yield `  "lineage": ${JSON.stringify(document).slice(0, -1)},"list":[`;
  let separator = "\n    ";
  for (const line of files.lines()) {
    yield separator + line;
    separator = ",\n    ";
  }
  yield "]},\n";
}

/** One set's list, or the lists of several sets without the brackets around them. */
function listOf({ setName, groupName, groups }: NormView, values: Float64Array): string {
  const texts = numbers(values);
  if (setName === null) return `[${texts.join(",")}]`;
  if (groupName === null) return texts.join(",");
  const lists: string[] = [];
  for (let at = 0; at < texts.length; at += groups) lists.push(`[${texts.slice(at, at + groups).join(",")}]`);
  return lists.join(",");
}

/** Arrays `[C]`: |error| of mean and m2 at most, and between what the values lie. */
const boundsOf = (bounds: readonly RowBounds[]): string => {
  const list = (key: keyof RowBounds) => `"${key}":[${numbers(Float64Array.from(bounds, (bound) => bound[key])).join(",")}]`;
  return `{${list("mean")},${list("m2")},${list("min")},${list("max")}}`;
};

/** JSON has no NaN and no infinities: they are strings. */
const numbers = (values: Float64Array): string[] =>
  Array.from(values, (value) => (Number.isFinite(value) ? String(value) : `"${value}"`));

const entriesOf = (fields: object): string =>
  Object.entries(fields)
    .map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(",\n");
