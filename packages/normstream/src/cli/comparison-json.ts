import type { Comparison, ShiftVerdict } from "@normstream/pipeline";

const COMPARISON_SCHEMA = "normstream/comparison/1";

/** The document `normstream/comparison/1`, in pieces: a line a channel. Numbers that are not finite are strings; "NaN" is what cannot be told. */
export function* comparisonJson(comparison: Comparison): Generator<string> {
  const { a, b, threshold, significance, verdict, channels, notes } = comparison;
  const channelsOf = (wanted: ShiftVerdict) =>
    channels.filter((channel) => channel.verdict === wanted).map(({ channel }) => channel);
  const head = { schema: COMPARISON_SCHEMA, a, b, threshold, significance, verdict };
  const found = { shifted: channelsOf("shifted"), unknown: channelsOf("unknown"), notes };
  for (const [key, value] of Object.entries({ ...head, ...found }))
    yield `${key === "schema" ? "{" : ","}\n  "${key}": ${text(value)}`;
  yield ',\n  "channels": [';
  for (const channel of channels) yield `${channel === channels[0] ? "" : ","}\n    ${text(channel)}`;
  yield "\n  ]\n}\n";
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, entry) => (typeof entry === "number" && !Number.isFinite(entry) ? String(entry) : entry));
