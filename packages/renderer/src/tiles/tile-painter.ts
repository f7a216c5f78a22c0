import { type TileView, tileColors } from "@normstream/report/charts";
import type { MapTile } from "@normstream/report/payload";

/** A tile and its place on the canvas, in CSS px. */
export interface PlacedTile {
  readonly tile: MapTile;
  readonly view: TileView;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** All that a canvas of tiles shows. */
export interface TileScene {
  readonly width: number;
  readonly height: number;
  /** Device pixels of a CSS px. */
  readonly ratio: number;
  /** Extents of every tile's pixels. */
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly tiles: readonly PlacedTile[];
}

/** Paints tiles; where it runs is not its concern. Plain data goes in, so that a web worker can be one. */
export interface TilePainter {
  /** Takes the canvas that `paint` draws on; of each painter, once. */
  attach(canvas: OffscreenCanvas): void | Promise<void>;
  paint(scene: TileScene): void | Promise<void>;
}

type Canvas = OffscreenCanvas | HTMLCanvasElement;

/** A painter on the thread that it is made on. */
export function createPainter(canvas: Canvas | null = null): TilePainter {
  let target = canvas;
  return {
    attach(given) {
      target = given;
    },
    paint(scene) {
      if (target) paintTiles(target, scene);
    },
  };
}

function paintTiles(canvas: Canvas, { width, height, ratio, tileWidth, tileHeight, tiles }: TileScene): void {
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d") as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  const scratch = new OffscreenCanvas(Math.max(1, tileWidth), Math.max(1, tileHeight));
  const drawn = scratch.getContext("2d");
  if (!context || !drawn) return;
  // Pixels are the data: they stay sharp squares.
  context.imageSmoothingEnabled = false;
  for (const { tile, view, x, y, width: across, height: down } of tiles) {
    drawn.putImageData(new ImageData(Uint8ClampedArray.from(tileColors(tile, view)), tileWidth, tileHeight), 0, 0);
    context.drawImage(
      scratch,
      Math.round(x * ratio),
      Math.round(y * ratio),
      Math.round(across * ratio),
      Math.round(down * ratio),
    );
  }
}
