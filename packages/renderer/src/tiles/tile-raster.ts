import type { MapTile } from "@normstream/report/payload";
import { interpolateCividis } from "d3-scale-chromatic";

/** What a tile shows: the values as they came, or after batch or instance norm (weight 1, bias 0). */
export type TileMode = "input" | "batch" | "instance";

/** Standard deviations at the ends of the colours of normalized values. */
export const Z_RANGE = 3;
const STEPS = 256;

/** How a tile's values become colours. */
export interface TileScale {
  readonly mode: TileMode;
  /** Of the channel, over all samples: what batch norm takes. */
  readonly mean: number;
  readonly std: number;
  /** Values that are black and white in the input: common to all tiles, so that brightness can be compared. */
  readonly low: number;
  readonly high: number;
}

const GREY = ramp((at) => Math.round(at * 255) * 0x010101);
const CIVIDIS = ramp((at) => {
  const [red = 0, green = 0, blue = 0] = (interpolateCividis(at).match(/\d+/g) ?? []).map(Number);
  return (red << 16) | (green << 8) | blue;
});

/** `[256, 3]` bytes. */
function ramp(colorAt: (at: number) => number): Uint8Array {
  const bytes = new Uint8Array(STEPS * 3);
  for (let i = 0; i < STEPS; i++) {
    const color = colorAt(i / (STEPS - 1));
    bytes.set([color >> 16, (color >> 8) & 255, color & 255], i * 3);
  }
  return bytes;
}

/**
 * A tile as RGBA, row-major. A place without a finite value, and a norm that divides by 0, is transparent: the ground shows.
 * @returns `[height · width · 4]`
 */
export function rasterTile(tile: MapTile, scale: TileScale): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(tile.pixels.length * 4);
  const colors = scale.mode === "input" ? GREY : CIVIDIS;
  const position = positionOf(tile, scale);
  const step = (tile.high - tile.low) / 254;
  for (const [i, pixel] of tile.pixels.entries()) {
    if (pixel === 0) continue;
    const at = position(tile.low + (pixel - 1) * step);
    if (!Number.isFinite(at)) continue;
    const color = Math.max(0, Math.min(STEPS - 1, Math.round(at * (STEPS - 1)))) * 3;
    rgba.set(colors.subarray(color, color + 3), i * 4);
    rgba[i * 4 + 3] = 255;
  }
  return rgba;
}

/** Where a value stands between the first colour (0) and the last (1). */
function positionOf(tile: MapTile, { mode, mean, std, low, high }: TileScale): (x: number) => number {
  if (mode === "input") return high > low ? (x) => (x - low) / (high - low) : () => 0.5;
  const [center, spread] = mode === "batch" ? [mean, std] : [tile.mean, tile.std];
  if (!(spread > 0)) return () => Number.NaN;
  return (x) => ((x - center) / spread + Z_RANGE) / (2 * Z_RANGE);
}

/** `[count, 3]` RGB of the colours of normalized values, −3σ first: for a legend. */
export function legendColors(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const at = Math.round((i / Math.max(1, count - 1)) * (STEPS - 1)) * 3;
    return `rgb(${CIVIDIS[at]},${CIVIDIS[at + 1]},${CIVIDIS[at + 2]})`;
  });
}
