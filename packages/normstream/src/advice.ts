import { engineOf, type Pool, type Statistics, type Tensor } from "@normstream/pipeline";
import {
  type Advice,
  type AdviceOptions,
  adviceOf,
  buildReport,
  checkAdvice,
  type Finding,
  findingsOf,
  type MeasureOptions,
  measureTensor,
  type Report,
  type RunningEstimate,
  report$,
  scanTable,
} from "@normstream/report";
import { geometryOf, type TensorSource } from "@normstream/tensor";
import type { Observable } from "rxjs";
import { version } from "../package.json";

/** How the samples of a data set differ from each other. `[C]` float64 arrays, of finite values, correction 0. */
export interface InstanceDescription {
  /** Over all samples together: std² = varianceWithin + varianceBetween. */
  readonly std: Float64Array;
  /** Mean of the instances' own stds; null with the next two where the table's rows hold several samples. */
  readonly meanInstanceStd: Float64Array | null;
  /** Mean of the instances' variances. */
  readonly varianceWithin: Float64Array | null;
  /** Variance of the instances' means. */
  readonly varianceBetween: Float64Array | null;
  /** The mean of the first samples, and its standard error, at up to 48 points. */
  readonly convergence: RunningEstimate;
}

/**
 * Describes how samples differ, from the table of moments: the data are not read again.
 * @param statistics with their table; computed with `perInstance: true` where planes hold fewer than 256 values
 * @param options.channels which channels' convergence to watch; default up to 8, evenly spaced
 * @throws NormstreamError: `usage` where the table was not kept, or a channel does not exist; `io`; `aborted`
 */
export async function describeInstances(
  statistics: Statistics,
  options: { readonly channels?: readonly number[]; readonly signal?: AbortSignal } = {},
): Promise<InstanceDescription> {
  const { moments, instances, convergence } = await scanTable(statistics, { watched: options.channels, signal: options.signal });
  const parts = instances?.parts;
  return {
    std: moments.variance.map(Math.sqrt),
    meanInstanceStd: parts?.meanInstanceStd ?? null,
    varianceWithin: parts?.within ?? null,
    varianceBetween: parts?.between ?? null,
    convergence,
  };
}

/**
 * Says which norm suits a tensor, measured on its table of moments: noise of batch statistics, gap between training and inference,
 * memory, and a recommendation with its reasons and how sure it is. docs/adviser.md says what the figures mean.
 * @param statistics with their table; computed with `perInstance: true` where planes hold fewer than 256 values
 * @throws NormstreamError: `usage` for options that cannot be, labels of another number than samples; `io`; `aborted`
 */
export async function advise(
  statistics: Statistics,
  options: AdviceOptions & { readonly signal?: AbortSignal } = {},
): Promise<Advice> {
  const { batchSize = 32, signal } = options;
  return adviceOf(statistics, await scanTable(statistics, { batchSize, signal }), options);
}

/** How data are measured. */
export interface DataOptions extends MeasureOptions {
  /** Where to run; default the calling thread. */
  readonly pool?: Pool | undefined;
}

/**
 * Looks for what is wrong with a data set: one pass, and a second look at a few values.
 * @param source `[N, …]` tensor in any layout, not mutated
 * @returns findings, the gravest first
 * @throws NormstreamError as `computeStatistics`
 */
export async function checkData(source: TensorSource | Tensor, options: DataOptions = {}): Promise<Finding[]> {
  const { pool, ...measuring } = options;
  using measured = await measureTensor(source, engineOf(pool), measuring);
  return await findingsOf(measured, { signal: options.signal });
}

/** What a report is made with. */
export type ReportOptions = DataOptions &
  AdviceOptions & {
    /** Default the input's name. */
    readonly title?: string | undefined;
  };

/**
 * Makes a report of a data set: advice, findings, and pictures' worth of its values. `encodeReport` writes it as JSON, `reportBundle`
 * as a notebook's output.
 * @param source `[N, …]` tensor in any layout, not mutated
 * @throws NormstreamError as `computeStatistics`, and of kind `usage` for options of advice that cannot be
 */
export async function createReport(source: TensorSource | Tensor, options: ReportOptions = {}): Promise<Report> {
  const { pool, nan, shardBytes, signal, onProgress, batchSize, ...rest } = options;
  checkAdvice(options, geometryOf(source.shape, source.layout).samples);
  using measured = await measureTensor(source, engineOf(pool), { nan, shardBytes, signal, onProgress, batchSize });
  return await buildReport(measured, { ...rest, batchSize, version, signal });
}

/**
 * `createReport` as an Observable: reports of what has been read so far, each at most 32 KiB, at most four a second and all under one id,
 * then the whole one. Unsubscribing stops the pass.
 * @param options.intervalMs least time between two of them; default and at least 250
 */
export function createReport$(
  source: TensorSource | Tensor,
  options: ReportOptions & { readonly intervalMs?: number } = {},
): Observable<Report> {
  const { pool, ...rest } = options;
  return report$(source, engineOf(pool), { ...rest, version });
}
