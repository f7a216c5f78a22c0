import { Fold, finishRows, mergeBounds, ROW, type RowBounds, rowBounds } from "@normstream/moments";
import { joinedNames } from "@normstream/pipeline";
import { geometryOf, usageError } from "@normstream/tensor";
import { wholeView } from "./norm-view.js";
import type { StatisticsResult } from "./statistics-json.js";
import type { SummaryFile } from "./summary-file.js";

/**
 * Merges summaries by their moments, in the order given. Their tables are not there, so that the result has no digest.
 * @throws NormstreamError of kind `usage` where they do not fit each other.
 */
export function mergeSummaries(summaries: readonly SummaryFile[], run: { bytes: number; seconds: number }): StatisticsResult {
  const [first] = summaries;
  if (!first) throw usageError("no summaries to merge");
  for (const summary of summaries) checkFits(summary, first);
  const fold = new Fold(first.rows.length / ROW);
  for (const { rows } of summaries) fold.push(rows);
  const rows = fold.result();
  const samples = summaries.reduce((sum, summary) => sum + summary.samples, 0);
  const nan = summaries.find((summary) => summary.nan !== undefined)?.nan ?? "propagate";
  return {
    facts: {
      input: joinedNames(summaries.map(({ input }) => input)),
      shape: [samples, ...first.shape.slice(1)],
      dtype: first.dtype,
      layout: first.layout,
      firstSample: 0,
      totalSamples: samples,
      engine: "inline",
      threads: 1,
      resumedBytes: 0,
      ...run,
    },
    samples,
    view: wholeView(finishRows(rows, nan)),
    meanInstanceStd: meanOfMeans(summaries, nan === "omit"),
    digest: null,
    bounds: boundsOf(summaries, rows),
  };
}

function checkFits(summary: SummaryFile, first: SummaryFile): void {
  const [expected, found] = [first, summary].map(({ shape, layout, dtype }) => {
    const { channels, spatial } = geometryOf(shape, layout);
    return `${dtype}, ${channels} channels, planes of [${spatial.join(", ")}]`;
  });
  if (found !== expected) {
    throw usageError("the summaries do not fit each other", {
      file: summary.path,
      expected: `${expected}, as in ${first.path}`,
      found,
    });
  }
  if (summary.nan !== undefined && first.nan !== undefined && summary.nan !== first.nan) {
    throw usageError("the summaries were computed under different NaN policies", {
      file: summary.path,
      expected: first.nan,
      found: summary.nan,
    });
  }
}

/** Each sample counts alike; null where that is not known of all, or where some were left out. */
function meanOfMeans(summaries: readonly SummaryFile[], someLeftOut: boolean): Float64Array | null {
  const samples = summaries.reduce((sum, summary) => sum + summary.samples, 0);
  if (someLeftOut || samples === 0) return null;
  const merged = new Float64Array((summaries[0]?.rows.length ?? 0) / ROW);
  for (const summary of summaries) {
    if (!summary.meanInstanceStd) return null;
    if (summary.samples === 0) continue;
    for (let c = 0; c < merged.length; c++) {
      merged[c] = (merged[c] as number) + (summary.meanInstanceStd[c] as number) * (summary.samples / samples);
    }
  }
  return merged;
}

/** Bounds go on where one of the summaries has some: what a part was subtracted from is less sure than a pass. */
function boundsOf(summaries: readonly SummaryFile[], merged: Float64Array): RowBounds[] | undefined {
  if (summaries.every(({ bounds }) => bounds === undefined)) return undefined;
  return Array.from({ length: merged.length / ROW }, (_, c) => {
    const parts = summaries.map(({ bounds, rows }) => bounds?.[c] ?? rowBounds(rows, c * ROW));
    return mergeBounds(parts, merged, c * ROW);
  });
}
