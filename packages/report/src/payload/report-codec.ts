import { type ChannelColumns, REPORT_NORMS, REPORT_SCHEMA, type Report, USES } from "../report.js";
import { baselineSchema, decodeBaseline, encodeBaseline } from "./baseline-codec.js";
import { type Codec, type Json, list, nullable, number, object, orAbsent, packed, text, truth, word } from "./codec.js";
import { columnsCodec } from "./columns-codec.js";
import { histogramCodec, MOST_HISTOGRAMS } from "./histogram-codec.js";
import { tileCodec } from "./tile-codec.js";

const share = number({ least: 0, most: 1 });
const count = number({ least: 0, most: Number.MAX_SAFE_INTEGER, whole: true });
const amount = number({ least: 0 });
const counts = list(count, 64);
const optional = nullable(number());
const norm = word(REPORT_NORMS);

const histograms = object({
  fraction: share,
  values: count,
  zRange: number({ least: 1, most: 100 }),
  zBins: number({ least: 2, most: 512, whole: true }),
  channels: list(histogramCodec, MOST_HISTOGRAMS),
});

const maps = object({
  instances: list(object({ sample: count, role: word(["median", "lowMean", "highMean", "lowStd", "highStd", "sample"]) }), 9),
  channels: list(count, 4),
  sourceWidth: count,
  sourceHeight: count,
  width: number({ least: 1, most: 20736, whole: true }),
  height: number({ least: 1, most: 20736, whole: true }),
  tiles: list(tileCodec, 36),
});

const points = (most: number) =>
  object({ sample: packed("u4", most), channel: packed("u4", most), x: packed("f2", most), y: packed("f2", most) });

const range: Codec<readonly [number, number]> = {
  ...(list(number(), 2, 2) as Codec<readonly number[]> as unknown as Codec<readonly [number, number]>),
};

const instances = object({
  fraction: share,
  sampled: count,
  density: object({
    columns: number({ least: 1, most: 128, whole: true }),
    rows: number({ least: 1, most: 128, whole: true }),
    x: range,
    y: range,
    cells: packed("u1", 128 * 128),
    largest: count,
  }),
  points: points(2048),
  outliers: points(128),
});

const noisePoints = object({ batchSizes: packed("u4", 16), j: packed("f4", 16) });

const noise = object({
  fraction: share,
  batchSizes: packed("u4", 33),
  median: packed("f4", 33),
  p10: packed("f4", 33),
  p90: packed("f4", 33),
  low: packed("f4", 33),
  high: packed("f4", 33),
  simulated: noisePoints,
  consecutive: noisePoints,
  steadyFrom: nullable(count),
  steady: amount,
  unreliable: amount,
});

const batchSize = number({ least: 1, most: Number.MAX_SAFE_INTEGER, whole: true });
const momentum = nullable(number({ least: 0, most: 1 }));

const gap = object({
  ...{ batchSize, momentum },
  batches: packed("f4", 64),
  total: packed("f4", 64),
  mean: packed("f4", 64),
  scale: packed("f4", 64),
  settledAfter: nullable(count),
  final: amount,
  isApproximate: truth,
});

const convergence = object({
  samples: packed("f4", 48),
  channels: list(object({ channel: count, mean: packed("f4", 48), standardError: packed("f4", 48) }), 8),
});

const timeline = object({
  shards: count,
  thread: packed("u1", 256),
  startMs: packed("f4", 256),
  endMs: packed("f4", 256),
});

const perNorm = object({ batch: amount, instance: amount, group: amount, layer: amount });

const verdict = object({
  norms: list(norm, 4),
  impossible: list(object({ norm, why: text(200) }), 4),
  use: word(USES),
  ...{ batchSize, momentum },
  certainty: word(["sure", "likely", "undecided"]),
  headline: text(120),
  reasons: list(text(300), 8),
  caution: text(300),
  figures: object({
    ...{ j: optional, jLow: optional, jHigh: optional, agreement: optional, eta: optional, q: optional },
    ...{ between: optional, gap: optional, classShare: optional, order: optional },
  }),
});

const finding = object({
  code: text(40),
  severity: word(["error", "warning", "note"]),
  title: text(160),
  evidence: text(400),
  advice: text(300),
  channels: list(count, 16),
  samples: list(count, 16),
  channelCount: count,
  sampleCount: count,
});

const parts = object({
  schema: word([REPORT_SCHEMA]),
  id: text(64),
  title: text(200),
  created: text(40),
  progress: nullable(object({ samples: count, fraction: share })),
  tensor: object({
    shape: counts,
    dtype: text(16),
    layout: text(8),
    ...{ samples: count, channels: count, planeSize: count, planeShape: counts, bytes: count },
  }),
  lineage: object({
    input: text(500),
    digest: nullable(text(64)),
    ...{ normstream: text(40), node: text(40), engine: text(40), threads: count, seconds: amount, nan: text(16) },
  }),
  channels: columnsCodec as Codec<ChannelColumns>,
  histograms: orAbsent(histograms),
  maps: orAbsent(maps),
  instances: orAbsent(instances),
  noise: orAbsent(noise),
  gap: orAbsent(gap),
  convergence: orAbsent(convergence),
  timeline: orAbsent(timeline),
  memory: object({
    ...{ batchSize, groups: batchSize, valueBytes: amount },
    ...{ saved: perNorm, lasting: perNorm, beforeFirstOutput: perNorm },
  }),
  verdict: nullable(verdict),
  findings: list(finding, 16),
  text: object({ alt: text(500), plain: text(4096, { lines: true }) }),
});

type Parts = Omit<Report, "baseline">;

/** How a report is written and read; `report.schema.json` is made from it. A baseline is told in this report's σ, so it comes last. */
export const reportCodec: Codec<Report> = {
  encode: (report) => ({
    ...(parts.encode(report as never) as { readonly [key: string]: Json }),
    baseline: encodeBaseline(report.baseline, report.channels),
  }),
  decode(value, path) {
    const read = parts.decode(value, path) as Parts;
    return { ...read, baseline: decodeBaseline((value as { readonly baseline?: unknown }).baseline, read.channels) };
  },
  schema: {
    ...parts.schema,
    properties: { ...(parts.schema.properties as { readonly [key: string]: Json }), baseline: baselineSchema },
    required: [...(parts.schema.required as readonly Json[]), "baseline"],
  },
};
