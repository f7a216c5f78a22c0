import { internalError } from "@normstream/tensor";
import { REPORT_BYTES, type Report } from "../report.js";
import { reportCodec } from "./report-codec.js";

/**
 * Writes a report as JSON of at most 256 KiB. Arrays of more than 16 numbers are base64 of little-endian values; texts that are too
 * long are cut.
 * @returns plain JSON, for `JSON.stringify` or a notebook's output
 * @throws NormstreamError of kind `internal` where it would be larger
 */
export function encodeReport(report: Report): object {
  const json = reportCodec.encode(report) as object;
  const bytes = new TextEncoder().encode(JSON.stringify(json)).length;
  if (bytes > REPORT_BYTES) throw internalError(`a report of ${bytes} bytes`, { expected: `at most ${REPORT_BYTES}` });
  return json;
}
