import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { checkOutput, writeFileAtomically } from "@normstream/formats";
import { buildReport, encodeReport, notebookText, type Report, reportPage } from "@normstream/report";
import { chartFile, posterChart } from "@normstream/report/charts";
import { usageError } from "@normstream/tensor";
import { version } from "../../package.json";
import { reportBundle } from "../report-bundle.js";
import { type MeasurementOptions, openMeasurement, readLabels } from "./measurement.js";
import { checkResult } from "./option-rules.js";
import type { AdviceCommandOptions, ResultOptions } from "./options.js";
import { sayUnless, writeResult } from "./output.js";

export type ReportCommandOptions = AdviceCommandOptions & MeasurementOptions & ResultOptions & { readonly open?: boolean };

type Written = string | Uint8Array;
type Writer = (report: Report) => Written | Promise<Written>;

const pageOf = async (report: Report): Promise<string> =>
  reportPage(report, await readFile(new URL("./report-page.js", import.meta.url), "utf8"));

/** What a report is written as, by the extension of the file. */
const WRITERS: Readonly<Record<string, Writer>> = {
  ".html": pageOf,
  ".ipynb": async (report) => notebookText(report, await reportBundle(report)),
  ".json": (report) => `${JSON.stringify(encodeReport(report))}\n`,
  ".png": async (report) => (await (await import("../pictures.js")).rasterizer())(posterChart(report)),
  ".svg": (report) => chartFile(posterChart(report), "light"),
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
  const { overwrite, json, quiet, use, batchSize, momentum, open: opens } = options;
  if (opens && options.output !== undefined && extname(options.output).toLowerCase() !== ".html") {
    throw usageError("--open shows a page", { expected: "-o FILE.html, or no -o at all", found: options.output });
  }
  const write = options.output === undefined ? null : writerOf(options.output);
  if (options.output !== undefined) await checkOutput(options.output, { overwrite, input });
  const labels = await readLabels(options.labels, signal);
  await using opened = await openMeasurement(input, options, signal, labels);
  await using other = baselineInput === undefined ? null : await openMeasurement(baselineInput, options, signal);
  const advice = { use, batchSize, momentum: momentum === "none" ? null : momentum, labels };
  const made = await buildReport(opened.measured, { ...advice, baseline: other?.measured, version, signal });
  const say = sayUnless(quiet);
  if (write && options.output !== undefined) {
    await writeFileAtomically(options.output, await write(made), { overwrite, signal });
    say(`wrote ${options.output}`);
  }
  if (opens) {
    const page = options.output ?? join(tmpdir(), `normstream-${made.id}.html`);
    if (options.output === undefined) {
      await writeFileAtomically(page, await pageOf(made), { overwrite: true, signal });
      say(`wrote ${page}`);
    }
    (await import("./open-file.js")).openFile(page, say);
  }
  await writeResult(json ? `${JSON.stringify(encodeReport(made))}\n` : made.text.plain);
}

function writerOf(output: string): Writer {
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
