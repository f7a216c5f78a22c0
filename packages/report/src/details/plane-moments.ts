/** Mean and std of finite values that come in parts, about the first of them, so that a large mean costs no digits. */
export class PlaneMoments {
  #pivot = Number.NaN;
  #count = 0;
  #sum = 0;
  #squares = 0;

  add(values: Float64Array): void {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      if (this.#count === 0) this.#pivot = value;
      const d = value - this.#pivot;
      this.#count++;
      this.#sum += d;
      this.#squares += d * d;
    }
  }

  /** NaN where nothing finite came. */
  get mean(): number {
    return this.#pivot + this.#sum / this.#count;
  }

  /** Correction 0; NaN where nothing finite came. */
  get std(): number {
    return Math.sqrt(Math.max(0, this.#squares - this.#sum * (this.#sum / this.#count)) / this.#count);
  }
}
