import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { RasterizerFiles } from "../../src/picture/rasterizer.js";

const file = (name: string): Uint8Array => readFileSync(createRequire(import.meta.url).resolve(name));

/** What the build copies beside the bundles. */
export const rasterizerFiles: RasterizerFiles = {
  wasm: file("@resvg/resvg-wasm/index_bg.wasm"),
  fonts: [
    file("@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf"),
    file("@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf"),
  ],
  family: "Inter",
};
