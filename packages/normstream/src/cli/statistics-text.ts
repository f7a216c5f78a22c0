import type { Moments } from "@normstream/moments";
import { formatShape } from "@normstream/tensor";
import { shownName } from "./channel-name.js";
import { engineName } from "./engine.js";
import { counted, formatBytes, formatNumber, formatRate, formatSeconds } from "./quantities.js";
import type { StatisticsResult } from "./statistics-json.js";
import { factLines, textTable } from "./text-table.js";

/** Lines that are shown of a long list, from its start and from its end. */
const SHOWN_LINES = 20;

interface Column {
  readonly name: string;
  readonly cell: (moments: Moments, entry: number) => string;
  /** Left out where it is 0 in every line that is shown. */
  readonly optional?: boolean;
}

/** `1000 samples`; for a part, `samples 250 to 499 of 1000`. */
export function samplesText({ samples, facts: { firstSample, totalSamples } }: StatisticsResult): string {
  if (samples === totalSamples) return counted(samples, "sample");
  return samples === 0
    ? `none of ${totalSamples} samples`
    : `samples ${firstSample} to ${firstSample + samples - 1} of ${totalSamples}`;
}

const number = (name: string, take: (moments: Moments) => Float64Array, optional = false): Column => ({
  name,
  // What there are no values of is not NaN to a reader, but nothing.
  cell: (moments, entry) =>
    moments.count[entry] === 0 && name !== "count" && !optional ? "-" : formatNumber(take(moments)[entry] as number),
  optional,
});

/** Statistics as a table that people read: what was read, a line a channel (or sample, or batch), the digest. */
export function statisticsText(result: StatisticsResult): string {
  const { facts, digest } = result;
  const { input, shape, dtype, layout, bytes, seconds } = facts;
  const read = `${formatBytes(bytes)} in ${formatSeconds(seconds)} (${formatRate(bytes, seconds)}), ${engineName({
    name: facts.engine === "inline" ? "inline" : "threads",
    threads: facts.threads,
  })}`;
  const title = `${input}: ${formatShape(shape)} ${dtype}, ${layout}, ${samplesText(result)}\n`;
  const tail = factLines([
    ["digest", digest ?? "none: made from summaries"],
    ["read", read],
  ]);
  return `${title}\n${momentsTable(result)}\n${tail}`;
}

function momentsTable({ facts, view, meanInstanceStd }: StatisticsResult): string {
  const entries = view.sets * view.groups;
  const isLong = entries > SHOWN_LINES + 1;
  const shown = isLong ? [...range(0, SHOWN_LINES / 2), ...range(entries - SHOWN_LINES / 2, entries)] : [...range(0, entries)];
  const columns = columnsOf(view.setName === null ? meanInstanceStd : null);
  const channelNames = facts.channelNames?.length === view.groups ? facts.channelNames : undefined;
  let moments: Moments | undefined;
  let first = -1;
  const cells = shown.map((index) => {
    const set = Math.floor(index / view.groups);
    const group = index % view.groups;
    if (set !== first) {
      moments = view.moments(set, set + 1);
      first = set;
    }
    const names = [
      ...(view.setName ? [String(set)] : []),
      ...(view.groupName ? [channelNames ? shownName(channelNames[group] as string) : String(group)] : []),
    ];
    return [...names, ...columns.map(({ cell }) => cell(moments as Moments, group))];
  });
  const header = [
    ...(view.setName ? [view.setName] : []),
    ...(view.groupName ? [view.groupName] : []),
    ...columns.map(({ name }) => name),
  ];
  const offset = header.length - columns.length;
  const kept = header.map((_, i) => !(columns[i - offset]?.optional && cells.every((row) => row[i] === "0")));
  const keep = (row: readonly string[]) => row.filter((_, i) => kept[i]);
  const rows: (readonly string[] | string)[] = cells.map(keep);
  if (isLong) {
    rows.splice(SHOWN_LINES / 2, 0, `… ${entries - SHOWN_LINES} more; --json or -o FILE.json gives all`);
  }
  return textTable(keep(header), rows);
}

const columnsOf = (meanInstanceStd: Float64Array | null): Column[] => [
  number("count", (m) => m.count),
  number("mean", (m) => m.mean),
  number("std", (m) => m.variance.map(Math.sqrt)),
  ...(meanInstanceStd
    ? [{ name: "mean instance std", cell: (_: Moments, entry: number) => formatNumber(meanInstanceStd[entry] as number) }]
    : []),
  number("min", (m) => m.min),
  number("max", (m) => m.max),
  number("NaN", (m) => m.nan, true),
  number("+Inf", (m) => m.posInf, true),
  number("-Inf", (m) => m.negInf, true),
];

function* range(from: number, to: number): Generator<number> {
  for (let i = from; i < to; i++) yield i;
}
