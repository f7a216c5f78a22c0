import { Fold, finishRows, type Moments, type NanPolicy, ROW } from "@normstream/moments";
import { usageError } from "@normstream/tensor";

/** Moments of some batches of a stream: `[C]` each. They merge exactly, see `mergeMoments`. */
export interface StreamMoments {
  /** Place among what the operator emitted, or that the caller gives a part: what merges go by. */
  readonly index: number;
  /** Batches that they are of. */
  readonly batches: number;
  /** Samples that they are of. */
  readonly samples: number;
  /** `[C]` arrays: count, mean, m2, variance (correction 0), min, max, counts of values that are not finite. */
  readonly moments: Moments;
  /** `[C, 8]` rows, as a table of moments has them. */
  readonly rows: Float64Array;
}

/** @throws NormstreamError of kind `usage` for another number of channels than a stream had before */
export function checkSameChannels(found: number, expected: number): void {
  if (found !== expected) throw usageError(`${found} channels`, { expected: `${expected}, as before` });
}

/** The batches of a window or a stream, merged in the canonical tree, a batch a leaf. */
export class BatchFold {
  #fold: Fold | null = null;
  #samples = 0;

  /** @param rows `[C, 8]`. @throws NormstreamError of kind `usage` for another number of channels than before */
  push(rows: Float64Array, samples: number): void {
    const channels = rows.length / ROW;
    this.#fold ??= new Fold(channels);
    checkSameChannels(channels, this.#fold.width);
    this.#fold.push(rows);
    this.#samples += samples;
  }

  get batches(): number {
    return this.#fold?.length ?? 0;
  }

  /** What has been merged so far. */
  moments(index: number, nan: NanPolicy): StreamMoments {
    const rows = this.#fold?.result() ?? new Float64Array();
    return { index, batches: this.batches, samples: this.#samples, rows, moments: finishRows(rows, nan) };
  }
}
