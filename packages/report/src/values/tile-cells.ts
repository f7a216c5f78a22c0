import type { MapTile } from "../report.js";

/** Values of a plane beyond which only its middle rows are shown. */
const MOST_VALUES = 1 << 22;

/** What part of a plane a tile shows. */
export interface Slice {
  readonly width: number;
  readonly height: number;
  /** Position of its first value. */
  readonly from: number;
}

/** Of [D, H, W] the middle slice; of a plane that is too large the rows in its middle. */
export function sliceOf(spatial: readonly number[]): Slice {
  const width = spatial.at(-1) ?? 1;
  const height = spatial.length > 1 ? (spatial.at(-2) as number) : 1;
  const depth = spatial.length > 2 ? (spatial.at(-3) as number) : 1;
  const shown = Math.max(1, Math.min(height, Math.floor(MOST_VALUES / width)));
  const from = Math.floor(depth / 2) * width * height + Math.floor((height - shown) / 2) * width;
  return { width: Math.min(width, MOST_VALUES), height: shown, from };
}

/** The cells of one tile, each the mean of the finite values that fall into it. */
export class TileCells {
  readonly #slice: Slice;
  readonly #width: number;
  readonly #height: number;
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;

  /** @param width of the tile, cells */
  constructor(slice: Slice, width: number, height: number) {
    this.#slice = slice;
    this.#width = width;
    this.#height = height;
    this.#sums = new Float64Array(width * height);
    this.#counts = new Float64Array(width * height);
  }

  /** @param position of the first value, from the slice's own first; those outside of it are left out */
  add(position: number, values: Float64Array): void {
    const { width, height } = this.#slice;
    const end = Math.min(values.length, width * height - position);
    for (let i = Math.max(0, -position); i < end; i++) {
      const value = values[i] as number;
      if (!Number.isFinite(value)) continue;
      const y = Math.floor((Math.floor((position + i) / width) * this.#height) / height);
      const x = Math.floor((((position + i) % width) * this.#width) / width);
      const at = y * this.#width + x;
      this.#sums[at] = (this.#sums[at] as number) + value;
      this.#counts[at] = (this.#counts[at] as number) + 1;
    }
  }

  finish(): Pick<MapTile, "low" | "high" | "pixels"> {
    const values = this.#sums.map((sum, i) => sum / (this.#counts[i] as number));
    const known = values.filter(Number.isFinite);
    const low = known.length > 0 ? known.reduce((a, b) => Math.min(a, b)) : 0;
    const high = known.length > 0 ? known.reduce((a, b) => Math.max(a, b)) : 0;
    const scale = high > low ? 254 / (high - low) : 0;
    const pixels = Uint8Array.from(values, (x) => (Number.isFinite(x) ? 1 + Math.round((x - low) * scale) : 0));
    return { low, high, pixels };
  }
}
