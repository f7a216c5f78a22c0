import type { Measurement } from "../build/measure.js";
import type { Finding } from "../report.js";
import { checkChannels } from "./channel-checks.js";
import { byGravity } from "./finding.js";
import { checkSamples } from "./sample-checks.js";
import { checkShape } from "./shape-checks.js";
import { checkValues } from "./value-checks.js";

/** Looks for what is wrong with a data set, or likely to be, the gravest first. Of a table alone fewer things can be told. */
export async function findingsOf(measured: Measurement, options: { signal?: AbortSignal | undefined } = {}): Promise<Finding[]> {
  const { statistics, scan } = measured;
  return byGravity([
    ...(await checkValues(measured, options.signal)),
    ...checkShape(statistics, scan),
    ...checkChannels(statistics, scan),
    ...checkSamples(statistics, scan),
  ]);
}
