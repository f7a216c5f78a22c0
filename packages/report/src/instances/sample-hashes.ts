import { ROW } from "@normstream/moments";

/** Hashes that are kept at most; beyond them those of the smallest value, which are all copies of the samples that they keep. */
const MOST_HASHES = 4_000_000;

/** Samples whose hashes are equal, and so may be copies of each other. */
export interface SampleMatches {
  /** Part of the distinct contents that was looked at, 0 to 1. */
  readonly fraction: number;
  /** Sample numbers, ascending, each list of two or more; the lists by their first sample. */
  readonly groups: readonly (readonly number[])[];
}

/** Hashes samples by their rows of moments, and finds those that agree. */
export class SampleHashes {
  readonly #channels: number;
  readonly #most: number;
  #hashes: { hash: number; sample: number }[] = [];
  #limit = 2 ** 53;
  #samples = 0;

  /** @param options.most hashes to keep */
  constructor(channels: number, options: { most?: number } = {}) {
    this.#channels = channels;
    this.#most = options.most ?? MOST_HASHES;
  }

  /** Adds the next samples' rows, `[samples, C, 8]` float64, not mutated. */
  push(rows: Float64Array): void {
    const words = new Int32Array(rows.buffer, rows.byteOffset, rows.length * 2);
    const width = this.#channels * ROW * 2;
    for (let at = 0; at < words.length; at += width) this.add(contentHash(words, at, at + width));
  }

  /** Adds the next sample by the hash of its content, below 2^53. */
  add(hash: number): void {
    const sample = this.#samples++;
    if (hash >= this.#limit) return;
    this.#hashes.push({ hash, sample });
    if (this.#hashes.length <= this.#most) return;
    // Which contents stay depends on the contents alone, so that copies stay together.
    this.#limit /= 2;
    this.#hashes = this.#hashes.filter((entry) => entry.hash < this.#limit);
  }

  finish(): SampleMatches {
    this.#hashes.sort((a, b) => a.hash - b.hash || a.sample - b.sample);
    const groups: number[][] = [];
    for (let i = 0; i < this.#hashes.length; ) {
      let end = i + 1;
      while (this.#hashes[end]?.hash === this.#hashes[i]?.hash) end++;
      if (end - i > 1) groups.push(this.#hashes.slice(i, end).map(({ sample }) => sample));
      i = end;
    }
    groups.sort((a, b) => (a[0] as number) - (b[0] as number));
    return { fraction: this.#limit / 2 ** 53, groups };
  }
}

/** A 53-bit hash of some words: two chains of MurmurHash3's steps with different constants. */
export function contentHash(words: Int32Array, from = 0, to = words.length): number {
  let a = 0x9747b28c;
  let b = 0x3c6ef372;
  for (let i = from; i < to; i++) {
    const word = words[i] as number;
    a = Math.imul(a ^ Math.imul(word, 0xcc9e2d51), 0x1b873593);
    a = (a << 13) | (a >>> 19);
    b = Math.imul(b ^ Math.imul(word, 0x85ebca77), 0xc2b2ae3d);
    b = (b << 17) | (b >>> 15);
  }
  const finish = (x: number) => {
    const h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    return (h ^ (h >>> 13)) >>> 0;
  };
  return (finish(a ^ (b >>> 7)) >>> 11) * 2 ** 32 + finish(b);
}
