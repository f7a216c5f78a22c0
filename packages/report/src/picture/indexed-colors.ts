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

/** Colours that are near each other, as one: how many pixels have them, and their sums. */
interface Bucket {
  readonly key: number;
  count: number;
  readonly sum: [number, number, number];
}

/**
 * Finds the 256 colours that stand for a picture's: those of charts and text are few, and keep to themselves; where there are more,
 * boxes of near colours are cut in two at their middle until there are enough (median cut, Heckbert 1982).
 * @param rgba `[pixels · 4]`, opaque
 */
export function indexedColors(rgba: Uint8Array, colors = COLORS): IndexedColors {
  const buckets = countColors(rgba);
  const boxes = cutBoxes([...buckets.values()], colors);
  const palette = new Uint8Array(boxes.length * 3);
  const indexOf = new Map<number, number>();
  boxes.forEach((box, index) => {
    palette.set(meanOf(box), index * 3);
    for (const { key } of box) indexOf.set(key, index);
  });
  const pixels = new Uint8Array(rgba.length / 4);
  for (let i = 0; i < pixels.length; i++) pixels[i] = indexOf.get(keyAt(rgba, i * 4)) as number;
  return { palette, pixels };
}

const keyAt = (rgba: Uint8Array, at: number): number =>
  (((rgba[at] as number) >> DROPPED) << (2 * BITS)) |
  (((rgba[at + 1] as number) >> DROPPED) << BITS) |
  ((rgba[at + 2] as number) >> DROPPED);

function countColors(rgba: Uint8Array): Map<number, Bucket> {
  const buckets = new Map<number, Bucket>();
  for (let at = 0; at < rgba.length; at += 4) {
    const key = keyAt(rgba, at);
    let bucket = buckets.get(key);
    if (!bucket) {
      bucket = { key, count: 0, sum: [0, 0, 0] };
      buckets.set(key, bucket);
    }
    bucket.count++;
    for (let i = 0; i < 3; i++) bucket.sum[i as 0] += rgba[at + i] as number;
  }
  return buckets;
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
