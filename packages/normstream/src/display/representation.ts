import { inspect } from "node:util";
import type { Comparison, MimeBundle } from "@normstream/pipeline";
import { type Advice, encodeReport, REPORT_MIME, REPORT_SCHEMA, type Report } from "@normstream/report";
import { comparisonText } from "../cli/comparison-text.js";
import { reportBundle } from "../report-bundle.js";
import { imageFileForm, pixelsForm } from "./image-form.js";
import { eventForm, isStatistics, isStatisticsEvent, statisticsForm } from "./statistics-form.js";
import { tableForm, tableOf } from "./table-form.js";
import { isTensor, tensorForm } from "./tensor-form.js";

/** What Deno's and other kernels ask a value for. */
const JUPYTER = Symbol.for("Jupyter.display");

/** A value as a notebook's output: the richest form first, and always text. */
export async function representationOf(value: unknown): Promise<MimeBundle> {
  if (typeof value === "string") return { "text/plain": value };
  if (typeof value !== "object" || value === null) return { "text/plain": inspect(value) };
  const own = (value as { [JUPYTER]?: unknown })[JUPYTER];
  if (typeof own === "function") return bundleLike(await own.call(value)) ?? { "text/plain": inspect(value) };
  // Of a run in progress nobody keeps a picture.
  if (isReport(value)) return value.progress ? reportForm(value) : { ...(await reportBundle(value)) };
  if (isStatisticsEvent(value)) return await eventForm(value);
  if (isStatistics(value)) return await statisticsForm(value);
  if (isTensor(value)) return await tensorForm(value);
  if (isComparison(value)) return { "text/plain": comparisonText(value) };
  if (isAdvice(value)) return { "text/plain": adviceText(value) };
  const table = tableOf(value);
  return (
    (table && tableForm(table)) ??
    imageFileForm(value) ??
    pixelsForm(value) ??
    bundleLike(value) ?? { "text/plain": inspect(value) }
  );
}

export const isReport = (value: unknown): value is Report => (value as Partial<Report> | null)?.schema === REPORT_SCHEMA;

/** A report for viewers that know reports, and as text: without the picture, which takes its time. */
export const reportForm = (report: Report): MimeBundle => ({
  [REPORT_MIME]: encodeReport(report),
  "text/plain": report.text.plain,
});

const isComparison = (value: object): value is Comparison => {
  const { a, b, threshold, verdict, channels } = value as Partial<Comparison>;
  return (
    typeof a === "object" &&
    typeof b === "object" &&
    typeof threshold === "number" &&
    Array.isArray(channels) &&
    verdict !== undefined
  );
};

const isAdvice = (value: object): value is Advice => {
  const { verdict, memory } = value as Partial<Advice>;
  return typeof verdict?.headline === "string" && Array.isArray(verdict.reasons) && typeof memory === "object";
};

const adviceText = ({ verdict }: Advice): string =>
  [`${verdict.headline}  (${verdict.certainty})`, ...[...verdict.reasons, verdict.caution].map((said) => `  ${said}`)].join("\n");

/** Data by media type, as it is: `{ "text/html": "…" }`; null for all else. */
function bundleLike(value: unknown): MimeBundle | null {
  const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const isBundle = keys.length > 0 && keys.every((key) => /^[a-z]+\/[\w.+-]+$/.test(key));
  return isBundle ? (value as MimeBundle) : null;
}
