import type { MimeBundle, Statistics, StatisticsEvent } from "@normstream/pipeline";
import { buildReport, measureTable } from "@normstream/report";
import { formatShape } from "@normstream/tensor";
import { version } from "../../package.json";
import { formatBytes } from "../cli/quantities.js";
import { reportBundle } from "../report-bundle.js";
import { tableForm } from "./table-form.js";

type Moments = Statistics["moments"];

export const isStatistics = (value: unknown): value is Statistics => {
  const { digest, moments, table, facts } = (value ?? {}) as Partial<Statistics>;
  return typeof digest === "string" && typeof moments === "object" && typeof table === "object" && typeof facts === "object";
};

export const isStatisticsEvent = (value: unknown): value is StatisticsEvent => {
  const { kind, progress, statistics } = (value ?? {}) as Partial<{ kind: string; progress: unknown; statistics: unknown }>;
  return (kind === "progress" && typeof progress === "object") || (kind === "done" && isStatistics(statistics));
};

/** Statistics as a report of their table; without one as a table of their moments. */
export async function statisticsForm(statistics: Statistics): Promise<MimeBundle> {
  const { facts, moments, hasTable, samples } = statistics;
  if (!hasTable)
    return momentsForm(
      `${facts.input}: ${formatShape(facts.shape)} ${facts.dtype}, ${facts.layout}, ${samples} samples`,
      moments,
    );
  // The measurement is not disposed of: the statistics are the caller's.
  const measured = await measureTable(statistics, { batchSize: 32 });
  return { ...(await reportBundle(await buildReport(measured, { version }))) };
}

/** How far a pass has come, with what it knows so far. */
export async function eventForm(event: StatisticsEvent): Promise<MimeBundle> {
  if (event.kind === "done") return await statisticsForm(event.statistics);
  const { bytes, totalBytes, estimate } = event.progress;
  const part = totalBytes === 0 ? 1 : bytes / totalBytes;
  return momentsForm(`${Math.floor(part * 100)} % of ${formatBytes(totalBytes)} read, estimate`, estimate());
}

function momentsForm(title: string, { count, mean, variance, min, max }: Moments): MimeBundle {
  const rows = Array.from(count, (values, c) => [c, values, mean[c], Math.sqrt(variance[c] as number), min[c], max[c]]);
  return tableForm({ title, columns: ["channel", "count", "mean", "std", "min", "max"], rows });
}
