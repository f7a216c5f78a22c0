import { extname } from "node:path";
import { holdsManifest } from "@normstream/formats";
import { grainOf } from "@normstream/moments";
import { findTableMeta, mergeTables, planStatistics, type Statistics, type Summary, statisticsOf } from "@normstream/pipeline";
import { geometryOf, type TensorSource, usageError } from "@normstream/tensor";
import { chooseEngine, progressOf, startEngine, workBytes } from "./engine.js";
import { meantInput, openInput } from "./input.js";
import type { InputOptions, NormOptions, ResultOptions, RunOptions } from "./options.js";
import type { Say } from "./output.js";
import { announcePlan } from "./plan-note.js";
import { createProgress } from "./progress.js";
import { readSummary, summaryOf } from "./summary-file.js";

export interface CompareCommandOptions extends InputOptions, RunOptions, Pick<NormOptions, "nan">, ResultOptions {
  readonly failOnShift?: number;
}

/** One side of a comparison: found, and not read yet. */
export interface ComparedInput {
  readonly kind: "data" | "table" | "summary";
  /** Reads it: a pass over data, the rows of a table. Dispose of what comes out. */
  measure(say: Say): Promise<AsyncDisposable & { readonly statistics: Statistics | Summary }>;
}

/** Fewer blocks than these, and each sample gets rows of its own, so that errors can be told from what samples differ by. */
const ENOUGH_BLOCKS = 64;

/**
 * Finds what a path holds: data (`FILE:NAME` for a tensor of several), a table or a summary.
 * @throws NormstreamError; nothing but headers is read
 */
export async function openCompared(input: string, options: CompareCommandOptions, signal: AbortSignal): Promise<ComparedInput> {
  const { memory, quiet } = options;
  if (extname(input).toLowerCase() === ".json" && !(await holdsManifest(input))) {
    const statistics = summaryOf(await readSummary(input));
    return { kind: "summary", measure: async () => ({ statistics, async [Symbol.asyncDispose]() {} }) };
  }
  const { path, ...meant } = await meantInput(input);
  if (extname(path).toLowerCase() === ".npz" && (await findTableMeta(path, { signal }))) {
    return {
      kind: "table",
      async measure() {
        using progress = createProgress(quiet);
        return kept(await mergeTables([path], { memoryBytes: memory, signal, onProgress: progress.update }));
      },
    };
  }
  const source = await openInput(path, { ...options, ...meant }, signal);
  return { kind: "data", measure: (say) => measureData(source, options, signal, say) };
}

/** @throws NormstreamError of kind `usage` for options of data where there are none. */
export function checkDataOptions(inputs: readonly ComparedInput[], options: CompareCommandOptions): void {
  if (inputs.some(({ kind }) => kind === "data")) return;
  const { layout, select, split, shape, dtype, nan } = options;
  const given = Object.entries({ layout, select, split, shape, dtype, nan }).find(([, value]) => value !== undefined);
  if (given)
    throw usageError(`--${given[0]} goes with data`, { hint: "Both inputs are statistics, which were computed already." });
}

const kept = (statistics: Statistics) => ({
  statistics,
  async [Symbol.asyncDispose]() {
    statistics[Symbol.dispose]();
  },
});

async function measureData(source: TensorSource, options: CompareCommandOptions, signal: AbortSignal, say: Say) {
  await using _ = source;
  const { quiet, nan, shardBytes } = options;
  const { samples, planeSize } = geometryOf(source.shape, source.layout);
  const grain = grainOf(planeSize, false);
  const planned = { shardBytes, perInstance: Math.ceil(samples / grain) < ENOUGH_BLOCKS };
  const choice = chooseEngine(workBytes(source), options);
  const plan = planStatistics(source, choice, planned);
  announcePlan(say, choice, plan.grid.length, plan);
  await using engine = await startEngine(choice, signal);
  using progress = createProgress(quiet);
  return kept(await statisticsOf(source, engine, { ...planned, nan, signal, onProgress: progressOf(progress.update) }));
}
