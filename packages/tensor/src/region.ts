import type { Geometry } from "./layout.js";

/** A rectangle of a tensor in samples, channels and positions of a plane; `End` is one past the last. */
export interface Region {
  readonly sample: number;
  readonly sampleEnd: number;
  readonly channel: number;
  readonly channelEnd: number;
  readonly position: number;
  readonly positionEnd: number;
}

/** Distances in elements between neighbours along each axis. */
export interface Strides {
  readonly sample: number;
  readonly channel: number;
  readonly position: number;
}

/** Whether channels vary faster than positions; planes of one value and single channels count as channels first. */
export const isInterleaved = ({ channelsLast, channels, planeSize }: Geometry): boolean =>
  channelsLast && channels > 1 && planeSize > 1;

/** Elements of a region. */
export const regionSize = (r: Region): number =>
  (r.sampleEnd - r.sample) * (r.channelEnd - r.channel) * (r.positionEnd - r.position);

/** Strides of a tensor in C order of its layout; `channels` and `positions` are its extents, or those of a packed region. */
export function stridesOf(geometry: Geometry, channels = geometry.channels, positions = geometry.planeSize): Strides {
  return isInterleaved(geometry)
    ? { sample: channels * positions, channel: 1, position: channels }
    : { sample: channels * positions, channel: positions, position: 1 };
}

/** Strides of a region packed on its own, in the order of the layout. */
export const packedStrides = (geometry: Geometry, r: Region): Strides =>
  stridesOf(geometry, r.channelEnd - r.channel, r.positionEnd - r.position);

/** Element at which a region starts, in C order of the layout. */
export const firstElement = (r: Region, s: Strides): number =>
  r.sample * s.sample + r.channel * s.channel + r.position * s.position;

/**
 * The runs of consecutive elements that make up a region of a tensor stored in C order, in the order of the packed region.
 * @param visit gets the first element of the run in the tensor, in the packed region, and the run's length
 */
export function forEachRun(
  r: Region,
  geometry: Geometry,
  visit: (element: number, packed: number, length: number) => void,
): void {
  const strides = stridesOf(geometry);
  const samples = r.sampleEnd - r.sample;
  const channels = r.channelEnd - r.channel;
  const positions = r.positionEnd - r.position;
  const allChannels = channels === geometry.channels;
  const allPositions = positions === geometry.planeSize;
  const inner = isInterleaved(geometry) ? { all: allChannels, size: channels } : { all: allPositions, size: positions };
  const outer = isInterleaved(geometry) ? { all: allPositions, size: positions } : { all: allChannels, size: channels };
  let runs = samples * outer.size;
  let length = inner.size;
  if (inner.all) {
    runs = samples;
    length *= outer.size;
    if (outer.all) {
      runs = 1;
      length *= samples;
    }
  } else if (outer.size === 1) runs = samples;
  if (runs * length === 0) return;
  const perSample = runs === 1 ? 1 : runs / samples;
  const outerStride = isInterleaved(geometry) ? strides.position : strides.channel;
  const first = firstElement(r, strides);
  for (let run = 0; run < runs; run++) {
    const element = first + Math.floor(run / perSample) * strides.sample + (run % perSample) * outerStride;
    visit(element, run * length, length);
  }
}

/** Whether a region is one run of consecutive elements. */
export function isContiguous(r: Region, geometry: Geometry): boolean {
  let runs = 0;
  forEachRun(r, geometry, () => runs++);
  return runs <= 1;
}
