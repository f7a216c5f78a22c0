import { blockStart, LEAF, type TableShape } from "@normstream/moments";
import type { Geometry, Region } from "@normstream/tensor";
import type { Rect } from "./pass.js";
import { leavesPerPlane } from "./steps.js";

/** The samples, channels and positions that a rectangle of blocks and leaves holds. */
export function regionOf(rect: Rect, geometry: Geometry, table: TableShape): Region {
  const whole = table.grain > 1 || rect.leafEnd >= leavesPerPlane(geometry, table);
  return {
    sample: blockStart(table, rect.block),
    sampleEnd: blockStart(table, rect.blockEnd),
    channel: rect.channel,
    channelEnd: rect.channelEnd,
    position: rect.leaf * LEAF,
    positionEnd: whole ? geometry.planeSize : rect.leafEnd * LEAF,
  };
}

/** Samples of one block. */
export const samplesOf = (table: TableShape, block: number): number => blockStart(table, block + 1) - blockStart(table, block);
