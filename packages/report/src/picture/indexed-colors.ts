/** RGBA pixels brought down to at most 256 colours. */
export interface IndexedColors {
  /** RGB, three bytes a colour. */
  readonly palette: Uint8Array;
  /** A colour for each pixel. */
  readonly pixels: Uint8Array;
}

const COLORS = 256;
/** Bits of each of red, green and blue by which near colours are counted as one. */
const BITS = 6;
const DROPPED = 8 - BITS;

/** Keys of colours that are counted as one. */
const KEYS = 1 << (3 * BITS);

/** Colours that are near each other, as one: how many pixels have them, and their sums. */
interface Bucket {
  readonly key: number;
  readonly count: number;
  readonly sum: readonly [number, number, number];
}

/**
 * Finds the 256 colours that stand for a picture's: those of charts and text are few, and keep to themselves; where there are more,
 * boxes of near colours are cut in two at their middle until there are enough (median cut, Heckbert 1982).
 * @param rgba `[pixels · 4]`, opaque
 */
export function indexedColors(rgba: Uint8Array, colors = COLORS): IndexedColors {
  const pixels = new Uint32Array(rgba.slice().buffer);
  const boxes = cutBoxes(countColors(pixels), colors);
  const palette = new Uint8Array(boxes.length * 3);
  const indexOf = new Uint8Array(KEYS);
  boxes.forEach((box, index) => {
    palette.set(meanOf(box), index * 3);
    for (const { key } of box) indexOf[key] = index;
  });
  const indices = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; ) {
    const end = runEnd(pixels, at);
    indices.fill(indexOf[keyOf(pixels[at] as number)] as number, at, end);
    at = end;
  }
  return { palette, pixels: indices };
}

/** Of a pixel as a number: red in its lowest byte, as memory of all machines that run this has it. */
const keyOf = (pixel: number): number =>
  (((pixel & 0xff) >> DROPPED) << (2 * BITS)) |
  ((((pixel >> 8) & 0xff) >> DROPPED) << BITS) |
  (((pixel >> 16) & 0xff) >> DROPPED);

/** Where the pixels that are as the one at `at` end. Neighbours are mostly of one colour. */
function runEnd(pixels: Uint32Array, at: number): number {
  const pixel = pixels[at];
  let end = at + 1;
  while (end < pixels.length && pixels[end] === pixel) end++;
  return end;
}

/** Buckets of the colours that there are, in the order in which they come. */
function countColors(pixels: Uint32Array): Bucket[] {
  const counts = new Float64Array(KEYS * 4);
  const found: number[] = [];
  for (let at = 0; at < pixels.length; ) {
    const pixel = pixels[at] as number;
    const end = runEnd(pixels, at);
    const run = end - at;
    const key = keyOf(pixel);
    const place = key * 4;
    if (counts[place] === 0) found.push(key);
    counts[place] = (counts[place] as number) + run;
    for (let i = 0; i < 3; i++) {
      counts[place + 1 + i] = (counts[place + 1 + i] as number) + run * ((pixel >> (8 * i)) & 0xff);
    }
    at = end;
  }
  return found.map((key) => {
    const [count, red, green, blue] = counts.subarray(key * 4, key * 4 + 4) as unknown as [number, number, number, number];
    return { key, count, sum: [red, green, blue] };
  });
}

type Box = readonly Bucket[];

function meanOf(box: Box): readonly number[] {
  const count = box.reduce((sum, bucket) => sum + bucket.count, 0);
  return [0, 1, 2].map((i) => Math.round(box.reduce((sum, bucket) => sum + (bucket.sum[i as 0] as number), 0) / count));
}

const component = ({ key }: Bucket, i: number): number => (key >> (BITS * (2 - i))) & ((1 << BITS) - 1);

/** How much would be gained by cutting a box: its extent, weighed by how many pixels it is of. And along which colour. */
function spreadOf(box: Box): { readonly axis: number; readonly gain: number } {
  const extents = [0, 1, 2].map((i) => {
    const values = box.map((bucket) => component(bucket, i));
    return Math.max(...values) - Math.min(...values);
  });
  const widest = Math.max(...extents);
  const count = box.reduce((sum, bucket) => sum + bucket.count, 0);
  return { axis: extents.indexOf(widest), gain: box.length < 2 ? -1 : widest * Math.sqrt(count) };
}

function cutBoxes(all: Box, colors: number): Box[] {
  const boxes = [{ box: all, ...spreadOf(all) }];
  while (boxes.length < colors) {
    const widest = boxes.reduce((best, each) => (each.gain > best.gain ? each : best));
    if (widest.gain < 0) break;
    boxes.splice(boxes.indexOf(widest), 1);
    for (const box of halvesOf(widest.box, widest.axis)) boxes.push({ box, ...spreadOf(box) });
  }
  return boxes.map(({ box }) => box);
}

/** Two boxes of about as many pixels each, neither of them empty. */
function halvesOf(box: Box, axis: number): [Box, Box] {
  const sorted = [...box].sort((a, b) => component(a, axis) - component(b, axis) || a.key - b.key);
  const half = sorted.reduce((sum, { count }) => sum + count, 0) / 2;
  let [at, seen] = [0, 0];
  while (at < sorted.length - 1 && seen + (sorted[at] as Bucket).count / 2 < half) seen += (sorted[at++] as Bucket).count;
  const cut = Math.max(1, Math.min(sorted.length - 1, at));
  return [sorted.slice(0, cut), sorted.slice(cut)];
}
