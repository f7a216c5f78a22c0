/** A well-mixed 32-bit hash of an index (MurmurHash3's finalizer over both halves). The same on every machine. */
export function indexHash(index: number): number {
  const low = mix(index >>> 0);
  const high = index < 2 ** 32 ? 0 : mix(Math.floor(index / 2 ** 32) + 0x9e3779b9);
  return mix(low ^ high ^ 0x85ebca6b);
}

function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * `count` of the indices 0 … length − 1, or all of them: those of the smallest hash, ties by index. The choice depends on the two
 * numbers alone, and a smaller choice is part of a larger one.
 * @returns ascending
 */
export function sampledIndices(length: number, count: number): Float64Array {
  if (count >= length) return Float64Array.from({ length }, (_, i) => i);
  for (let slack = 1.1; ; slack *= 2) {
    const limit = Math.min(2 ** 32, ((count * slack + 64) / length) * 2 ** 32);
    const found: { hash: number; index: number }[] = [];
    for (let index = 0; index < length; index++) {
      const hash = indexHash(index);
      if (hash < limit) found.push({ hash, index });
    }
    if (found.length < count && limit < 2 ** 32) continue;
    found.sort((a, b) => a.hash - b.hash || a.index - b.index);
    return Float64Array.from(found.slice(0, count), ({ index }) => index).sort();
  }
}
