import { type Engine, planStatistics, type StatisticsProgress } from "@normstream/pipeline";
import { geometryOf, type StoredTensor } from "@normstream/tensor";
import { Observable } from "rxjs";
import { checkAdvice } from "../adviser/advice.js";
import { type MeasureOptions, measurementPlan, measureTensor } from "../build/measure.js";
import { buildReport, type ReportOptions } from "../build/report.js";
import type { Report } from "../report.js";
import { liveReport } from "./live-report.js";
import { LiveScan } from "./live-scan.js";

/** An output is replaced at most four times a second. */
const LEAST_INTERVAL_MS = 250;
/** Channels whose names a report of a run in progress tells. */
const MOST_NAMED = 64;
/** Reports of a run in progress may take this part of the time that it runs. */
const LARGEST_SHARE = 0.1;

export type ReportStreamOptions = MeasureOptions &
  Omit<ReportOptions, "baseline" | "created"> & {
    /** Least time between two reports of a run in progress, ms; default and at least 250. */
    readonly intervalMs?: number | undefined;
  };

/**
 * Makes a report while its data are read: reports in progress, each of at most 32 KiB, at most four a second, and the whole one at the
 * end. Unsubscribing stops the pass.
 */
export function report$(source: StoredTensor, engine: Engine, options: ReportStreamOptions): Observable<Report> {
  return new Observable((subscriber) => {
    const stop = new AbortController();
    const { intervalMs = LEAST_INTERVAL_MS, onProgress, ...rest } = options;
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
    const started = performance.now();
    let dueAt = started + LEAST_INTERVAL_MS;
    let isFresh = false;

    const run = async (): Promise<void> => {
      checkAdvice(options, geometryOf(source.shape, source.layout).samples);
      const { table } = planStatistics(source, engine, measurementPlan(source));
      const { name: input, shape, dtype, layout } = source;
      const nan = options.nan ?? "propagate";
      // Reports of a run in progress are small.
      const channelNames = table.channels <= MOST_NAMED ? source.channelNames : undefined;
      const facts = { input, shape, dtype, layout, engine: engine.name, threads: engine.threads, nan, channelNames };
      const scan = new LiveScan(table);
      const tell = (progress: StatisticsProgress): void => {
        onProgress?.(progress);
        const now = performance.now();
        const found = isFresh && now >= dueAt && !signal.aborted ? scan.soFar() : null;
        if (!found) return;
        isFresh = false;
        const fraction = progress.totalBytes === 0 ? 1 : progress.bytes / progress.totalBytes;
        // This runs in a timer: what it throws would end the process.
        try {
          subscriber.next(liveReport(found, { facts, table, fraction, seconds: (now - started) / 1000 }, rest));
        } catch (error) {
          subscriber.error(error);
        }
        const cost = performance.now() - now;
        dueAt = now + Math.max(LEAST_INTERVAL_MS, intervalMs, cost / LARGEST_SHARE);
      };
      const onRows = (rows: Float64Array): void => {
        isFresh = true;
        scan.push(rows);
      };
      using measured = await measureTensor(source, engine, { ...rest, signal, onProgress: tell }, { onRows });
      const whole = await buildReport(measured, { ...rest, signal });
      subscriber.next(whole);
      subscriber.complete();
    };
    run().catch((error) => subscriber.error(error));
    return () => stop.abort();
  });
}
