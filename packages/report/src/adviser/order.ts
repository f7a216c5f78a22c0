import type { TableScan } from "../instances/table-scan.js";
import { type ChannelMeasures, measureChannels } from "./channel-measures.js";
import { batchNoise } from "./noise.js";
import { median } from "./quantile.js";
import { ORDERED } from "./rules.js";

/** Batches from which the noise of consecutive ones is known well enough for that. */
const LEAST_BATCHES = 16;

/** How noisy consecutive batches are beside shuffled ones. */
export interface OrderEffect {
  readonly batchSize: number;
  /** Medians over channels of J, and of its ratio. */
  readonly consecutive: number;
  readonly shuffled: number;
  readonly ratio: number;
  readonly isOrdered: boolean;
}

/**
 * The effect of the data's order at a batch size, or at the one nearest to it that was measured over at least 16 batches.
 * @returns null where the order is not known or nothing varies
 */
export function adviceOrder(
  scan: Pick<TableScan, "instances">,
  batchSize: number,
  measures?: ChannelMeasures,
): OrderEffect | null {
  const { instances } = scan;
  const distance = (b: number) => Math.abs(Math.log2(b / batchSize));
  const nearest = (instances?.order ?? [])
    .filter(({ batches }) => batches >= LEAST_BATCHES)
    .sort((a, b) => distance(a.batchSize) - distance(b.batchSize))[0];
  if (!instances || !nearest) return null;
  const { shapes, samples } = measures ?? measureChannels(instances.sample);
  const shuffled = shapes.map((shape) => (shape ? batchNoise(shape, nearest.batchSize, samples).j : Number.NaN));
  const ratio = median(nearest.j.map((j, c) => j / (shuffled[c] as number)));
  if (!Number.isFinite(ratio)) return null;
  return {
    ...{ batchSize: nearest.batchSize, ratio, isOrdered: ratio > ORDERED },
    ...{ consecutive: median(nearest.j), shuffled: median(shuffled) },
  };
}
