import { COUNT, M2, MEAN, type Moments, ROW } from "@normstream/moments";

/** Fewer full batches than this say nothing of how batches differ. */
const LEAST_BATCHES = 4;

/** Noise of batches of consecutive samples, in the order of the data. */
export interface ConsecutiveNoise {
  readonly batchSize: number;
  /** Full batches that it was taken over. */
  readonly batches: number;
  /** J of each channel: √(E(M_b − μ)²/σ² + Var(V_b)/σ⁴/4). NaN where σ = 0 or an instance has no finite value. `[C]` float64 */
  readonly j: Float64Array;
}

/** Sums of one batch size. `[C]` float64 each. */
interface Tally {
  readonly batchSize: number;
  readonly means: Float64Array;
  readonly squares: Float64Array;
  readonly variances: Float64Array;
  filled: number;
  batches: number;
  /** Σ (M_b − μ)², Σ (V_b − σ²), Σ (V_b − σ²)² */
  readonly ofMeans: Float64Array;
  readonly ofVariances: Float64Array;
  readonly ofSquares: Float64Array;
}

/** Takes rows of single samples in their order and measures how batches of them differ. */
export class ConsecutiveBatches {
  readonly #moments: Moments;
  readonly #channels: number;
  readonly #tallies: readonly Tally[];

  /** @param moments of all samples, finite values alone */
  constructor(moments: Moments, samples: number, batchSizes: readonly number[]) {
    this.#moments = moments;
    this.#channels = moments.mean.length;
    const column = () => new Float64Array(this.#channels);
    this.#tallies = [...new Set(batchSizes)]
      .filter((batchSize) => batchSize >= 1 && Math.floor(samples / batchSize) >= LEAST_BATCHES)
      .sort((a, b) => a - b)
      .map((batchSize) => ({
        ...{ batchSize, filled: 0, batches: 0, means: column(), squares: column(), variances: column() },
        ...{ ofMeans: column(), ofVariances: column(), ofSquares: column() },
      }));
  }

  /** Adds the next samples' rows, `[samples, C, 8]` float64, not mutated. */
  push(rows: Float64Array): void {
    const width = this.#channels * ROW;
    for (let at = 0; at < rows.length; at += width) {
      for (const tally of this.#tallies) this.#add(tally, rows, at);
    }
  }

  finish(): readonly ConsecutiveNoise[] {
    return this.#tallies.map(({ batchSize, batches, ofMeans, ofVariances, ofSquares }) => ({
      batchSize,
      batches,
      j: ofMeans.map((sum, c) => {
        const variance = this.#moments.variance[c] as number;
        const spread = (ofSquares[c] as number) / batches - ((ofVariances[c] as number) / batches) ** 2;
        const eta2 = sum / batches / variance;
        return variance > 0 ? Math.sqrt(eta2 + Math.max(0, spread) / variance ** 2 / 4) : Number.NaN;
      }),
    }));
  }

  #add(tally: Tally, rows: Float64Array, at: number): void {
    const { means, squares, variances, batchSize } = tally;
    const { mean } = this.#moments;
    for (let c = 0; c < means.length; c++) {
      const row = at + c * ROW;
      const count = rows[row + COUNT] as number;
      // 0/0 for an instance without finite values: the channel has no figure.
      const d = count === 0 ? Number.NaN : (rows[row + MEAN] as number) - (mean[c] as number);
      means[c] = (means[c] as number) + d;
      squares[c] = (squares[c] as number) + d * d;
      variances[c] = (variances[c] as number) + (rows[row + M2] as number) / count;
    }
    if (++tally.filled === batchSize) this.#close(tally);
  }

  #close(tally: Tally): void {
    const { means, squares, variances, batchSize, ofMeans, ofVariances, ofSquares } = tally;
    for (let c = 0; c < means.length; c++) {
      const d = (means[c] as number) / batchSize;
      const v = ((variances[c] as number) + (squares[c] as number)) / batchSize - d * d - (this.#moments.variance[c] as number);
      ofMeans[c] = (ofMeans[c] as number) + d * d;
      ofVariances[c] = (ofVariances[c] as number) + v;
      ofSquares[c] = (ofSquares[c] as number) + v * v;
    }
    for (const sums of [means, squares, variances]) sums.fill(0);
    tally.filled = 0;
    tally.batches++;
  }
}
