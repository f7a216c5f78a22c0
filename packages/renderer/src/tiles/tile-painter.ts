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

/** Paints tiles on canvases, each under a number; where it runs is not its concern. Plain data goes in, so that a web worker can be one. */
export interface TilePainter {
  /** Answers: whoever hears it knows that it is there. */
  ping(): boolean | Promise<boolean>;
  /** Takes a canvas that `paint` draws on. */
  attach(canvas: number, surface: OffscreenCanvas): void | Promise<void>;
  paint(canvas: number, scene: TileScene): void | Promise<void>;
  /** Lets a canvas go. */
  detach(canvas: number): void | Promise<void>;
}

type Surface = OffscreenCanvas | HTMLCanvasElement;

/** A painter on the thread that it is made on. */
export function createPainter(): TilePainter & { attach(canvas: number, surface: Surface): void } {
  const surfaces = new Map<number, Surface>();
  return {
    ping: () => true,
    attach(canvas: number, surface: Surface) {
      surfaces.set(canvas, surface);
    },
    paint(canvas, scene) {
      const surface = surfaces.get(canvas);
      if (surface) paintTiles(surface, scene);
    },
    detach(canvas) {
      surfaces.delete(canvas);
    },
  };
}

function paintTiles(canvas: Surface, { width, height, ratio, tileWidth, tileHeight, tiles }: TileScene): void {
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
