import { extname } from "node:path";
import { checkOutput, writeFileAtomically } from "@normstream/formats";
import { type Comparison, compareStatistics } from "@normstream/pipeline";
import { chartFile } from "@normstream/report/charts";
import { usageError } from "@normstream/tensor";
import { type CompareCommandOptions, checkDataOptions, openCompared } from "./compare-input.js";
import { comparisonChart, comparisonDrawing } from "./comparison-drawing.js";
import { comparisonJson } from "./comparison-json.js";
import { comparisonText, verdictLine } from "./comparison-text.js";
import { CheckFailed } from "./exit.js";
import { checkResult, checkRun } from "./option-rules.js";
import { sayUnless, writeResult } from "./output.js";

/** `normstream compare A B`: what differs between two data sets, by channel, and whether that may be chance. */
export async function compare(
  paths: readonly [a: string, b: string],
  options: CompareCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const { json, quiet, failOnShift, output, overwrite } = options;
  checkRun(options);
  checkResult(options);
  const write = output === undefined ? null : writerOf(output);
  if (output !== undefined) for (const input of paths) await checkOutput(output, { overwrite, input });
  const say = sayUnless(quiet);
  const [first, second] = await openBoth(paths, options, signal);
  await using a = await first.measure(say);
  await using b = await second.measure(say);
  const comparison = await compareStatistics(a.statistics, b.statistics, { threshold: failOnShift, signal });
  if (write && output !== undefined) {
    await writeFileAtomically(output, await write(comparison), { overwrite, signal });
    say(`wrote ${output}`);
  }
  await writeResult(json ? comparisonJson(comparison) : `${comparisonText(comparison)}\n${comparisonDrawing(comparison)}`);
  if (failOnShift !== undefined) checkVerdict(comparison);
}

type Writer = (comparison: Comparison) => string | Promise<Uint8Array>;

/** What a comparison is drawn as, by the extension of the file. */
const WRITERS: Readonly<Record<string, Writer>> = {
  ".svg": (comparison) => chartFile(comparisonChart(comparison), "light"),
  ".png": async (comparison) => (await (await import("../pictures.js")).rasterizer())(comparisonChart(comparison)),
};

function writerOf(output: string): Writer {
  const extension = extname(output).toLowerCase();
  const writer = WRITERS[extension];
  if (writer) return writer;
  throw usageError("the extension names nothing that comparisons are drawn as", {
    file: output,
    expected: Object.keys(WRITERS).join(", "),
    found: extension || "none",
    hint: extension === ".html" ? "normstream report A B -o FILE.html draws B as ghost marks over A." : undefined,
  });
}

/** Looks at both before either is read: a second path that does not exist costs no pass over the first. */
async function openBoth([a, b]: readonly [string, string], options: CompareCommandOptions, signal: AbortSignal) {
  const inputs = [await openCompared(a, options, signal), await openCompared(b, options, signal)] as const;
  checkDataOptions(inputs, options);
  return inputs;
}

/** @throws CheckFailed where a channel shifts, or where that cannot be told: a check that could not be made has not passed. */
function checkVerdict(comparison: Comparison): void {
  if (comparison.verdict === "shifted" || comparison.verdict === "unknown") throw new CheckFailed(verdictLine(comparison));
}
