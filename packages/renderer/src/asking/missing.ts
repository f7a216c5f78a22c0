import type { Report } from "@normstream/report/payload";
import type { Selection } from "../store.js";

/** Samples whose tile of the selected channel is looked for and is not there. */
export function missingTiles({ maps, channels }: Report, { instance, channel }: Selection): readonly number[] {
  if ("absent" in maps || !channels.index.includes(channel)) return [];
  const rows = maps.instances.map(({ sample }) => sample);
  const wanted = rows.includes(instance) ? rows : [...rows, instance];
  const there = new Set(maps.tiles.filter((tile) => tile.channel === channel).map((tile) => tile.sample));
  return wanted.filter((sample) => !there.has(sample));
}

/** The selected channel where it has no histogram; null where it has, or where there are none at all. */
export function missingHistogram({ histograms, channels }: Report, { channel }: Selection): number | null {
  if ("absent" in histograms || !channels.index.includes(channel)) return null;
  return histograms.channels.some((each) => each.channel === channel) ? null : channel;
}
