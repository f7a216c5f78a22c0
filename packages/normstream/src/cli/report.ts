import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { checkOutput, writeFileAtomically } from "@normstream/formats";
import { buildReport, encodeReport, type Report, reportPage } from "@normstream/report";
import { usageError } from "@normstream/tensor";
import { version } from "../../package.json";
import { type MeasurementOptions, openMeasurement, readLabels } from "./measurement.js";
import { checkResult } from "./option-rules.js";
import type { AdviceCommandOptions, ResultOptions } from "./options.js";
import { sayUnless, writeResult } from "./output.js";

export type ReportCommandOptions = AdviceCommandOptions & MeasurementOptions & ResultOptions & { readonly open?: boolean };

/** What a report is written as, by the extension of the file. */
const WRITERS: Readonly<Record<string, (report: Report) => string | Promise<string>>> = {
  ".html": async (report) => reportPage(report, await readFile(new URL("./report-page.js", import.meta.url), "utf8")),
  ".json": (report) => `${JSON.stringify(encodeReport(report))}\n`,
};

/**
 * `normstream report INPUT|TABLE [BASELINE]`: all that is to be seen of the data, as text, and in a file where one is named; with
 * ghost marks of another data set.
 */
export async function report(
  input: string,
  baselineInput: string | undefined,
  options: ReportCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  checkResult(options);
  const { output, overwrite, json, quiet, use, batchSize, momentum, open: opens } = options;
  if (opens && extname(output ?? "").toLowerCase() !== ".html") {
    throw usageError("--open without a page to open", { expected: "-o FILE.html" });
  }
  const write = output === undefined ? undefined : writerOf(output);
  if (output !== undefined) await checkOutput(output, { overwrite, input });
  const labels = await readLabels(options.labels, signal);
  await using opened = await openMeasurement(input, options, signal);
  await using other = baselineInput === undefined ? null : await openMeasurement(baselineInput, options, signal);
  const advice = { use, batchSize, momentum: momentum === "none" ? null : momentum, labels };
  const made = await buildReport(opened.measured, { ...advice, baseline: other?.measured, version, signal });
  if (write && output !== undefined) {
    await writeFileAtomically(output, await write(made), { overwrite, signal });
    sayUnless(quiet)(`wrote ${output}`);
    if (opens) (await import("./open-file.js")).openFile(output, sayUnless(quiet));
  }
  await writeResult(json ? `${JSON.stringify(encodeReport(made))}\n` : made.text.plain);
}

function writerOf(output: string): (report: Report) => string | Promise<string> {
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
