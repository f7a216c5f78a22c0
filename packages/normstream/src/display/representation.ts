import { inspect } from "node:util";
import type { MimeBundle } from "@normstream/pipeline";
import { encodeReport, REPORT_MIME, REPORT_SCHEMA, type Report } from "@normstream/report";

const isReport = (value: unknown): value is Report =>
  typeof value === "object" && value !== null && (value as Partial<Report>).schema === REPORT_SCHEMA;

/** A value as a notebook's output: the richest form first, and always text. */
export async function representationOf(value: unknown): Promise<MimeBundle> {
  if (isReport(value)) return { [REPORT_MIME]: encodeReport(value), "text/plain": value.text.plain };
  return { "text/plain": typeof value === "string" ? value : inspect(value) };
}
