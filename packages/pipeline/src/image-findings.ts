import type { SkippedImage } from "@normstream/formats";
import { grainOf, type TableShape } from "@normstream/moments";
import { dataError, type ImagesStorage, type StoredTensor } from "@normstream/tensor";
import { isSize } from "./image-shard.js";
import type { ImageSize, ShardResult } from "./pass.js";

/** Left-out images that are named; all are counted. */
const MOST_NAMED = 1000;

/** What a pass over images finds out that nobody knew before: their sizes, and which cannot be decoded. */
export class ImageFindings {
  #size: ImageSize | "varying" | null = null;
  readonly #skipped: SkippedImage[] = [];
  /** Ascending. */
  readonly #skippedSamples: number[] = [];

  /** Takes shards' results, in order of index. */
  add({ images }: ShardResult): void {
    if (!images) return;
    for (const image of images.skipped) {
      if (this.#skipped.length < MOST_NAMED) this.#skipped.push(image);
      this.#skippedSamples.push(image.sample);
    }
    const { size } = images;
    if (size === null) return;
    this.#size = this.#size === null || (size !== "varying" && isSize(this.#size, size)) ? size : "varying";
  }

  /** What was left out; undefined where nothing was. */
  get skipped(): { readonly count: number; readonly first: readonly SkippedImage[] } | undefined {
    const count = this.#skippedSamples.length;
    return count === 0 ? undefined : { count, first: this.#skipped };
  }

  /** The table that the rows are: without what was left out, and S = 0 where sizes vary (rule 13). */
  tableOf(table: TableShape): TableShape {
    const samples = table.samples - this.#skippedSamples.length;
    const planeSize = this.#size === "varying" || this.#size === null ? 0 : this.#size.width * this.#size.height;
    return { ...table, samples, planeSize };
  }

  /** The shape of the data set: 0 stands for an extent that varies. */
  shapeOf({ shape, layout }: StoredTensor): readonly number[] {
    const size = this.#size === "varying" || this.#size === null ? { width: 0, height: 0 } : this.#size;
    const extents = { N: (shape[0] as number) - this.#skippedSamples.length, H: size.height, W: size.width };
    return shape.map((extent, axis) => extents[layout[axis] as keyof typeof extents] ?? extent);
  }

  /** @throws NormstreamError of kind `data` where nothing is left. */
  assertSome(name: string): void {
    if (this.#size === null) throw dataError("no image can be decoded", { file: name, expected: "at least one of them" });
  }

  /**
   * The data set as a tensor of images of one size, where its rows are to hold several samples each; else null, and the rows of single
   * images are those of the table.
   */
  blocked(source: StoredTensor, perInstance: boolean | undefined): StoredTensor | null {
    const { storage } = source;
    const size = this.#size;
    if (storage.kind !== "images" || size === null || size === "varying") return null;
    if (grainOf(size.width * size.height, perInstance === true) === 1) return null;
    return { ...source, shape: this.shapeOf(source), storage: withoutSamples(storage, this.#skippedSamples) };
  }
}

/** The images but some, counted anew. @param left ascending samples that are left out */
function withoutSamples(storage: ImagesStorage, left: readonly number[]): ImagesStorage {
  if (left.length === 0) return storage;
  return {
    ...storage,
    count: storage.count - left.length,
    slice(from, to) {
      const first = originalOf(from, left);
      const parts = storage.slice(first, originalOf(to - 1, left) + 1).filter(({ firstSample }) => !left.includes(firstSample));
      return parts.map((part, i) => ({ ...part, firstSample: from + i }));
    },
  };
}

/** Which sample of all is number `n` of those that are left. */
function originalOf(n: number, left: readonly number[]): number {
  let sample = n;
  for (const skipped of left) {
    if (skipped > sample) break;
    sample++;
  }
  return sample;
}
