import type { NormMemory } from "../report.js";

/** What the memory of a norm follows from. */
export interface MemorySettings {
  readonly batchSize: number;
  /** C */
  readonly channels: number;
  /** m */
  readonly planeSize: number;
  /** Bytes of a value. */
  readonly valueBytes: number;
}

/** Groups that group norm takes where nobody says otherwise: the most, up to 32 (Wu & He's default), that divide the channels. */
function defaultGroups(channels: number): number {
  for (let groups = Math.min(32, channels); groups > 1; groups--) if (channels % groups === 0) return groups;
  return 1;
}

/**
 * The memory of each norm in its three senses: a mean and a reciprocal std (4 bytes each) saved per statistic for the
 * backward pass, of a batch; running averages and a counter that last; and values that must be at hand before the first output.
 */
export function normMemory({ batchSize, channels, planeSize, valueBytes }: MemorySettings): NormMemory {
  const groups = defaultGroups(channels);
  const plane = valueBytes * planeSize;
  return {
    batchSize,
    groups,
    valueBytes,
    saved: { batch: 8 * channels, instance: 8 * batchSize * channels, group: 8 * batchSize * groups, layer: 8 * batchSize },
    lasting: { batch: 8 * channels + 8, instance: 0, group: 0, layer: 0 },
    beforeFirstOutput: {
      batch: plane * channels * batchSize,
      instance: plane,
      group: (plane * channels) / groups,
      layer: plane * channels,
    },
  };
}
