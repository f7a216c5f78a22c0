import {
  engineOf,
  type StatisticsOptions as PassOptions,
  type Pool,
  type Statistics,
  type StatisticsEvent,
  statistics$,
  statisticsOf,
  type Tensor,
} from "@normstream/pipeline";
import type { TensorSource } from "@normstream/tensor";
import type { Observable } from "rxjs";

/** How and where a statistics pass runs. */
export interface StatisticsOptions extends PassOptions {
  /** Where to run; default the calling thread. */
  readonly pool?: Pool | undefined;
}

/**
 * Computes the statistics of a tensor in one pass, whatever its size: memory stays within the pool's. From the result follow those of batch,
 * instance, group and layer norm without reading the data again. The same data give the same bits, however it is cut and
 * wherever it runs.
 *
 * @param source `[N, …]` tensor in any layout, not mutated: from `openTensor`, or a `tensor` in the pool's memory
 * @returns statistics with float64 arrays; dispose of them to give the table's memory back
 * @throws NormstreamError: `data` (0 samples, damaged bytes, a value that is not finite under the policy `error`), `usage`,
 *   `io`, or `aborted` by `options.signal`
 */
export function computeStatistics(source: TensorSource | Tensor, options: StatisticsOptions = {}): Promise<Statistics> {
  return statisticsOf(source, engineOf(options?.pool), options);
}

/** `computeStatistics` as an Observable: progress with a running estimate, then the statistics. Unsubscribing stops the pass. */
export function computeStatistics$(source: TensorSource | Tensor, options: StatisticsOptions = {}): Observable<StatisticsEvent> {
  return statistics$(source, engineOf(options?.pool), options);
}
