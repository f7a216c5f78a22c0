import type { Geometry, Layout, Region } from "@normstream/tensor";

/** Whether a region holds the first element of a chunk, so that each chunk is counted once, however it is cut. */
export function holdsFirst(origin: readonly number[], layout: Layout, { spatial }: Geometry, region: Region): boolean {
  let sample = 0;
  let channel = 0;
  let position = 0;
  let next = 0;
  for (const [axis, index] of origin.entries()) {
    if (layout[axis] === "N") sample = index;
    else if (layout[axis] === "C") channel = index;
    else position = position * (spatial[next++] as number) + index;
  }
  return (
    sample >= region.sample &&
    sample < region.sampleEnd &&
    channel >= region.channel &&
    channel < region.channelEnd &&
    position >= region.position &&
    position < region.positionEnd
  );
}
