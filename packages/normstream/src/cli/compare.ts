import { type Comparison, compareStatistics } from "@normstream/pipeline";
import { type CompareCommandOptions, checkDataOptions, openCompared } from "./compare-input.js";
import { comparisonJson } from "./comparison-json.js";
import { comparisonText, verdictLine } from "./comparison-text.js";
import { CheckFailed } from "./exit.js";
import { checkRun } from "./option-rules.js";
import { sayUnless, writeResult } from "./output.js";

/** `normstream compare A B`: what differs between two data sets, by channel, and whether that may be chance. */
export async function compare(
  paths: readonly [a: string, b: string],
  options: CompareCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const { json, quiet, failOnShift } = options;
  checkRun(options);
  const say = sayUnless(quiet);
  const [first, second] = await openBoth(paths, options, signal);
  await using a = await first.measure(say);
  await using b = await second.measure(say);
  const comparison = await compareStatistics(a.statistics, b.statistics, { threshold: failOnShift, signal });
  await writeResult(json ? comparisonJson(comparison) : comparisonText(comparison));
  if (failOnShift !== undefined) checkVerdict(comparison);
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
