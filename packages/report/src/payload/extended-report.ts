import type { ChannelHistogram, MapInstance, Maps, MapTile, Report } from "../report.js";

/** Rows of the maps at most: another one takes the place of the last that was chosen by chance. */
const MOST_INSTANCES = 9;

/** A report with more tiles: of other samples, or of other channels. */
export function withTiles(report: Report, tiles: readonly MapTile[]): Report {
  const { maps } = report;
  if ("absent" in maps) return report;
  const size = maps.width * maps.height;
  const fitting = tiles.filter(({ pixels }) => pixels.length === size);
  const instances = fitting.reduce((rows, { sample }) => withInstance(rows, sample), maps.instances);
  const channels = [...new Set([...maps.channels, ...fitting.map(({ channel }) => channel)])];
  const isNew = ({ sample, channel }: MapTile): boolean =>
    fitting.some((tile) => tile.sample === sample && tile.channel === channel);
  const kept = maps.tiles.filter((tile) => !isNew(tile));
  const shown = new Set(instances.map(({ sample }) => sample));
  const all = [...kept, ...fitting].filter(({ sample }) => shown.has(sample));
  const extended: Maps = { ...maps, instances, channels, tiles: all };
  return { ...report, maps: extended };
}

function withInstance(instances: readonly MapInstance[], sample: number): readonly MapInstance[] {
  if (instances.some((row) => row.sample === sample)) return instances;
  const added: MapInstance = { sample, role: "sample" };
  if (instances.length < MOST_INSTANCES) return [...instances, added];
  const last = instances.findLastIndex(({ role }) => role === "sample");
  return instances.with(last < 0 ? instances.length - 1 : last, added);
}

/** A report with a channel's histograms, in the place of those that it had. */
export function withHistogram(report: Report, histogram: ChannelHistogram): Report {
  const { histograms } = report;
  if ("absent" in histograms) return report;
  const others = histograms.channels.filter(({ channel }) => channel !== histogram.channel);
  const channels = [...others, histogram].sort((a, b) => a.channel - b.channel);
  return { ...report, histograms: { ...histograms, channels } };
}
