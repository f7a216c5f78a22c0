import { type Geometry, type Layout, packedStrides, type Region } from "@normstream/tensor";

/** Some elements of a tensor, as something decoded them: a chunk, a window. */
export interface Box {
  /** Elements as unsigned integers of their size: 1, 2, 4 or 8 bytes. Read, not changed. */
  readonly data: Uint8Array | Uint16Array | Uint32Array | BigUint64Array;
  /** Index of the first element along each axis of the tensor. */
  readonly origin: readonly number[];
  readonly shape: readonly number[];
  /** Distances in `data` between neighbours along each axis. */
  readonly stride: readonly number[];
}

/** Range of indices along each axis of a tensor's shape; `to` is one past the last. */
export interface AxisRange {
  readonly from: number;
  readonly to: number;
}

/** The smallest box of whole rows of the first spatial axis that holds a region. */
export function enclosingBox(layout: Layout, geometry: Geometry, region: Region): AxisRange[] {
  const { spatial } = geometry;
  const perRow = spatial.slice(1).reduce((a, b) => a * b, 1);
  let nextSpatial = 0;
  return [...layout].map((axis) => {
    if (axis === "N") return { from: region.sample, to: region.sampleEnd };
    if (axis === "C") return { from: region.channel, to: region.channelEnd };
    const extent = spatial[nextSpatial] as number;
    if (nextSpatial++ > 0) return { from: 0, to: extent };
    return { from: Math.floor(region.position / perRow), to: Math.min(extent, Math.ceil(region.positionEnd / perRow)) };
  });
}

/** Copies those elements of a box that lie in a region to their places in the packed region. @param target the only thing mutated */
export function scatterBox(box: Box, layout: Layout, geometry: Geometry, region: Region, target: Uint8Array): void {
  const size = box.data.BYTES_PER_ELEMENT;
  const out = elementsOf(target, size);
  const strides = packedStrides(geometry, region);
  const ranges = enclosingBox(layout, geometry, region);
  const rank = layout.length;
  const last = rank - 1;
  const bounds = ranges.map(({ from, to }, axis) => {
    const start = box.origin[axis] as number;
    return { from: Math.max(from, start), to: Math.min(to, start + (box.shape[axis] as number)) };
  });
  if (bounds.some(({ from, to }) => from >= to)) return;
  /** What one step along each axis means: in samples and channels of the target, and in positions. */
  const positions = positionSteps(layout, geometry);
  const run = bounds[last] as AxisRange;
  const lastPosition = positions[last] as number;
  const outStep = layout[last] === "C" ? strides.channel : lastPosition * strides.position;
  const boxStep = box.stride[last] as number;
  const visit = (axis: number, at: number, place: number, position: number): void => {
    if (axis < last) {
      const { from, to } = bounds[axis] as AxisRange;
      for (let i = from; i < to; i++) {
        const source = at + (i - (box.origin[axis] as number)) * (box.stride[axis] as number);
        if (layout[axis] === "N") visit(axis + 1, source, place + (i - region.sample) * strides.sample, position);
        else if (layout[axis] === "C") visit(axis + 1, source, place + (i - region.channel) * strides.channel, position);
        else visit(axis + 1, source, place, position + i * (positions[axis] as number));
      }
      return;
    }
    let { from, to } = run;
    if (lastPosition > 0) {
      // Positions of the run outside of the region: it begins or ends inside of a row.
      from = Math.max(from, Math.ceil((region.position - position) / lastPosition));
      to = Math.min(to, Math.ceil((region.positionEnd - position) / lastPosition));
    } else if (position < region.position || position >= region.positionEnd) return;
    if (from >= to) return;
    const source = at + (from - (box.origin[last] as number)) * boxStep;
    const first =
      lastPosition > 0
        ? place + (position + from * lastPosition - region.position) * strides.position
        : place +
          (position - region.position) * strides.position +
          (from - (layout[last] === "C" ? region.channel : region.sample)) * outStep;
    copyRun(box.data, source, boxStep, out, first, outStep, to - from);
  };
  visit(0, 0, 0, 0);
}

/** Positions of a plane that a step along each axis is; 0 for samples and channels. */
function positionSteps(layout: Layout, { spatial }: Geometry): number[] {
  let nextSpatial = 0;
  return [...layout].map((axis) => {
    if (axis === "N" || axis === "C") return 0;
    return spatial.slice(++nextSpatial).reduce((a, b) => a * b, 1);
  });
}

type Elements = Box["data"];

function copyRun(from: Elements, at: number, step: number, to: Elements, first: number, outStep: number, count: number): void {
  if (step === 1 && outStep === 1) {
    // Both views hold elements of one size.
    (to as Uint8Array).set((from as Uint8Array).subarray(at, at + count), first);
    return;
  }
  for (let i = 0, p = at, q = first; i < count; i++, p += step, q += outStep) to[q] = from[p] as never;
}

/** Bytes as elements of a size, in place. @param bytes aligned to that size */
export function elementsOf(bytes: Uint8Array, size: number): Elements {
  const { buffer, byteOffset, byteLength } = bytes;
  const length = byteLength / size;
  if (size === 1) return bytes;
  if (size === 2) return new Uint16Array(buffer, byteOffset, length);
  if (size === 4) return new Uint32Array(buffer, byteOffset, length);
  return new BigUint64Array(buffer, byteOffset, length);
}
