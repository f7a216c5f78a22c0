import type { Norm } from "@normstream/moments";
import { usageError } from "@normstream/tensor";
import { isOnCluster } from "./cluster-choice.js";
import type { AffineOptions, NormOptions, ResultOptions, RunOptions } from "./options.js";

/** Two options that contradict each other, or one that has nothing to work on. */
const conflict = (option: string, other: string, hint?: string) => usageError(`${option} does not go with ${other}`, { hint });

/** @returns the norm that is asked for; @throws NormstreamError of kind `usage` for options that do not fit it. */
export function checkNorm({ norm = "batch", groups, batchSize }: NormOptions): Norm {
  if (norm === "group" && groups === undefined)
    throw usageError("--norm group needs --groups", { hint: "Say how many, for example --groups 8." });
  if (norm !== "group" && groups !== undefined) throw conflict("--groups", `--norm ${norm}`, "It goes with --norm group.");
  if (norm !== "batch" && batchSize !== undefined) throw conflict("--batch-size", `--norm ${norm}`, "It goes with --norm batch.");
  return norm;
}

/** @throws NormstreamError of kind `usage` for a number of threads where none are wanted, or none where some are. */
export function checkRun({ engine, threads, store, run, patience, telemetry }: RunOptions): void {
  if (engine === "inline" && threads) throw conflict(`--threads ${threads}`, "--engine inline");
  if (engine === "threads" && threads === 0) throw conflict("--threads 0", "--engine threads");
  if (engine !== undefined && isOnCluster({ engine })) {
    if (threads !== undefined)
      throw conflict("--threads", "--engine redis://…", "Workers have their own: normstream worker --threads.");
    return;
  }
  for (const [option, value] of [
    ["--store", store],
    ["--run", run],
    ["--patience", patience],
    ["--telemetry", telemetry],
  ] as const) {
    if (value !== undefined) throw usageError(`${option} goes with --engine redis://…`);
  }
}

/** @throws NormstreamError of kind `usage` for `--overwrite` with nothing to write. */
export function checkResult({ output, overwrite }: ResultOptions): void {
  if (overwrite && output === undefined) throw usageError("--overwrite needs -o FILE");
}

/** @throws NormstreamError of kind `usage` for one half of the running statistics, or options that they make meaningless. */
export function checkRunning(options: NormOptions & AffineOptions): void {
  const { runningMean, runningVar, norm, batchSize } = options;
  if (runningMean === undefined && runningVar === undefined) return;
  const [given, missing] = runningMean === undefined ? ["--running-var", "--running-mean"] : ["--running-mean", "--running-var"];
  if (runningMean === undefined || runningVar === undefined) throw usageError(`${given} needs ${missing}`);
  if (norm !== undefined && norm !== "batch")
    throw conflict("--running-mean", `--norm ${norm}`, "Running statistics are batch norm's.");
  if (batchSize !== undefined) throw conflict("--running-mean", "--batch-size", "With running statistics there are no batches.");
}

/** @throws NormstreamError of kind `usage` for options of a folder that is not written. */
export function checkForm(options: AffineOptions & NormOptions & RunOptions): void {
  const { as, fileBytes, limit, range, outDtype, batchSize, checkpoint } = options;
  if (fileBytes !== undefined && as !== "safetensors") throw usageError("--file-bytes goes with --as safetensors");
  if (limit !== undefined && as !== "png") throw usageError("--limit goes with --as png");
  if (range !== undefined && as !== "png") throw usageError("--range goes with --as png");
  if (as !== "png") return;
  if (outDtype !== undefined) throw conflict("--out-dtype", "--as png", "Pictures have 8 bits a value.");
  if (batchSize !== undefined) throw conflict("--batch-size", "--as png");
  if (checkpoint !== undefined) throw conflict("--checkpoint", "--as png");
}
