import type { ChannelHistogram, MapTile, PlaneValues } from "@normstream/report/payload";

/**
 * Where more of a report's data can be asked for than the report holds: what made it, while that lives. A rejection's message is shown as it
 * stands, so it is a sentence.
 */
export interface ReportSource {
  /** One tile for each sample × channel. */
  tiles(samples: readonly number[], channels: readonly number[]): Promise<readonly MapTile[]>;
  histogram(channel: number): Promise<ChannelHistogram>;
  values(sample: number, channel: number): Promise<PlaneValues>;
}
