import { statSync } from "node:fs";
import { extname } from "node:path";
import { checkOutput } from "@normstream/formats";
import { finishRows, NAN, NEG_INF, POS_INF, ROW } from "@normstream/moments";
import { removeStatistics, removeSummary, type SampleRange } from "@normstream/pipeline";
import { usageError } from "@normstream/tensor";
import { wholeView } from "./norm-view.js";
import { checkResult } from "./option-rules.js";
import type { ResultOptions, RunOptions } from "./options.js";
import { sayUnless, writeResult } from "./output.js";
import { createProgress } from "./progress.js";
import { statisticsFileKind, writeStatistics } from "./statistics-file.js";
import { type StatisticsResult, statisticsJson } from "./statistics-json.js";
import { statisticsText } from "./statistics-text.js";
import { readSummary, type SummaryFile, summaryOf } from "./summary-file.js";

export interface RemoveCommandOptions extends Pick<RunOptions, "memory">, ResultOptions {
  readonly samples?: SampleRange["samples"];
}

/** `normstream remove WHOLE PART -o FILE`: statistics as if a part of the data had never been there. */
export async function remove(
  whole: string,
  part: string | undefined,
  options: RemoveCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const { output, overwrite, json, quiet, memory, samples } = options;
  if (output === undefined) {
    throw usageError("remove needs -o FILE", { hint: "FILE.npz for the table, .json or .safetensors for a summary." });
  }
  checkResult(options);
  if ((part === undefined) === (samples === undefined)) {
    throw usageError(part === undefined ? "what is to be removed?" : "both a part and --samples are given", {
      expected: "PART, or --samples from:to",
    });
  }
  const kind = statisticsFileKind(output);
  const inputs = part === undefined ? [whole] : [whole, part];
  const summaries = inputs.filter(isSummary);
  if (summaries.length > 0 && (kind === "table" || summaries.length < 2)) {
    throw usageError(kind === "table" ? "summaries hold no table" : "a summary and a table do not go with each other", {
      file: summaries[0],
      hint: part === undefined ? "Samples are removed from tables (.npz)." : "Give the tables (.npz) of both.",
    });
  }
  for (const input of inputs) await checkOutput(output, { overwrite, input });
  const say = sayUnless(quiet);
  const finish = async (result: StatisticsResult) => {
    say(`wrote ${output}`);
    await writeResult(json ? statisticsJson(result) : statisticsText(result));
  };
  if (summaries.length > 0) {
    const result = await summaryWithout(whole, part as string);
    await writeStatistics(output, result, null, { overwrite, signal });
    return finish(result);
  }
  const run = async () => {
    using progress = createProgress(quiet);
    const removed = samples ? { samples } : (part as string);
    const options = { keepTable: kind === "table", memoryBytes: memory, signal, onProgress: progress.update };
    return await removeStatistics(whole, removed, options);
  };
  using statistics = await run();
  const result = { ...statistics, samples: statistics.samples, view: wholeView(statistics.moments) };
  await writeStatistics(output, result, statistics, { overwrite, signal });
  return finish(result);
}

const isSummary = (path: string): boolean => extname(path).toLowerCase() === ".json";

async function summaryWithout(whole: string, part: string): Promise<StatisticsResult> {
  const started = performance.now();
  const [all, some] = [await readSummary(whole), await readSummary(part)];
  for (const summary of [all, some]) checkKnown(summary);
  const { facts, samples, total, bounds } = removeSummary(summaryOf(all), summaryOf(some));
  return {
    facts: {
      ...facts,
      firstSample: 0,
      totalSamples: samples,
      engine: "inline",
      threads: 1,
      bytes: statSync(whole).size + statSync(part).size,
      resumedBytes: 0,
      seconds: (performance.now() - started) / 1000,
    },
    samples,
    view: wholeView(finishRows(total, facts.nan)),
    // A mean over samples of which only the mean is known: what is left of it has no bound.
    meanInstanceStd: null,
    digest: null,
    bounds,
  };
}

/** @throws NormstreamError of kind `usage` where values that are not finite have made a channel's moments NaN: what they were is not there. */
function checkKnown({ path, rows, nan }: SummaryFile): void {
  for (let at = 0; at < rows.length && nan === "propagate"; at += ROW) {
    if ((rows[at + NAN] as number) + (rows[at + POS_INF] as number) + (rows[at + NEG_INF] as number) === 0) continue;
    throw usageError("values that are not finite hide the moments of the others", {
      file: path,
      channel: at / ROW,
      hint: "Give the tables (.npz), or summaries that were taken with --nan omit.",
    });
  }
}
