import { type ByteSource, type Geometry, packedStrides, type Region, type StoredTensor } from "@normstream/tensor";

/** Bytes up to which a gap between two runs is read along rather than skipped by a read of its own. */
const GAP = 4096;
const WINDOW = 1 << 20;

/** One axis other than the samples: where it lies in the file, and what a step along it means. */
interface Axis {
  readonly from: number;
  readonly to: number;
  readonly fileStride: number;
  /** Step in channels and in positions of a plane. */
  readonly channel: number;
  readonly position: number;
}

/**
 * Reads a region of a tensor in column-major (Fortran) order into C order of its layout. Correct for every shape; its speed
 * depends on how many samples one read can take along.
 * @param target packed region, `itemSize` bytes an element; the only thing mutated
 */
export async function gatherRegion(
  bytes: ByteSource,
  source: StoredTensor,
  geometry: Geometry,
  region: Region,
  itemSize: number,
  byteOffset: number,
  target: Uint8Array,
): Promise<void> {
  const axes = axesOutermostFirst(source, geometry, region, itemSize);
  const packed = packedStrides(geometry, region);
  const samples = region.sampleEnd - region.sample;
  // Samples vary fastest in column-major order: one run of them for each channel and position.
  const run = samples * itemSize;
  const sampleAxis = source.shape[0] as number;
  const takesGaps = (sampleAxis - samples) * itemSize <= GAP;
  const fileEnd = byteOffset + source.shape.reduce((a, b) => a * b, itemSize);
  const window = new Uint8Array(Math.max(WINDOW, run));
  let windowStart = 0;
  let windowEnd = 0;
  const counter = axes.map(({ from }) => from);
  for (let done = axes.some(({ from, to }) => from >= to) || run === 0; !done; done = advance(counter, axes)) {
    let channel = 0;
    let position = 0;
    let start = byteOffset + region.sample * itemSize;
    for (let a = 0; a < axes.length; a++) {
      const axis = axes[a] as Axis;
      const index = counter[a] as number;
      channel += index * axis.channel;
      position += index * axis.position;
      start += index * axis.fileStride;
    }
    if (position < region.position || position >= region.positionEnd) continue;
    if (start < windowStart || start + run > windowEnd) {
      const length = takesGaps ? Math.min(window.length, fileEnd - start) : run;
      const got = bytes.read(window.subarray(0, length), start);
      if (typeof got !== "number") await got;
      windowStart = start;
      windowEnd = start + length;
    }
    const at = (channel - region.channel) * packed.channel + (position - region.position) * packed.position;
    scatter(window, start - windowStart, samples, target, at * itemSize, packed.sample * itemSize, itemSize);
  }
}

function axesOutermostFirst(source: StoredTensor, geometry: Geometry, region: Region, itemSize: number): Axis[] {
  const { shape, layout } = source;
  const channelAxis = layout.indexOf("C");
  const axes: Axis[] = [];
  let fileStride = itemSize * (shape[0] as number);
  let spatial = 0;
  for (let axis = 1; axis < shape.length; axis++) {
    const extent = shape[axis] as number;
    if (axis === channelAxis) {
      axes.push({ from: region.channel, to: region.channelEnd, fileStride, channel: 1, position: 0 });
    } else {
      const position = geometry.spatial.slice(++spatial).reduce((a, b) => a * b, 1);
      const isFirst = spatial === 1;
      axes.push({
        from: isFirst ? Math.floor(region.position / position) : 0,
        to: isFirst ? Math.min(extent, Math.ceil(region.positionEnd / position)) : extent,
        fileStride,
        channel: 0,
        position,
      });
    }
    fileStride *= extent;
  }
  return axes.reverse();
}

/** The next index, the last axis fastest; true when there is none. */
function advance(counter: number[], axes: readonly Axis[]): boolean {
  for (let a = axes.length - 1; a >= 0; a--) {
    const axis = axes[a] as Axis;
    counter[a] = (counter[a] as number) + 1;
    if ((counter[a] as number) < axis.to) return false;
    counter[a] = axis.from;
  }
  return true;
}

/** Copies consecutive elements to places `strideBytes` apart. */
function scatter(
  from: Uint8Array,
  at: number,
  count: number,
  to: Uint8Array,
  first: number,
  strideBytes: number,
  itemSize: number,
): void {
  for (let i = 0, p = first, q = at; i < count; i++, p += strideBytes) {
    for (let byte = 0; byte < itemSize; byte++) to[p + byte] = from[q++] as number;
  }
}
