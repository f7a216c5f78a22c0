/** Bytes of a cache line. */
const LINE: usize = 64;

/** Rows shorter than this lie so close that reading them is reading one stream as it is. */
const LEAST_STEP: usize = 2 * LINE;

/** Half of a first cache: longer tiles would push out what was brought in. */
const MOST_BYTES: usize = 16 * 1024;

/** Holds what was read, so that no compiler leaves the reading out. */
let seen: v128 = i32x4.splat(0);

/**
 * Brings the rows of a tile, `step` bytes apart, into the cache by reading them from first to last: prefetchers follow that one stream
 * better than a stream a row, which columns that run down the rows would be.
 */
export function touch(source: usize, step: usize, rows: usize): void {
  const bytes = rows * step;
  if (step < LEAST_STEP || bytes > MOST_BYTES) return;
  let all = seen;
  for (let at = source; at + 16 <= source + bytes; at += LINE) all = v128.or(all, v128.load(at));
  seen = all;
}
