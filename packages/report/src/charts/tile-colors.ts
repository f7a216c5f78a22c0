import type { MapTile } from "../report.js";
import { pngAddress, pngFile } from "./png.js";

/** What a tile is drawn by: as it came in grey, or normalized with a mean and a std, in cividis over ±3 σ. */
export type TileView =
  | { readonly kind: "input"; readonly low: number; readonly high: number }
  | { readonly kind: "z"; readonly mean: number; readonly std: number };

export const TILE_Z_RANGE = 3;

/** Ten colours of cividis (Nuñez, Anderton, Renslow 2018), evenly spaced from 0 to 1: as readable with each colour blindness. */
const CIVIDIS = [
  "#00224e",
  "#123570",
  "#3b496c",
  "#575d6d",
  "#707173",
  "#8a8678",
  "#a59c74",
  "#c3b369",
  "#e1cc55",
  "#fee838",
].map((color): readonly [number, number, number] => [hex(color, 1), hex(color, 3), hex(color, 5)]);

function hex(color: string, at: number): number {
  return Number.parseInt(color.slice(at, at + 2), 16);
}

/** A colour of cividis at `share`, 0 to 1; beyond it the end's. Three bytes. */
export function cividis(share: number): readonly [number, number, number] {
  const at = Math.min(1, Math.max(0, share)) * (CIVIDIS.length - 1);
  const index = Math.min(CIVIDIS.length - 2, Math.floor(at));
  const [from, to] = [CIVIDIS[index], CIVIDIS[index + 1]];
  if (from === undefined || to === undefined) return [0, 0, 0];
  const mix = (channel: 0 | 1 | 2): number => Math.round(from[channel] + (to[channel] - from[channel]) * (at - index));
  return [mix(0), mix(1), mix(2)];
}

/**
 * A tile's pixels as RGBA, for `ImageData`: `[height · width · 4]`. A place without a finite value is left transparent, so that the
 * hatch behind it shows. A std of 0 or NaN gives the middle colour: nothing can be scaled.
 */
export function tileColors(tile: MapTile, view: TileView): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(tile.pixels.length * 4);
  const palette = tilePalette(tile, view);
  tile.pixels.forEach((pixel, index) => {
    if (pixel === 0) return;
    for (let i = 0; i < 3; i++) rgba[index * 4 + i] = palette[pixel * 3 + i] as number;
    rgba[index * 4 + 3] = 255;
  });
  return rgba;
}

/** A tile as the address of a PNG picture, for pictures that stand alone. */
export function tileAddress(tile: MapTile, width: number, height: number, view: TileView): string {
  return pngAddress(pngFile({ width, height, palette: tilePalette(tile, view), hasHole: true, pixels: tile.pixels }));
}

/** The colour of each of a tile's 255 values, three bytes each; that of 0, which is none, is not seen. */
function tilePalette(tile: MapTile, view: TileView): Uint8Array {
  return Uint8Array.from(Array.from({ length: 256 }, (_, pixel) => shadeOf(tile, pixel, view)).flat());
}

function shadeOf(tile: MapTile, pixel: number, view: TileView): readonly [number, number, number] {
  const value = tile.low + ((pixel - 1) / 254) * (tile.high - tile.low);
  if (view.kind === "z") {
    const z = view.std > 0 ? (value - view.mean) / view.std : 0;
    return cividis((z + TILE_Z_RANGE) / (2 * TILE_Z_RANGE));
  }
  const grey = Math.round(255 * Math.min(1, Math.max(0, (value - view.low) / (view.high - view.low || 1))));
  return [grey, grey, grey];
}
