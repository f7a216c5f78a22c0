import { COUNT, Fold, finishRows, M2, MEAN, mergeRow, type NanPolicy, ROW } from "@normstream/moments";
import type { OperatorFunction } from "rxjs";
import { assertEps, assertMomentum, assertNanPolicy, assertOptions } from "../arguments.js";
import { statisticsOf } from "../compute-statistics.js";
import { normalizeToTensor } from "../normalize.js";
import { outDTypeOf } from "../plan-normalize.js";
import { engineOf, type Pool } from "../pool.js";
import { replaceBy, type Tensor } from "../tensor.js";
import { type BatchOptions, batchOperator, onBatch } from "./batches.js";
import { checkSameChannels } from "./stream-moments.js";

/** How `standardize` weighs what has come, and where it runs. */
export interface StandardizeOptions extends BatchOptions {
  /**
   * Weight of the new batch in statistics that forget: mean and variance are those of a mixture of what was and the batch, so that a
   * mean that drifts counts too. null (the default): nothing is forgotten, and every value counts alike.
   */
  readonly momentum?: number | null;
  /** Added to the variance, inside the square root; default 1e-5. */
  readonly eps?: number;
  /** The pool that the tensors live in; default that of calls that name none. */
  readonly pool?: Pool;
  /** What becomes of values that are not finite; default `propagate`, in which one NaN makes its channel NaN from then on. */
  readonly nan?: NanPolicy;
}

/**
 * Standardizes each channel of a stream by the statistics of all that has come, the batch at hand included. Tensors are taken over,
 * and normalized in place where the dtype stays what it is; what is emitted is the receiver's.
 *
 * With `momentum: null` the statistics are exactly those of the stream so far (merged by counts: Chan, Golub and LeVeque 1979); with a number f
 * old and new are merged with weights 1 − f and f, the first batch with weight 1 (exponentially weighted moments: West 1979).
 * @throws NormstreamError of kind `usage` for options that cannot be; as the stream's error, with `details.batch`, `usage` for other channels
 *   than before, `data` under the policy `error`
 */
export function standardize(options: StandardizeOptions = {}): OperatorFunction<Tensor, Tensor> {
  assertOptions(options);
  const { momentum = null, eps, nan = "propagate" } = options;
  assertMomentum(momentum);
  if (eps !== undefined) assertEps(eps);
  assertNanPolicy(nan);
  const engine = engineOf(options.pool);
  return batchOperator(() => {
    const running = momentum === null ? new CumulativeRows() : new ExponentialRows(momentum);
    return {
      take: (x: Tensor, _: number, signal: AbortSignal) =>
        onBatch(x, async () => {
          using statistics = await statisticsOf(x, engine, { nan, keepTable: false, signal });
          const { mean, variance } = finishRows(running.add(statistics.total), nan);
          const into = x.dtype === outDTypeOf(x.dtype) ? { into: x } : {};
          const by = { runningMean: mean, runningVar: variance };
          const y = await normalizeToTensor(x, engine, { by, nan, ...(eps === undefined ? {} : { eps }) }, { ...into, signal });
          if (y !== x) replaceBy(x, y);
          return y;
        }),
    };
  }, options);
}

/** All rows, by counts. */
class CumulativeRows {
  #fold: Fold | null = null;

  add(rows: Float64Array): Float64Array {
    this.#fold ??= new Fold(rows.length / ROW);
    checkSameChannels(rows.length / ROW, this.#fold.width);
    this.#fold.push(rows);
    return this.#fold.result();
  }
}

/** Rows with weights for counts: those of all that came before shrink with each batch. */
class ExponentialRows {
  readonly #momentum: number;
  #rows: Float64Array | null = null;

  constructor(momentum: number) {
    this.#momentum = momentum;
  }

  add(rows: Float64Array): Float64Array {
    const before = this.#rows;
    const now = weighted(rows, before ? this.#momentum : 1);
    if (before) {
      checkSameChannels(rows.length, before.length);
      const old = weighted(before, 1 - this.#momentum);
      for (let i = 0; i < now.length; i += ROW) mergeRow(old, i, now, i, now, i);
    }
    this.#rows = now;
    return now;
  }
}

/** The same mean and variance with another weight for their count. */
function weighted(rows: Float64Array, weight: number): Float64Array {
  const out = rows.slice();
  for (let i = 0; i < out.length; i += ROW) {
    const count = out[i + COUNT] as number;
    if (count === 0) continue;
    out[i + COUNT] = weight;
    out[i + M2] = ((out[i + M2] as number) / count) * weight;
    if (weight === 0) out[i + MEAN] = 0;
  }
  return out;
}
