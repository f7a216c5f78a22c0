import { COUNT, M2, MEAN, type Moments, ROW } from "@normstream/moments";

/** A channel's variance in its two parts, which add up to it: σ² = within + between. */
export interface VarianceParts {
  /** Mean of the instances' variances, weighted by their finite values. `[C]` float64 */
  readonly within: Float64Array;
  /** Variance of the instances' means about the mean of all, so weighted. `[C]` float64 */
  readonly between: Float64Array;
  /** Mean of the stds of instances that have finite values (correction 0). `[C]` float64 */
  readonly meanInstanceStd: Float64Array;
}

/** Takes rows of single samples and splits the variance of each channel into what lies within and between instances. */
export class VarianceSplit {
  readonly #moments: Moments;
  readonly #within: Float64Array;
  readonly #between: Float64Array;
  readonly #stds: Float64Array;
  readonly #instances: Float64Array;

  /** @param moments of all samples, finite values alone */
  constructor(moments: Moments) {
    this.#moments = moments;
    const column = () => new Float64Array(moments.mean.length);
    this.#within = column();
    this.#between = column();
    this.#stds = column();
    this.#instances = column();
  }

  /** Adds rows, `[samples, C, 8]` float64, not mutated. */
  push(rows: Float64Array): void {
    const channels = this.#within.length;
    for (let row = 0, c = 0; row < rows.length; row += ROW, c = c + 1 === channels ? 0 : c + 1) {
      const count = rows[row + COUNT] as number;
      if (count === 0) continue;
      const m2 = rows[row + M2] as number;
      const d = (rows[row + MEAN] as number) - (this.#moments.mean[c] as number);
      this.#within[c] = (this.#within[c] as number) + m2;
      this.#between[c] = (this.#between[c] as number) + count * d * d;
      this.#stds[c] = (this.#stds[c] as number) + Math.sqrt(m2 / count);
      this.#instances[c] = (this.#instances[c] as number) + 1;
    }
  }

  finish(): VarianceParts {
    const { count } = this.#moments;
    return {
      within: this.#within.map((sum, c) => sum / (count[c] as number)),
      between: this.#between.map((sum, c) => sum / (count[c] as number)),
      meanInstanceStd: this.#stds.map((sum, c) => sum / (this.#instances[c] as number)),
    };
  }
}
