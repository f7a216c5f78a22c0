import type { ChannelColumns, Maps, MapTile } from "../report.js";
import type { MapSlot, MapView } from "./maps.js";
import { type TileView, tileAddress } from "./tile-colors.js";

/**
 * What each view of a channel's tiles is drawn by: one grey scale for all as they came, so that a dark instance looks dark beside
 * a bright one; batch norm by the channel's μ and σ, instance norm by the plane's own.
 */
export function tileViews(maps: Maps, columns: ChannelColumns, channel: number): (tile: MapTile, view: MapView) => TileView {
  const tiles = maps.tiles.filter((tile) => tile.channel === channel);
  const low = Math.min(...tiles.map((tile) => tile.low));
  const high = Math.max(...tiles.map((tile) => tile.high));
  const at = columns.index.indexOf(channel);
  const [mean, std] = [columns.mean[at] ?? Number.NaN, columns.std[at] ?? Number.NaN];
  return (tile, view) => {
    if (view === "input") return { kind: "input", low, high };
    return view === "instance" ? { kind: "z", mean: tile.mean, std: tile.std } : { kind: "z", mean, std };
  };
}

/** The picture of each slot, for a chart of maps that stands alone. */
export function tileImages(maps: Maps, columns: ChannelColumns): (slot: MapSlot) => string | null {
  const views = new Map<number, ReturnType<typeof tileViews>>();
  return ({ sample, channel, view }) => {
    const tile = maps.tiles.find((each) => each.sample === sample && each.channel === channel);
    if (!tile) return null;
    const viewOf = views.get(channel) ?? tileViews(maps, columns, channel);
    views.set(channel, viewOf);
    return tileAddress(tile, maps.width, maps.height, viewOf(tile, view));
  };
}
