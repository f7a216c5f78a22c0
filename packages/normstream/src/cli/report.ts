import { extname } from "node:path";
import { checkOutput, writeFileAtomically } from "@normstream/formats";
import { buildReport, encodeReport, type Report } from "@normstream/report";
import { usageError } from "@normstream/tensor";
import { version } from "../../package.json";
import { type MeasurementOptions, openMeasurement, readLabels } from "./measurement.js";
import { checkResult } from "./option-rules.js";
import type { AdviceCommandOptions, ResultOptions } from "./options.js";
import { sayUnless, writeResult } from "./output.js";

export type ReportCommandOptions = AdviceCommandOptions & MeasurementOptions & ResultOptions;

/** What a report is written as, by the extension of the file. */
const WRITERS: Readonly<Record<string, (report: Report) => string>> = {
  ".json": (report) => `${JSON.stringify(encodeReport(report))}\n`,
};

/** `normstream report INPUT|TABLE`: all that is to be seen of the data, as text, and in a file where one is named. */
export async function report(input: string, options: ReportCommandOptions, signal: AbortSignal): Promise<void> {
  checkResult(options);
  const { output, overwrite, json, quiet, use, batchSize, momentum } = options;
  const write = output === undefined ? undefined : writerOf(output);
  if (output !== undefined) await checkOutput(output, { overwrite, input });
  const labels = await readLabels(options.labels, signal);
  await using open = await openMeasurement(input, options, signal);
  const advice = { use, batchSize, momentum: momentum === "none" ? null : momentum, labels };
  const made = await buildReport(open.measured, { ...advice, version, signal });
  if (write && output !== undefined) {
    await writeFileAtomically(output, write(made), { overwrite, signal });
    sayUnless(quiet)(`wrote ${output}`);
  }
  await writeResult(json ? `${JSON.stringify(encodeReport(made))}\n` : made.text.plain);
}

function writerOf(output: string): (report: Report) => string {
  const extension = extname(output).toLowerCase();
  const writer = WRITERS[extension];
  if (writer) return writer;
  const expected = Object.keys(WRITERS).join(", ");
  throw usageError("the extension names nothing that reports are written as", {
    file: output,
    expected,
    found: extension || "none",
  });
}
