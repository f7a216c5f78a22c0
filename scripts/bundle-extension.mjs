// The VS Code extension's files, in extension/dist: the host, the renderer, the kernel, and what cells import without a workspace
// that has it.
import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { build as esbuild } from "esbuild";
import { browser, tileWorkerDefine } from "./bundle-view.mjs";
import { root } from "./stamps.mjs";

const extension = join(root, "extension");
const dist = join(extension, "dist");
const facade = join(root, "packages", "normstream");

const node = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  minifySyntax: true,
  minifyWhitespace: true,
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  // Cells name what they import when they run.
  logOverride: { "unsupported-dynamic-import": "silent" },
};

/** @returns esbuild's results, whose inputs have licences to hand on */
export async function bundleExtension() {
  rmSync(dist, { recursive: true, force: true });
  const worker = await tileWorkerDefine(dist);
  const results = await Promise.all([
    esbuild({
      ...node,
      entryPoints: { extension: "extension/src/host/extension.ts" },
      outdir: dist,
      outExtension: { ".js": ".cjs" },
      format: "cjs",
      external: ["vscode"],
      tsconfig: join(extension, "tsconfig.json"),
    }),
    esbuild({
      ...node,
      entryPoints: { cells: "extension/src/kernel/cells.ts", control: "extension/src/kernel/control.ts" },
      outdir: join(dist, "kernel"),
      format: "esm",
      tsconfig: join(extension, "tsconfig.json"),
    }),
    esbuild({
      ...browser,
      write: true,
      entryPoints: { renderer: "extension/src/renderer/index.ts" },
      outdir: dist,
      format: "esm",
      define: worker.define,
    }),
    bundleRxjs(),
  ]);
  writeFileSync(join(dist, "kernel", "package.json"), '{ "type": "module" }\n');
  copyNormstream();
  makeExample();
  copyPackage("piscina", (path) => /\.m?js$/.test(path));
  copyPackage("comlink", (path) => /^(esm|umd)[\\/][^.]+\.m?js$/.test(path));
  return [...results, worker.result];
}

const modules = join(dist, "kernel", "node_modules");

function copyNormstream() {
  const target = join(modules, "normstream");
  mkdirSync(join(target, "dist"), { recursive: true });
  for (const name of readdirSync(join(facade, "dist"))) {
    if (/^(index|worker)(-[^.]+)?\.js$|\.(wasm|ttf)$|^THIRD-PARTY/.test(name))
      cpSync(join(facade, "dist", name), join(target, "dist", name));
  }
  const { name, version, license, type, exports } = readJson(join(facade, "package.json"));
  writeFileSync(join(target, "package.json"), `${JSON.stringify({ name, version, license, type, exports }, null, 2)}\n`);
}

/** A package as it is, but for what no program loads. */
function copyPackage(name, isLoaded) {
  const source = realpathSync(join(facade, "node_modules", name));
  const target = join(modules, name);
  for (const path of readdirSync(join(source, "dist"), { recursive: true })) {
    if (isLoaded(path)) cpSync(join(source, "dist", path), join(target, "dist", path));
  }
  for (const file of readdirSync(source))
    if (/^(package\.json|licen[cs]e.*)$/i.test(file)) cpSync(join(source, file), join(target, file));
}

/** rxjs as two small modules in the place of four hundred files. */
async function bundleRxjs() {
  const source = realpathSync(join(facade, "node_modules", "rxjs"));
  const target = join(modules, "rxjs");
  const result = await esbuild({
    ...node,
    minifyIdentifiers: false,
    entryPoints: { index: join(source, "dist/esm/index.js"), operators: join(source, "dist/esm/operators/index.js") },
    outdir: target,
    format: "esm",
    splitting: true,
    outExtension: { ".js": ".mjs" },
  });
  const { name, version, license } = readJson(join(source, "package.json"));
  const exports = { ".": "./index.mjs", "./operators": "./operators.mjs" };
  writeFileSync(join(target, "package.json"), `${JSON.stringify({ name, version, license, exports }, null, 2)}\n`);
  for (const file of readdirSync(source)) if (/^licen[cs]e/i.test(file)) cpSync(join(source, file), join(target, file));
  return result;
}

/** The example notebook, and beside it the first thousand images of the data that come with the repository. */
function makeExample() {
  const [source, target] = [join(root, "examples", "fashion-mnist"), join(dist, "notebooks")];
  mkdirSync(target, { recursive: true });
  cpSync(join(extension, "notebooks", "bn-or-in.ipynb"), join(target, "bn-or-in.ipynb"));
  cpSync(join(source, "NOTICE"), join(target, "NOTICE"));
  const all = gunzipSync(readFileSync(join(source, "t10k-images-idx3-ubyte.gz")));
  const images = all.subarray(0, 16 + 1000 * 28 * 28);
  images.writeUInt32BE(1000, 4);
  writeFileSync(join(target, "fashion-mnist-1000.idx3-ubyte.gz"), gzipSync(images, { level: 9 }));
}

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
