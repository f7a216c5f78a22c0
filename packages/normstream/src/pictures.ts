import { readFile } from "node:fs/promises";
import { createRasterizer, type Rasterizer } from "@normstream/report";

/** Beside the built package, or in its dist folder when this runs from source. */
const asset = (name: string): Promise<Uint8Array> =>
  readFile(new URL(import.meta.url.endsWith(".ts") ? `../dist/${name}` : `./${name}`, import.meta.url));

let started: Promise<Rasterizer> | null = null;

/** What draws pictures of reports: started once, when the first one is wanted. */
export function rasterizer(): Promise<Rasterizer> {
  started ??= Promise.all([asset("resvg.wasm"), asset("inter-400.ttf"), asset("inter-600.ttf")]).then(([wasm, ...fonts]) =>
    createRasterizer({ wasm, fonts, family: "Inter" }),
  );
  return started;
}
