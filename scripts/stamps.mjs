// What setup and build remember between runs: one line a stage, in node_modules so that it goes when node_modules goes.
// Only syntax and modules of Node 14 and later here: setup.mjs must be able to refuse an old Node in words.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const stampFile = join(root, "node_modules", ".normstream-setup");
const dist = "packages/normstream/dist";

/** What each stage makes; a stage whose product is missing is stale whatever its stamp says. */
export const products = {
  install: ["node_modules/.pnpm"],
  kernel: ["packages/kernel/generated/kernel-wasm.ts"],
  bundles: [`${dist}/index.js`, `${dist}/cli.js`, `${dist}/worker.js`, `${dist}/report-view.js`, `${dist}/resvg.wasm`],
  extension: ["extension/dist/extension.cjs", "extension/dist/renderer.js", "extension/dist/kernel/cells.js"],
  types: [`${dist}/index.d.ts`],
};

function workspaceFolders() {
  const packages = readdirSync(join(root, "packages")).map((name) => `packages/${name}`);
  return [".", ...packages, "workers", "test", "extension"].filter((folder) => existsSync(join(root, folder, "package.json")));
}

function walk(path, visit) {
  const absolute = join(root, path);
  if (!existsSync(absolute)) return;
  const stat = statSync(absolute);
  if (!stat.isDirectory()) return visit(path, stat);
  for (const name of readdirSync(absolute).sort()) if (name !== "node_modules" && name !== "dist") walk(`${path}/${name}`, visit);
}

/** Hash over paths, times and sizes of files: quick, and a touched file only costs a build. */
function hashOfTimes(paths) {
  const hash = createHash("sha256");
  for (const path of paths) walk(path, (file, stat) => hash.update(`${file}\0${stat.mtimeMs}\0${stat.size}\n`));
  return hash.digest("hex");
}

/** Hash over contents: for manifests, which a checkout touches without changing. */
function hashOfContents(paths) {
  const hash = createHash("sha256");
  for (const path of paths) walk(path, (file) => hash.update(`${file}\0`).update(readFileSync(join(root, file))));
  return hash.digest("hex");
}

const readers = {
  install: () =>
    hashOfContents(["pnpm-lock.yaml", "pnpm-workspace.yaml", ...workspaceFolders().map((folder) => `${folder}/package.json`)]) +
    `-${process.platform}-${process.arch}`,
  kernel: () => hashOfTimes(["packages/kernel/assembly", "packages/kernel/build.mjs", "pnpm-lock.yaml"]),
  bundles: () =>
    hashOfTimes([
      ...sources(),
      "packages/kernel/generated",
      "packages/convert/vendor",
      "packages/report/vendor",
      "workers",
      "scripts/build.mjs",
      "scripts/bundle-view.mjs",
      "pnpm-lock.yaml",
    ]),
  extension: () =>
    hashOfTimes([
      ...sources(),
      "extension/src",
      "extension/notebooks",
      "extension/package.json",
      "scripts/bundle-extension.mjs",
      "scripts/bundle-view.mjs",
      `${dist}/index.js`,
      "pnpm-lock.yaml",
    ]),
  types: () => hashOfTimes([...sources(), "scripts/build.mjs", "pnpm-lock.yaml", "LICENSE", "README.md", "CHANGELOG.md"]),
};

function sources() {
  return [...workspaceFolders().filter((folder) => folder.startsWith("packages/")), "tsconfig.base.json"].flatMap((folder) =>
    folder.startsWith("packages/") ? [`${folder}/src`, `${folder}/package.json`] : [folder],
  );
}

function readStamps() {
  try {
    return JSON.parse(readFileSync(stampFile, "utf8"));
  } catch {
    return {};
  }
}

/** The state of a stage's inputs now. Take it before the stage runs, so that an edit in the meantime is not missed. */
export function inputsOf(stage) {
  return readers[stage]();
}

export function isFresh(stage) {
  return products[stage].every((path) => existsSync(join(root, path))) && readStamps()[stage] === inputsOf(stage);
}

export function stamp(stage, inputs) {
  const temporary = `${stampFile}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify({ ...readStamps(), [stage]: inputs }, null, 2)}\n`);
  renameSync(temporary, stampFile);
}
