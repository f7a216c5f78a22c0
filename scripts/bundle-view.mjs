// The view of a report: one ES module for browsers, without a network, with the web worker's text inside; and the same as a
// script that shows the report of the page that it stands in.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build as esbuild } from "esbuild";
import { root } from "./stamps.mjs";

/** The page's styles without the white space that is there for readers: esbuild leaves what stands in a template as it is. */
const styles = {
  name: "styles",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]renderer[/\\]src[/\\]styles[.]ts$/ }, ({ path }) => {
      const [code, css, ...rest] = readFileSync(path, "utf8").split("`");
      if (css === undefined || rest.join("").trim() !== ";") throw new Error(`${path}: expected one template, at its end`);
      const tight = css.replace(/\s*\n\s*/g, "").replace(/(?<=[:;,{]) +| +(?=[{}])/g, "");
      return { contents: `${code}\`${tight}\`;`, loader: "ts" };
    });
  },
};

export const browser = {
  absWorkingDir: root,
  bundle: true,
  platform: "browser",
  target: ["chrome114", "firefox121", "safari17"],
  minify: true,
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  write: false,
  plugins: [styles],
  tsconfig: join(root, "packages", "renderer", "tsconfig.json"),
};

/** The web worker's text, as the view's bundles want it. */
export async function tileWorkerDefine(outdir) {
  const result = await esbuild({
    ...browser,
    entryPoints: { "tile-worker": "packages/renderer/src/tiles/tile-worker.ts" },
    outdir,
    format: "iife",
  });
  return { result, define: { NORMSTREAM_TILE_WORKER: JSON.stringify(result.outputFiles[0].text) } };
}

/** @returns esbuild's results: of the web worker, whose text is in the others, and of the view and the page */
export async function bundleView(outdir) {
  const { result: worker, define } = await tileWorkerDefine(outdir);
  const view = await esbuild({
    ...browser,
    entryPoints: { "report-view": "packages/renderer/src/index.ts", "report-page": "packages/renderer/src/page.ts" },
    outdir,
    format: "esm",
    define,
  });
  return { worker, view };
}
