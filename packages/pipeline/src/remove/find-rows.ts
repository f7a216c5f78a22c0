/** Rows of a table that are read by block; whole blocks, bit by bit. */
export interface BlockRows {
  readonly blocks: number;
  /** Float64 values of a block: C · 8. */
  readonly width: number;
  /** Blocks `from` to `to`, `[to − from, width]` float64, not mutated. */
  read(from: number, to: number): Float64Array;
}

/** Where a part stands in a whole: nowhere, at one place, or at several that differ in what they leave. */
export type Found =
  | { readonly kind: "none" }
  | { readonly kind: "one"; readonly block: number }
  | { readonly kind: "several"; readonly blocks: readonly [number, number] };

const BAND_BYTES = 4 << 20;

/** A prime below 2²⁶, so that products of two residues stay exact in float64. */
const PRIME = 67_108_859;
const BASE = 31_337;

/** How many blocks from `aAt` and `bAt` on are the same bits, up to `count`. */
export function equalBlocks(a: BlockRows, aAt: number, b: BlockRows, bAt: number, count: number): number {
  const limit = Math.max(1, Math.floor(BAND_BYTES / (8 * a.width)));
  for (let done = 0, band = 1; done < count; band = Math.min(limit, 4 * band)) {
    const take = Math.min(band, count - done);
    const [x, y] = [bitsOf(a.read(aAt + done, aAt + done + take)), bitsOf(b.read(bAt + done, bAt + done + take))];
    if (Buffer.compare(x, y) !== 0) {
      const bytes = 8 * a.width;
      for (let i = 0; i < take; i++) {
        if (x.compare(y, i * bytes, (i + 1) * bytes, i * bytes, (i + 1) * bytes) !== 0) return done + i;
      }
    }
    done += take;
  }
  return count;
}

const bitsOf = (rows: Float64Array): Buffer => Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength);

/**
 * Finds the rows of a part among those of a whole (Rabin and Karp: a rolling hash finds places, bits confirm them), in one run over the
 * whole and memory that does not grow with either. Places that leave the same rows when the part is taken out count as one.
 * @param allowed whether a part may be taken out at a block
 */
export function findRows(whole: BlockRows, part: BlockRows, allowed: (block: number) => boolean): Found {
  const { blocks: length } = part;
  let target = 0;
  for (const hash of hashes(part)) target = rolled(target, hash);
  // BASE^length, which is the weight of the block that leaves the window.
  let weight = 1;
  for (let i = 0; i < length; i++) weight = (weight * BASE) % PRIME;
  const leaving = hashes(whole);
  let window = 0;
  let end = 0;
  let first = -1;
  // The whole repeats itself at a distance of `length` from `first` to here, so that places up to here leave the same.
  let periodic = 0;
  for (const hash of hashes(whole)) {
    window = rolled(window, hash);
    end++;
    if (end < length) continue;
    const block = end - length;
    if (block > 0) {
      const gone = leaving.next().value as number;
      window = (((window - ((gone * weight) % PRIME)) % PRIME) + PRIME) % PRIME;
    }
    if (window !== target || !allowed(block)) continue;
    if (first >= 0) {
      periodic += equalBlocks(whole, periodic, whole, periodic + length, block - periodic);
      if (periodic === block) continue;
    }
    if (equalBlocks(whole, block, part, 0, length) < length) continue;
    if (first >= 0) return { kind: "several", blocks: [first, block] };
    first = block;
    periodic = block;
  }
  return first < 0 ? { kind: "none" } : { kind: "one", block: first };
}

const rolled = (window: number, hash: number): number => (window * BASE + hash) % PRIME;

/** A hash of each block, below PRIME. */
function* hashes(rows: BlockRows): Generator<number, undefined> {
  const { blocks, width } = rows;
  const band = Math.max(1, Math.floor(BAND_BYTES / (8 * width)));
  for (let from = 0; from < blocks; from += band) {
    const values = rows.read(from, Math.min(blocks, from + band));
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    for (let at = 0; at < words.length; at += 2 * width) {
      let hash = 0x811c9dc5;
      for (let i = at; i < at + 2 * width; i++) {
        hash = Math.imul(hash ^ (words[i] as number), 0x01000193);
        hash ^= hash >>> 15;
      }
      yield (hash >>> 0) % PRIME;
    }
  }
  return undefined;
}
