import { describeFile, findManifest, readVector } from "@normstream/formats";
import type { NanPolicy } from "@normstream/moments";
import { type Engine, findTableMeta, mergeTables, planStatistics } from "@normstream/pipeline";
import { checkAdvice, type Measurement, measurementPlan, measureTable, measureTensor } from "@normstream/report";
import { geometryOf, usageError } from "@normstream/tensor";
import { chooseEngine, progressOf, startEngine, workBytes } from "./engine.js";
import { sayFindings } from "./findings-note.js";
import { openInput, splitName } from "./input.js";
import { checkRun } from "./option-rules.js";
import type { InputOptions, RunOptions } from "./options.js";
import { sayUnless } from "./output.js";
import { announcePlan } from "./plan-note.js";
import { createProgress } from "./progress.js";

export interface MeasurementOptions extends InputOptions, RunOptions {
  readonly batchSize?: number;
  readonly nan?: NanPolicy;
  readonly quiet?: boolean;
}

/** A measurement, and what keeps its data within reach. */
export interface OpenMeasurement extends AsyncDisposable {
  readonly measured: Measurement;
}

/**
 * Measures an input: the data, or their table where the file holds one.
 * @param labels those of its samples, whose number is looked at before anything is read
 */
export async function openMeasurement(
  input: string,
  options: MeasurementOptions,
  signal: AbortSignal,
  labels?: ArrayLike<number>,
): Promise<OpenMeasurement> {
  checkRun(options);
  if (await isTable(input, options, signal)) return tableMeasurement(input, options, signal);
  const { quiet, nan, shardBytes, batchSize } = options;
  const source = await openInput(input, options, signal);
  let engine: Engine | undefined;
  try {
    checkAdvice({ labels }, geometryOf(source.shape, source.layout).samples);
    const choice = chooseEngine(workBytes(source), options);
    const plan = planStatistics(source, choice, { shardBytes, ...measurementPlan(source) });
    announcePlan(sayUnless(quiet), choice, plan.grid.length, plan);
    engine = await startEngine(choice, signal);
    using progress = createProgress(quiet);
    const onProgress = progressOf(progress.update);
    const measured = await measureTensor(source, engine, { nan, shardBytes, batchSize, signal, onProgress });
    sayFindings(measured.statistics.facts, sayUnless(quiet));
    return opened(measured, async () => {
      await engine?.[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    });
  } catch (error) {
    await engine?.[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

async function tableMeasurement(input: string, options: MeasurementOptions, signal: AbortSignal): Promise<OpenMeasurement> {
  const { memory, batchSize, quiet } = options;
  for (const [key, flag] of [
    ["layout", "--layout"],
    ["select", "--select"],
    ["nan", "--nan"],
  ] as const) {
    if (options[key] !== undefined) {
      throw usageError(`${flag} does not go with a table of moments`, { file: input, hint: "It says how data are read." });
    }
  }
  using progress = createProgress(quiet);
  const statistics = await mergeTables([input], { memoryBytes: memory, signal, onProgress: progress.update });
  try {
    return opened(await measureTable(statistics, { batchSize, signal }), async () => {});
  } catch (error) {
    statistics[Symbol.dispose]();
    throw error;
  }
}

const opened = (measured: Measurement, close: () => Promise<void>): OpenMeasurement => ({
  measured,
  async [Symbol.asyncDispose]() {
    measured[Symbol.dispose]();
    await close();
  },
});

async function isTable(input: string, { shape, dtype }: InputOptions, signal: AbortSignal): Promise<boolean> {
  if (shape !== undefined || dtype !== undefined || (await findManifest(input)) !== undefined) return false;
  const { format } = await describeFile(input, { signal });
  return format === "npz" && (await findTableMeta(input, { signal })) !== undefined;
}

/** One number a sample: labels of classes. */
export async function readLabels(file: string | undefined, signal: AbortSignal): Promise<Float64Array | undefined> {
  if (file === undefined) return undefined;
  const { path, select } = splitName(file);
  return readVector(path, { select, signal });
}
