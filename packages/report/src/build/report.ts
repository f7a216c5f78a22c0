import { createHash } from "node:crypto";
import { geometryOf, itemSize } from "@normstream/tensor";
import { type Advice, type AdviceOptions, type AdvisedTable, adviceOf } from "../adviser/advice.js";
import { SHORT_NAMES } from "../adviser/verdict.js";
import { findingsOf } from "../check/check.js";
import { withDetails } from "../details/report-details.js";
import { type Finding, REPORT_SCHEMA, type Report, type TensorFacts } from "../report.js";
import { plainText } from "../text/plain.js";
import { baselineOf } from "./baseline.js";
import { columnsOf } from "./columns.js";
import { convergenceView, gapView, noiseView } from "./curves-view.js";
import { instanceView } from "./instance-view.js";
import type { Measurement } from "./measure.js";
import { valueViews } from "./value-views.js";

const MOST_FINDINGS = 16;

export interface ReportOptions extends AdviceOptions {
  /** Default the input's name. */
  readonly title?: string | undefined;
  /** Version of Normstream that makes it. */
  readonly version: string;
  /** When it is made; default now. */
  readonly created?: Date | undefined;
  /** Another data set, for ghost marks. */
  readonly baseline?: Measurement | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a report of a measurement: advice, checks, and one more look at a sample of the values where they are at hand. Of such a report
 * more can be asked, while they are: see `detailsOf`.
 * @param measured stays the caller's
 * @throws NormstreamError: `usage` for advice options that cannot be; `data`, `io`, `aborted` from reading
 */
export async function buildReport(measured: Measurement, options: ReportOptions): Promise<Report> {
  const { statistics, scan, data } = measured;
  const { facts, digest, table } = statistics;
  const advice = adviceOf(statistics, scan, options);
  const findings = (await findingsOf(measured, options)).slice(0, MOST_FINDINGS);
  const channels = columnsOf(statistics, scan, advice.measures);
  const views = await valueViews(measured, options.baseline !== undefined, options.signal);
  const why = whyNoNoise(statistics, advice);
  const report: Report = {
    schema: REPORT_SCHEMA,
    id: idOf(digest, options),
    title: options.title ?? facts.input,
    created: (options.created ?? new Date()).toISOString(),
    progress: null,
    tensor: tensorFacts(statistics),
    lineage: {
      ...{ input: facts.input, digest, normstream: options.version },
      node: typeof process === "undefined" ? "" : process.version,
      engine: data ? facts.engine : "table",
      ...{ threads: facts.threads, seconds: data ? facts.seconds : 0, nan: facts.nan },
    },
    channels,
    ...views,
    instances: instanceView(scan),
    noise: noiseView(advice.noise, why),
    gap: gapView(advice.gap, table.planeSize * advice.verdict.batchSize === 1 ? SINGLE_VALUE : why),
    convergence: convergenceView(scan.convergence),
    timeline: measured.timeline,
    memory: advice.memory,
    verdict: advice.verdict,
    findings,
    baseline: options.baseline
      ? await baselineOf(
          options.baseline,
          { channels, histograms: views.histograms, moments: scan.moments },
          { batchSize: advice.verdict.batchSize, momentum: advice.verdict.momentum, signal: options.signal },
        )
      : null,
    text: { alt: "", plain: "" },
  };
  const told = { ...report, text: { alt: altText(report), plain: plainText(report) } };
  return data ? withDetails(told, data.source, data.engine) : told;
}

/** Shape, type and layout as a report tells them. */
export function tensorFacts({ facts, table }: AdvisedTable): TensorFacts {
  const { shape, layout, dtype } = facts;
  const { samples, channels, planeSize } = table;
  const planeShape = geometryOf(shape, layout).spatial;
  const bytes = planeSize > 0 ? samples * channels * planeSize * itemSize(dtype) : (facts.bytes ?? 0);
  return { shape, dtype, layout, samples, channels, planeSize, planeShape, bytes };
}

/** The same for the same data and options, whenever it is made. */
function idOf(digest: string, { use, batchSize, momentum, labels, title, version, baseline }: ReportOptions): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([digest, use, batchSize, momentum, title, version, baseline?.statistics.digest ?? null]));
  for (const label of Array.from(labels ?? [])) hash.update(`${label} `);
  return hash.digest("hex").slice(0, 32);
}

/** What stands in the place of noise and gap where there are none. */
export function whyNoNoise({ table }: AdvisedTable, { measures, verdict: { batchSize } }: Advice): string {
  const { grain, samples } = table;
  if (!measures) return `The table's rows hold ${grain} samples each: noise of batches cannot be told from it.`;
  if (samples === 1) return "There is one sample: batches of it do not differ.";
  if (batchSize >= samples) return `A batch of ${batchSize} holds all ${samples} samples: it has nothing to differ from.`;
  return "No channel varies: there is no noise.";
}

/** As `whyNoNoise`, of a gap where a batch holds one value a channel. */
export const SINGLE_VALUE = "A batch of one value a channel has no variance: batch norm refuses it in training.";

/** The report in a few sentences, for who cannot see it. */
export function altText({ title, tensor, verdict, findings }: Report): string {
  const values = tensor.planeSize > 0 ? `${tensor.planeSize} values each` : "of unequal sizes";
  const shape = `${title}: ${tensor.samples} samples of ${tensor.channels} channels, ${values}.`;
  const worst: Finding | undefined = findings[0];
  const said = verdict ? `${verdict.headline} (${verdict.certainty}) ${verdict.reasons[0] ?? ""}` : "";
  const names = verdict?.impossible.map(({ norm }) => SHORT_NAMES[norm]).join(", ");
  return [shape, said, names ? `Not possible: ${names}.` : "", worst ? `${worst.title}.` : ""].filter(Boolean).join(" ");
}
