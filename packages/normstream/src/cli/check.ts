import { type Finding, findingsOf, type Severity } from "@normstream/report";
import { formatShape } from "@normstream/tensor";
import { CommandAnswer } from "./command-line.js";
import { type MeasurementOptions, openMeasurement } from "./measurement.js";
import type { ResultOptions } from "./options.js";
import { writeResult } from "./output.js";
import { counted } from "./quantities.js";

export type CheckOptions = MeasurementOptions & Pick<ResultOptions, "json" | "quiet"> & { readonly failOn?: Severity | "never" };

/** The exit code of a check that found something. */
const FOUND = 5;

const GRAVITY = ["never", "error", "warning", "note"] as const;

/** `normstream check INPUT`: what is wrong with the data, or likely to be. */
export async function check(input: string, options: CheckOptions, signal: AbortSignal): Promise<void> {
  await using open = await openMeasurement(input, options, signal);
  const findings = await findingsOf(open.measured, { signal });
  const { facts, digest } = open.measured.statistics;
  const { shape, dtype, layout } = facts;
  const document = { schema: "normstream/check/1", input: facts.input, shape, dtype, layout, digest, findings };
  const title = `${facts.input}: ${formatShape(shape)} ${dtype}, ${layout}\n`;
  await writeResult(options.json ? `${JSON.stringify(document, null, 2)}\n` : `${title}\n${findingsText(findings)}`);
  const limit = GRAVITY.indexOf(options.failOn ?? "warning");
  if (findings.some(({ severity }) => GRAVITY.indexOf(severity) <= limit)) throw new CommandAnswer(FOUND);
}

function findingsText(findings: readonly Finding[]): string {
  if (findings.length === 0) return "nothing found\n";
  const texts = findings.map(({ severity, title, evidence, advice }) => `${severity}: ${title}\n  ${evidence}\n  ${advice}\n`);
  const count = (severity: Severity) => findings.filter((found) => found.severity === severity).length;
  const totals = (["error", "warning", "note"] as const).filter((severity) => count(severity) > 0);
  return `${texts.join("\n")}\n${totals.map((severity) => counted(count(severity), severity)).join(", ")}\n`;
}
