import { type ChannelGap, channelGap, type GapSettings } from "../adviser/gap.js";
import { type BatchNoise, batchNoise, type ChannelShape, shapeFromColumns } from "../adviser/noise.js";
import type { ChannelColumns } from "../report.js";

/**
 * How a channel's instances differ, from a report's columns.
 * @param at place in the columns, not the channel's number
 * @returns null where the columns do not know it: σ = 0, no values, rows of several samples
 */
export function shapeOf(columns: ChannelColumns, at: number): ChannelShape | null {
  const { between, varianceSpread, meanFourth, meanVarianceCorrelation, std } = columns;
  if (!((std[at] as number) > 0)) return null;
  return shapeFromColumns(
    between[at] as number,
    varianceSpread[at] as number,
    meanFourth[at] as number,
    meanVarianceCorrelation[at] as number,
  );
}

/** Noise of batches of B out of N samples, of the channel at a place in the columns; null as `shapeOf`. */
export function noiseOf(columns: ChannelColumns, at: number, batchSize: number, samples: number): BatchNoise | null {
  const shape = shapeOf(columns, at);
  return shape && batchNoise(shape, batchSize, samples);
}

/** Gap between training and inference after k batches (Infinity: the one that stays), of the channel at a place; null as `shapeOf`. */
export function gapOf(columns: ChannelColumns, at: number, batches: number, settings: GapSettings): ChannelGap | null {
  const shape = shapeOf(columns, at);
  return shape && channelGap(shape, columns.mean[at] as number, columns.std[at] as number, batches, settings);
}
