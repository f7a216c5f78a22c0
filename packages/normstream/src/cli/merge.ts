import { statSync } from "node:fs";
import { extname } from "node:path";
import { checkOutput, FileList } from "@normstream/formats";
import { mergeTables } from "@normstream/pipeline";
import { usageError } from "@normstream/tensor";
import { currentCommand } from "./given-command.js";
import { tableLineage, withoutList } from "./lineage.js";
import { mergeSummaries } from "./merge-summaries.js";
import { wholeView } from "./norm-view.js";
import { checkResult } from "./option-rules.js";
import type { ResultOptions, RunOptions } from "./options.js";
import { sayUnless, writeResult } from "./output.js";
import { createProgress } from "./progress.js";
import { statisticsFileKind, type WrittenLineage, writeStatistics } from "./statistics-file.js";
import { type StatisticsResult, statisticsJson } from "./statistics-json.js";
import { samplesText, statisticsText } from "./statistics-text.js";
import { readSummary } from "./summary-file.js";

export interface MergeCommandOptions extends Pick<RunOptions, "memory">, ResultOptions {}

/** `normstream merge TABLE TABLE… -o FILE`: parts, or whole data sets, put together as if one pass had read them all. */
export async function merge(paths: readonly string[], options: MergeCommandOptions, signal: AbortSignal): Promise<void> {
  const { output, overwrite, json, quiet, memory } = options;
  if (output === undefined)
    throw usageError("merge needs -o FILE", { hint: "FILE.npz for the table, .json or .safetensors for a summary." });
  checkResult(options);
  const kind = statisticsFileKind(output);
  const areSummaries = paths.some(isSummary);
  if (areSummaries && kind === "table") {
    throw usageError("summaries hold no table", {
      file: paths.find(isSummary),
      hint: "Merge tables (.npz), or write .json or .safetensors.",
    });
  }
  for (const path of paths) await checkOutput(output, { overwrite, input: path });
  const say = sayUnless(quiet);
  const finish = async (result: StatisticsResult) => {
    say(`wrote ${output}`);
    const { samples, facts } = result;
    if (samples < facts.totalSamples) say(`parts are missing: it holds ${samplesText(result)}`);
    await writeResult(json ? statisticsJson(result) : statisticsText(result));
  };
  if (areSummaries) {
    const result = await summariesOf(paths);
    await writeStatistics(output, result, null, { overwrite, signal });
    return finish(result);
  }
  const run = async () => {
    using progress = createProgress(quiet);
    return await mergeTables(paths, { keepTable: kind === "table", memoryBytes: memory, signal, onProgress: progress.update });
  };
  using statistics = await run();
  const result = { ...statistics, samples: statistics.samples, view: wholeView(statistics.moments) };
  const lineage = kind === "safetensors" ? null : await lineageOf(paths, signal);
  using _ = lineage?.files;
  await writeStatistics(output, result, statistics, { overwrite, signal, lineage: lineage ?? undefined });
  return finish(result);
}

/** Parts of one input come from the same files; of tables of several inputs each has a lineage of its own, and the whole has none. */
async function lineageOf(paths: readonly string[], signal: AbortSignal): Promise<WrittenLineage | null> {
  const lineages = [];
  for (const path of paths) lineages.push(await tableLineage(path, signal));
  const [first] = lineages;
  if (!first || lineages.some((lineage) => lineage?.files.digest !== first.files.digest)) return null;
  const files = await FileList.of(first.list(signal));
  return { document: { ...withoutList(first), command: currentCommand() }, files };
}

async function summariesOf(paths: readonly string[]): Promise<StatisticsResult> {
  const started = performance.now();
  const stranger = paths.find((path) => !isSummary(path));
  if (stranger !== undefined) {
    throw usageError("tables and summaries do not merge with each other", {
      file: stranger,
      hint: `Make a summary of it first: normstream merge ${stranger} -o FILE.json.`,
    });
  }
  const summaries = [];
  for (const path of paths) summaries.push(await readSummary(path));
  const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
  return mergeSummaries(summaries, { bytes, seconds: (performance.now() - started) / 1000 });
}

const isSummary = (path: string): boolean => extname(path).toLowerCase() === ".json";
