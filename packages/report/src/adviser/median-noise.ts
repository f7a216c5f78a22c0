import { type ChannelMeasures, noiseOfChannels } from "./channel-measures.js";
import { median } from "./quantile.js";

/** Student's t of 97.5 % with 19 degrees of freedom: those of the jackknife's 20 parts. */
const STUDENT = 2.093;

/** The median over channels of J, and between what it lies with 95 % certainty. */
export interface MedianNoise {
  readonly j: number;
  readonly low: number;
  readonly high: number;
}

/** @returns null where no channel has a shape; bounds 0 and Infinity where there are too few instances for a jackknife. */
export function medianNoise(measures: ChannelMeasures, batchSize: number): MedianNoise | null {
  const at = (shapes: ChannelMeasures["shapes"]) => median(noiseOfChannels(shapes, batchSize, measures.samples));
  const j = at(measures.shapes);
  if (Number.isNaN(j)) return null;
  const parts = measures.without.map(at);
  if (parts.length === 0) return { j, low: 0, high: Infinity };
  const center = parts.reduce((sum, x) => sum + x, 0) / parts.length;
  const squares = parts.reduce((sum, x) => sum + (x - center) ** 2, 0);
  const half = STUDENT * Math.sqrt((squares * (parts.length - 1)) / parts.length);
  return { j, low: Math.max(0, j - half), high: j + half };
}
