import { deflateSync } from "node:zlib";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { type Chart, chartFile } from "../charts/chart.js";
import { pngFile } from "../charts/png.js";
import type { ThemeName } from "../charts/theme.js";
import { indexedColors } from "./indexed-colors.js";

/** What pictures are drawn with. */
export interface RasterizerFiles {
  /** The program of `@resvg/resvg-wasm`: `index_bg.wasm`. */
  readonly wasm: Uint8Array;
  /** TrueType files of one family, in the weights that charts use: 400 and 600. */
  readonly fonts: readonly Uint8Array[];
  readonly family: string;
}

export interface PngOptions {
  /** Default light. */
  readonly theme?: Exclude<ThemeName, "forced"> | undefined;
  /** Pixels of a chart's px; default 2. */
  readonly scale?: number | undefined;
}

/** Draws charts as PNG pictures of at most 256 colours. */
export type Rasterizer = (chart: Chart, options?: PngOptions) => Uint8Array;

/** The program is started once a process; a second start would be an error of it. */
let started: Promise<void> | null = null;

/** Starts what draws pictures without a browser: resvg, with fonts of ours, so that they look alike everywhere. */
export async function createRasterizer({ wasm, fonts, family }: RasterizerFiles): Promise<Rasterizer> {
  started ??= initWasm(wasm);
  await started;
  const font = {
    fontBuffers: [...fonts],
    loadSystemFonts: false,
    defaultFontFamily: family,
    sansSerifFamily: family,
    serifFamily: family,
    monospaceFamily: family,
  };
  return (chart, { theme = "light", scale = 2 } = {}) => {
    const resvg = new Resvg(chartFile(chart, theme), {
      fitTo: { mode: "zoom", value: scale },
      font,
      // Pixels of tiles are the data: they stay sharp squares.
      imageRendering: 1,
    });
    try {
      const image = resvg.render();
      try {
        const { width, height, pixels } = image;
        return pngFile({ width, height, hasHole: false, ...indexedColors(pixels) }, (lines) => deflateSync(lines, { level: 9 }));
      } finally {
        image.free();
      }
    } finally {
      resvg.free();
    }
  };
}
