import { checkOutput, FileList, sourceFiles } from "@normstream/formats";
import { planStatistics, type Statistics, statisticsOf } from "@normstream/pipeline";
import { geometryOf, usageError } from "@normstream/tensor";
import { chooseEngine, progressOf, startEngine, workBytes } from "./engine.js";
import { sayFindings } from "./findings-note.js";
import { openInput } from "./input.js";
import { finishLineage, startLineage } from "./lineage.js";
import { type NormView, viewOf, wholeView } from "./norm-view.js";
import { checkNorm, checkResult, checkRun } from "./option-rules.js";
import type { InputOptions, NormOptions, ResultOptions, RunOptions } from "./options.js";
import { sayUnless, writeResult } from "./output.js";
import { announcePlan } from "./plan-note.js";
import { createProgress } from "./progress.js";
import { statisticsFileKind, writeStatistics } from "./statistics-file.js";
import { STDOUT_ENTRIES, type StatisticsResult, statisticsJson } from "./statistics-json.js";
import { statisticsText } from "./statistics-text.js";

export interface StatsOptions extends InputOptions, NormOptions, RunOptions, ResultOptions {
  readonly shard?: { readonly index: number; readonly of: number };
}

/** `normstream stats INPUT`: one pass, then the statistics of a norm on stdout, and in a file where one is named. */
export async function stats(input: string, options: StatsOptions, signal: AbortSignal): Promise<void> {
  const { output, overwrite, json, quiet, groups, batchSize, nan, shard, shardBytes, checkpoint } = options;
  const norm = checkNorm(options);
  checkRun(options);
  checkResult(options);
  checkTarget(options);
  await using source = await openInput(input, options, signal);
  const { samples, channels } = geometryOf(source.shape, source.layout);
  if (norm === "group" && channels % (groups as number) !== 0) {
    throw usageError(`--groups ${groups} does not divide ${channels} channels`, { file: input });
  }
  const entries = entriesOf(options, samples, channels);
  if (json && entries > STDOUT_ENTRIES && output === undefined) {
    throw usageError(`${entries} statistics are too many for standard output`, {
      file: input,
      expected: `at most ${STDOUT_ENTRIES}`,
      hint: "Write them to a file: -o FILE.json, or -o FILE.npz for the table.",
    });
  }
  const say = sayUnless(quiet);
  if (output !== undefined) await checkOutput(output, { overwrite, input });

  const choice = chooseEngine(workBytes(source), options);
  const isTable = output !== undefined && statisticsFileKind(output) === "table";
  const keepTable = norm !== "batch" || batchSize !== undefined || isTable;
  const planned = { shardBytes, batchSize, perInstance: norm !== "batch", part: shard, keepTable };
  const plan = planStatistics(source, choice, planned);
  announcePlan(say, choice, plan.grid.length, plan);
  await using engine = await startEngine(choice, signal);
  const isTraced = output !== undefined && statisticsFileKind(output) !== "safetensors";
  using files = isTraced ? await FileList.of(sourceFiles(source, input, { signal })) : null;
  const started = files && startLineage(input, source, options, files);
  const run = async (): Promise<Statistics> => {
    using progress = createProgress(quiet);
    const onProgress = progressOf(progress.update);
    return await statisticsOf(source, engine, { ...planned, nan, checkpoint, signal, onProgress });
  };
  using statistics = await run();
  sayFindings(statistics.facts, say);
  // A part need not begin where a batch does: its batches are told when the parts are merged.
  const view: NormView =
    shard && batchSize !== undefined ? wholeView(statistics.moments) : viewOf(statistics, norm, { groups, batchSize });
  const result: StatisticsResult = { ...statistics, samples: statistics.samples, view };
  if (output !== undefined) {
    const lineage = files && started ? { document: finishLineage(started, statistics.facts), files } : undefined;
    await writeStatistics(output, result, statistics, { overwrite, signal, lineage });
    say(`wrote ${output}`);
  }
  await writeResult(json ? statisticsJson(result, { arrays: entries <= STDOUT_ENTRIES }) : statisticsText(result));
}

/** How many statistics the norm gives. */
function entriesOf({ norm, groups, batchSize }: StatsOptions, samples: number, channels: number): number {
  if (norm === "layer") return samples;
  if (norm === "group") return samples * (groups as number);
  if (norm === "instance") return samples * channels;
  return batchSize === undefined ? channels : Math.ceil(samples / batchSize) * channels;
}

/** @throws NormstreamError of kind `usage` for an output that does not hold what is asked for. */
function checkTarget({ output, shard, norm = "batch", batchSize }: StatsOptions): void {
  const kind = output === undefined ? undefined : statisticsFileKind(output);
  if (shard && kind !== "table") {
    throw usageError("--shard needs -o FILE.npz", { hint: "A part's table is what merge puts together." });
  }
  if (kind === "safetensors" && (norm !== "batch" || batchSize !== undefined)) {
    throw usageError(`-o FILE.safetensors does not go with ${norm === "batch" ? "--batch-size" : `--norm ${norm}`}`, {
      hint: "It holds the running statistics of batch norm. Write .json or .npz.",
    });
  }
}
