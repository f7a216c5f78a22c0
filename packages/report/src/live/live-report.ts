import { createHash } from "node:crypto";
import { type AdviceOptions, adviceOf } from "../adviser/advice.js";
import { columnsOf } from "../build/columns.js";
import { convergenceView, gapView, noiseView } from "../build/curves-view.js";
import { instanceView } from "../build/instance-view.js";
import { altText, SINGLE_VALUE, tensorFacts, whyNoNoise } from "../build/report.js";
import { REPORT_SCHEMA, type Report } from "../report.js";
import { plainText } from "../text/plain.js";
import type { LiveRun } from "./live-run.js";
import type { PartialScan } from "./live-scan.js";

/** Bytes of UTF-8 that an encoded report of a run in progress takes at most. */
export const LIVE_REPORT_BYTES = 32 * 1024;

/** Samples below which nothing is recommended yet. */
const LEAST_SAMPLES = 64;
const LIMITS = { points: 256, outliers: 32 };
const MOST_TEXT = 2048;

const LATER = { absent: "Counted once all data have been read." };

export interface LiveReportOptions extends AdviceOptions {
  readonly title?: string | undefined;
  readonly version: string;
  readonly created?: Date | undefined;
}

/** A report of what has been read so far: every number is an estimate. It takes at most 32 KiB, whatever the data. */
export function liveReport(scan: PartialScan, run: LiveRun, options: LiveReportOptions): Report {
  const { facts, table } = run;
  const advice = adviceOf(run, scan, { ...options, draws: false });
  const why = whyNoNoise(run, advice);
  const report: Report = {
    schema: REPORT_SCHEMA,
    id: idOf(run, options),
    title: options.title ?? facts.input,
    created: (options.created ?? new Date()).toISOString(),
    progress: { samples: scan.samples, fraction: Math.max(0, Math.min(1, run.fraction)) },
    tensor: tensorFacts(run),
    lineage: {
      ...{ input: facts.input, digest: null, normstream: options.version },
      node: typeof process === "undefined" ? "" : process.version,
      ...{ engine: facts.engine, threads: facts.threads, seconds: run.seconds, nan: facts.nan },
    },
    channels: columnsOf(run, scan, advice.measures),
    histograms: LATER,
    maps: LATER,
    instances: instanceView(scan, LIMITS),
    noise: noiseView(advice.noise, why),
    gap: gapView(advice.gap, table.planeSize * advice.verdict.batchSize === 1 ? SINGLE_VALUE : why),
    convergence: convergenceView(scan.convergence),
    timeline: LATER,
    memory: advice.memory,
    verdict: scan.samples < LEAST_SAMPLES ? null : advice.verdict,
    findings: [],
    baseline: null,
    text: { alt: "", plain: "" },
  };
  return { ...report, text: { alt: altText(report), plain: plainText(report, MOST_TEXT) } };
}

/** The same throughout a run over the same input with the same options. */
function idOf({ facts }: LiveRun, { use, batchSize, momentum, title, version }: LiveReportOptions): string {
  const { input, shape, dtype, layout } = facts;
  const text = JSON.stringify(["live", input, shape, dtype, layout, use, batchSize, momentum, title, version]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
