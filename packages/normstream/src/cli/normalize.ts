import { checkOutput } from "@normstream/formats";
import { type NormalizeBy, normalizeToFile, planNormalize } from "@normstream/pipeline";
import { formatShape, geometryOf, usageError } from "@normstream/tensor";
import { absolutePlace, isOnCluster } from "./cluster-choice.js";
import { checkpointOf, chooseEngine, engineName, progressOf, startEngine, workBytes } from "./engine.js";
import { sayFindings } from "./findings-note.js";
import { openInput, readChannelValues, splitName } from "./input.js";
import { checkForm, checkNorm, checkRun, checkRunning } from "./option-rules.js";
import type { AffineOptions, InputOptions, NormOptions, ResultOptions, RunOptions } from "./options.js";
import { sayUnless, writeResult } from "./output.js";
import { announcePlan } from "./plan-note.js";
import { createProgress } from "./progress.js";
import { counted, formatBytes, formatNumber, formatRate, formatSeconds } from "./quantities.js";
import { factLines } from "./text-table.js";

export interface NormalizeCommandOptions extends InputOptions, NormOptions, RunOptions, ResultOptions, AffineOptions {}

const DEFAULT_EPS = 1e-5;

/** `normstream normalize INPUT -o OUTPUT`: one pass or two, then what was done on stdout. */
export async function normalize(input: string, options: NormalizeCommandOptions, signal: AbortSignal): Promise<void> {
  const { output, overwrite, json, quiet, as, fileBytes, groups, batchSize, nan, shardBytes, eps = DEFAULT_EPS } = options;
  if (output === undefined) throw usageError("normalize needs -o OUTPUT", { hint: "For example -o normalized.npy." });
  const norm = checkNorm(options);
  checkRun(options);
  checkRunning(options);
  checkForm(options);
  const values = (file: string | undefined, name: string) =>
    file === undefined ? undefined : readChannelValues(file, name, signal);
  await using source = await openInput(input, options, signal);
  for (const file of [options.weight, options.bias, options.runningMean, options.runningVar]) {
    if (file !== undefined && as === undefined) await checkOutput(output, { overwrite, input: splitName(file).path });
  }
  const weight = await values(options.weight, "weight");
  const bias = await values(options.bias, "bias");
  const runningMean = await values(options.runningMean, "running_mean");
  const runningVar = await values(options.runningVar, "running_var");
  const isInference = runningMean !== undefined && runningVar !== undefined;
  const by: NormalizeBy = isInference ? { runningMean, runningVar } : norm;
  const outDType = options.outDtype;

  const say = sayUnless(quiet);
  if (as === "png") {
    const { drawPictures } = await import("./pictures.js");
    return await drawPictures(source, output, { by, groups, eps, weight, bias, nan }, options, signal);
  }
  const choice = chooseEngine(workBytes(source), options);
  const { plan, passes, totalBytes, projectedBytes } = planNormalize(source, choice, {
    by,
    batchSize,
    weight,
    bias,
    outDType,
    shardBytes,
  });
  announcePlan(say, choice, plan.grid.length * passes, { byteLength: totalBytes, projectedBytes });
  await using engine = await startEngine(choice, signal);
  using progress = createProgress(quiet);
  const result = await normalizeToFile(
    source,
    engine,
    isOnCluster(options) ? absolutePlace(output) : output,
    { by, groups, batchSize, eps, weight, bias, outDType, nan },
    { overwrite, as, fileBytes, shardBytes, checkpoint: checkpointOf(options), signal, onProgress: progressOf(progress.update) },
  );
  progress[Symbol.dispose]();
  const { shape, dtype, bytes, resumedBytes, seconds, missing } = result;
  sayFindings({ missing }, say);
  if (json) {
    const { threads } = engine;
    const document = {
      schema: "normstream/normalize/1",
      ...{ input: source.name, output, norm: result.norm, eps, shape, dtype, passes: result.passes },
      ...{ bytes, resumedBytes, seconds, engine: engine.name, threads },
      ...(missing ? { missingChunks: missing } : {}),
    };
    await writeResult(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const { samples, channels } = geometryOf(source.shape, source.layout);
  const over = isInference
    ? " with running statistics"
    : batchSize !== undefined
      ? ` over batches of ${batchSize}`
      : groups !== undefined
        ? ` in ${groups} groups`
        : "";
  await writeResult(
    factLines([
      ["wrote", `${output}: ${formatShape(shape)} ${dtype}`],
      [
        "from",
        `${source.name}: ${source.dtype}, ${source.layout}, ${counted(samples, "sample")} of ${counted(channels, "channel")}`,
      ],
      ["norm", `${result.norm}${over}, eps ${formatNumber(eps)}`],
      [
        "read",
        `${formatBytes(bytes)} in ${formatSeconds(seconds)} (${formatRate(bytes, seconds)}), ${result.passes === 1 ? "1 pass" : `${result.passes} passes`}, ${engineName(engine)}`,
      ],
    ]),
  );
}
