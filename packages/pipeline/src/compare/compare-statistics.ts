import { blockCount, finishRows } from "@normstream/moments";
import { geometryOf, throwIfAborted, usageError } from "@normstream/tensor";
import { mergeTables } from "../merge-tables.js";
import { Statistics } from "../statistics.js";
import type { Summary } from "../summary.js";
import { type ChannelSide, effectSize, holm, meanShift, stdShift } from "./channel-shift.js";
import type { ComparedChannel, ComparedSide, Comparison, ShiftVerdict } from "./comparison.js";
import { notesOn } from "./notes.js";
import { clusterErrors, countErrors, type ErrorBasis, type SamplingError, unknownError } from "./sampling-error.js";

/** How `compareStatistics` judges. */
export interface CompareOptions {
  /** What counts as a shift: a mean that moves by so many stds, or |ln(std of B / std of A)| of so much. Default 0.1. */
  readonly threshold?: number | undefined;
  /** What an adjusted p has to be below. Default 0.05. */
  readonly significance?: number | undefined;
  /** Aborts: the promise is rejected with an error of kind `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Compares two data sets channel by channel, as a check of test data against training data: how far mean and std move, in units of
 * their standard errors and of the std. Standard errors come from the rows of the tables, since values of one instance are alike;
 * `Comparison.a.meanError` says what of. Of the two alone, so that B may be larger, or earlier, than A; swapping them
 * swaps the signs. Samples that are in both are taken for different ones.
 *
 * @param a statistics, a summary without a table, or the path of a `.npz` file that holds a table; not mutated
 * @param b the same of the other data set
 * @throws NormstreamError: `usage` for different numbers of channels or options that cannot be; `data` and `io` for a table that
 *   cannot be read; `aborted`
 */
export async function compareStatistics(
  a: Summary | Statistics | string,
  b: Summary | Statistics | string,
  options: CompareOptions = {},
): Promise<Comparison> {
  const { threshold = 0.1, significance = 0.05, signal } = options;
  if (!(threshold > 0 && threshold < Infinity)) throw usageError(`threshold ${threshold}`, { expected: "a number above 0" });
  if (!(significance > 0 && significance < 1)) {
    throw usageError(`significance ${significance}`, { expected: "a number between 0 and 1" });
  }
  throwIfAborted(signal);
  const [left, right] = [await measured(a, signal), await measured(b, signal)];
  if (left.channels.length !== right.channels.length) {
    throw usageError("other channels: the two cannot be compared channel by channel", {
      file: right.side.input,
      expected: `${left.channels.length}, as in ${left.side.input}`,
      found: `${right.channels.length}`,
    });
  }
  const shifts = left.channels.map((x, c) => {
    const y = right.channels[c] as ChannelSide;
    return { x, y, mean: meanShift(x, y), std: stdShift(x, y), effect: effectSize(x, y) };
  });
  const adjusted = holm(shifts.flatMap(({ mean, std }) => [mean.p, std.p]));
  const channels = shifts.map(({ x, y, mean, std, effect }, channel): ComparedChannel => {
    const [meanP, stdP] = [adjusted[2 * channel] as number, adjusted[2 * channel + 1] as number];
    const found = [
      verdictOf(effect, meanP, { threshold, significance }),
      verdictOf(std.shift, stdP, { threshold, significance }),
    ];
    const name = left.names?.[channel] ?? right.names?.[channel];
    return {
      channel,
      ...(name === undefined ? {} : { name }),
      count: [x.count, y.count],
      mean: [x.mean, y.mean],
      std: [Math.sqrt(x.variance), Math.sqrt(y.variance)],
      meanShift: { ...mean, effect, adjustedP: meanP },
      stdShift: { ...std, adjustedP: stdP },
      verdict: worstOf(found),
    };
  });
  const sides = { a: left.side, b: right.side };
  const verdict = worstOf(channels.map((channel) => channel.verdict));
  return { ...sides, threshold, significance, verdict, channels, notes: notesOn(left, right) };
}

const VERDICTS: readonly ShiftVerdict[] = ["shifted", "unknown", "small", "none"];

const worstOf = (found: readonly ShiftVerdict[]): ShiftVerdict => VERDICTS.find((verdict) => found.includes(verdict)) ?? "none";

function verdictOf(
  size: number,
  p: number,
  { threshold, significance }: { threshold: number; significance: number },
): ShiftVerdict {
  if (Number.isNaN(p) || Number.isNaN(size)) return "unknown";
  if (p >= significance) return "none";
  return Math.abs(size) >= threshold ? "shifted" : "small";
}

async function measured(input: Summary | Statistics | string, signal: AbortSignal | undefined) {
  if (typeof input === "object" && input?.total instanceof Float64Array) return measure(input, signal);
  if (typeof input !== "string") {
    throw usageError("nothing to compare", {
      expected: "statistics, a summary, or the path of a table (.npz)",
      found: typeof input,
    });
  }
  using statistics = await mergeTables([input], { signal });
  return measure(statistics, signal);
}

function measure(input: Summary | Statistics, signal: AbortSignal | undefined) {
  const { facts, samples, total } = input;
  const { input: name, shape, dtype, layout, nan } = facts;
  const { mean, variance, count, min, max } = finishRows(total, nan);
  const { errorsOfMean, errorsOfStd, meanError, stdError } = errorsOf(input, signal);
  const channels = errorsOfMean.map((errorOfMean, c): ChannelSide => {
    const errorOfStd = errorsOfStd[c] as SamplingError;
    const [n, m, v] = [count, mean, variance].map((values) => values[c] as number) as [number, number, number];
    return { count: n, mean: m, variance: v, errorOfMean, errorOfStd };
  });
  const digest = input instanceof Statistics ? input.digest : null;
  const side: ComparedSide = { input: name, shape, dtype, layout, samples, digest, meanError, stdError };
  const notFinite = mean.filter((value, c) => !Number.isFinite(value) && (count[c] as number) > 0).length;
  const range = { min: min.reduce((a, b) => Math.min(a, b)), max: max.reduce((a, b) => Math.max(a, b)) };
  return { side, channels, notFinite, range, names: facts.channelNames };
}

interface Errors {
  readonly errorsOfMean: readonly SamplingError[];
  readonly errorsOfStd: readonly SamplingError[];
  readonly meanError: ErrorBasis;
  readonly stdError: ErrorBasis;
}

/** The best errors that there are: from instances; from values drawn alone, where a sample is one value; from blocks; from counts. */
function errorsOf(input: Summary | Statistics, signal: AbortSignal | undefined): Errors {
  const { planeSize } = geometryOf(input.facts.shape, input.facts.layout);
  const counted = countErrors(input.total);
  const byCount: Errors = { errorsOfMean: counted, errorsOfStd: counted, meanError: "values", stdError: "normal" };
  if (input.samples < 2) {
    // One instance says nothing of how instances differ.
    const unknown = counted.map(({ units }) => unknownError(units));
    return { errorsOfMean: unknown, errorsOfStd: unknown, meanError: "instances", stdError: "instances" };
  }
  if (!(input instanceof Statistics) || !input.hasTable) return byCount;
  const rows = clusterErrors(input, signal);
  const { grain } = input.table;
  if (grain === 1) return { errorsOfMean: rows, errorsOfStd: rows, meanError: "instances", stdError: "instances" };
  if (blockCount(input.table) < 2) return byCount;
  if (planeSize === 1) return { errorsOfMean: counted, errorsOfStd: rows, meanError: "values", stdError: "blocks" };
  return { errorsOfMean: rows, errorsOfStd: rows, meanError: "blocks", stdError: "blocks" };
}
